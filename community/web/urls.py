"""Addresses of the community."""

from django.urls import path

from community.web import pages

app_name = "community"
urlpatterns = [
    path("tasks/", pages.tasks, name="tasks"),
    path("check-in/", pages.check_in, name="check-in"),
]
