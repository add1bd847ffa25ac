"""Addresses of ``/api/v1/rewards`` and ``/api/v1/redemptions``."""

from django.urls import path

from rewards.api import views

urlpatterns = [
    path("rewards", views.Rewards.as_view(), name="api-rewards"),
    path("redemptions", views.Redemptions.as_view(), name="api-redemptions"),
]
