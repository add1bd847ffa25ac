"""Addresses of the member's own pages."""

from django.urls import path

from members.web import (
    brand,
    contact,
    entering,
    guardian,
    guarding,
    heading,
    inbox,
    pages,
    places,
    plans,
    privacy,
    proving,
    rooms,
    settings,
    shared,
)
from members.web.benefits import ADDRESSES as BENEFITS
from members.web.joining_urls import JOINING

app_name = "members"
urlpatterns = [
    path("", pages.home, name="home"),
    path("brand.css", brand.brand_css, name="brand-css"),
    path("join/", entering.join, name="join"),
    path("sign-in/", entering.sign_in, name="sign-in"),
    path("sign-out/", entering.sign_out, name="sign-out"),
    path("join/code/", proving.join_code, name="join-code"),
    *JOINING,
    path("forgot/", proving.forgot, name="forgot"),
    path("forgot/code/", proving.forgot_code, name="forgot-code"),
    path("path/", pages.path, name="path"),
    *BENEFITS,
    path("card/", pages.code, name="card"),
    path("points/", pages.points, name="points"),
    path("points/<uuid:ref>/", pages.receipt, name="receipt"),
    path("messages/", inbox.listing, name="messages"),
    path("messages/read/", inbox.read_all, name="messages-read"),
    path("messages/<uuid:ref>/", inbox.message, name="message"),
    path("me/messages/", inbox.choices, name="messages-choices"),
    path("me/", settings.me, name="me"),
    path("me/profile/", settings.profile, name="profile"),
    path("me/privacy/", settings.privacy, name="privacy"),
    path("me/privacy/data/", privacy.data, name="data"),
    path("me/privacy/leave/", privacy.leave, name="leave"),
    *plans.PATHS,
    *shared.PATHS,
    *rooms.PATHS,
    *places.PATHS,
    *guardian.PATHS,
    *guarding.PATHS,
    *heading.PATHS,
    path("me/contact/", contact.contact, name="contact"),
    path("me/contact/code/", contact.contact_code, name="contact-code"),
]
