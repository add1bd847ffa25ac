"""Addresses of ``/api/v1/members``."""

from django.urls import path

from members.api import benefits, pets, plans, tiers, views

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
    path("members/<str:ref>/entries", views.MemberEntries.as_view(), name="api-entries"),
]
