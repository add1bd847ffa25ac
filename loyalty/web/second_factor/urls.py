"""Addresses of the second factor, below the admin's own."""

from django.urls import path

from loyalty.web.second_factor import pages

app_name = "second-factor"
urlpatterns = [
    path("", pages.manage, name="manage"),
    path("enter/", pages.enter, name="enter"),
    path("set-up/", pages.set_up, name="set-up"),
    path("codes/", pages.renew, name="codes"),
    path("off/", pages.turn_off, name="off"),
    path("later/", pages.later, name="later"),
]
