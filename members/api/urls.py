"""Addresses of ``/api/v1/members``."""

from django.urls import path

from members.api import benefits, pets, plans, privacy, segments, tags, tiers, views

urlpatterns = [
    path("members", views.Members.as_view(), name="api-members"),
    path("members/<str:ref>", views.MemberDetail.as_view(), name="api-member"),
    path("members/<str:ref>/balance", views.MemberBalance.as_view(), name="api-balance"),
    path("members/<str:ref>/tiers", tiers.MemberTiers.as_view(), name="api-member-tiers"),
    path("members/<str:ref>/benefits", benefits.MemberBenefits.as_view(), name="api-member-benefits"),
    path("benefits/verify", benefits.Verification.as_view(), name="api-benefit-verify"),
    path("benefits/use", benefits.Use.as_view(), name="api-benefit-use"),
    path("members/<str:ref>/plans", plans.MemberPlans.as_view(), name="api-member-plans"),
    path("members/<str:ref>/pets", pets.MemberPets.as_view(), name="api-member-pets"),
    path("members/<str:ref>/pets/<str:pet>", pets.MemberPet.as_view(), name="api-member-pet"),
    path("members/<str:ref>/tags", tags.MemberTags.as_view(), name="api-member-tags"),
    path("members/<str:ref>/tags/<str:tag>", tags.MemberTag.as_view(), name="api-member-tag"),
    path("members/<str:ref>/segments", segments.MemberSegments.as_view(), name="api-member-segments"),
    path("segments", segments.Segments.as_view(), name="api-segments"),
    path("segments/<str:segment>/members", segments.SegmentMembers.as_view(), name="api-segment-members"),
    path("segments/<str:segment>/members/<str:ref>", segments.SegmentMember.as_view(), name="api-segment-member"),
    path("members/<str:ref>/consents", privacy.MemberConsents.as_view(), name="api-member-consents"),
    path("members/<str:ref>/erasure", privacy.MemberErasure.as_view(), name="api-member-erasure"),
    path("members/<str:ref>/entries", views.MemberEntries.as_view(), name="api-entries"),
]
