"""Addresses of the mall."""

from django.urls import path

from rewards.web import pages

app_name = "rewards"
urlpatterns = [
    path("mall/", pages.shelf, name="list"),
    path("mall/<slug:code>/", pages.detail, name="detail"),
    path("mall/<slug:code>/redeem/", pages.redeem, name="redeem"),
    path("tickets/", pages.ticket_list, name="tickets"),
    path("tickets/<str:ref>/", pages.ticket, name="ticket"),
]
