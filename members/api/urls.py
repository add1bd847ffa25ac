"""Addresses of ``/api/v1/members``."""

from django.urls import path

from members.api import tiers, views

urlpatterns = [
    path("members", views.Members.as_view(), name="api-members"),
    path("members/<str:ref>", views.MemberDetail.as_view(), name="api-member"),
    path("members/<str:ref>/balance", views.MemberBalance.as_view(), name="api-balance"),
    path("members/<str:ref>/tiers", tiers.MemberTiers.as_view(), name="api-member-tiers"),
    path("members/<str:ref>/entries", views.MemberEntries.as_view(), name="api-entries"),
]
