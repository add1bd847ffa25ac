"""Addresses around joining: guardians, WeChat, invitations, earlier purchases, the ways in."""

from django.urls import path

from members.web import inviting, proving, purchases, wechat

JOINING = (
    path("join/guardian/", proving.join_guardian, name="join-guardian"),
    path("join/without-wechat/", wechat.forget_arrival, name="join-without-wechat"),
    path("wechat/", wechat.leave, name="wechat"),
    path("wechat/back/", wechat.come_back, name="wechat-callback"),
    path("invite/", inviting.invite, name="invite"),
    path("points/add/", purchases.add, name="purchase"),
    path("me/entrances/", wechat.ways_in, name="entrances"),
    path("me/entrances/wechat/", wechat.disconnect, name="wechat-disconnect"),
)
