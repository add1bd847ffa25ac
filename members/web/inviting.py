"""Invitations: a member's own code to pass on, and the code somebody comes with."""

from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from loyalty import clock, limits
from loyalty import programme as programmes
from loyalty.web import addresses, codes
from members.entering import referrals
from members.models import Member, Referral
from members.web import proving, steps
from members.web.access import member_page

LOOKS, QUARTER_OF_AN_HOUR = 60, 15 * 60


@dataclass(frozen=True, slots=True)
class Invitation:
    """``code`` is empty without a good one; ``is_unknown`` says that somebody came with one nobody has."""

    code: str = ""
    is_unknown: bool = False


def invitation(request: HttpRequest, now: datetime) -> Invitation:
    """The code from the link, kept for the rest of the visit; a new one takes the place of the old one.

    Looking codes up is counted by network; beyond that each counts as unknown.
    """
    asked = request.GET.get("by", "")
    if not asked:
        return Invitation(str(request.session.get(proving.INVITED, "")))
    try:
        network = addresses.network(request)
        limits.hit(bucket=f"invited:{network}", limit=LOOKS, per_seconds=QUARTER_OF_AN_HOUR, now=now)
    except limits.TooManyTries:
        return Invitation(is_unknown=True)
    if referrals.referrer(asked) is None:
        return Invitation(is_unknown=True)
    request.session[proving.INVITED] = referrals.read(asked)
    return Invitation(referrals.read(asked))


@require_safe
@member_page
def invite(request: HttpRequest, member: Member) -> HttpResponse:
    """Code, link and QR; how many came with it."""
    code = referrals.code_of(member)
    path = f"{reverse('members:join')}?by={code}"
    link = f"{settings.SITE_URL}{path}" if settings.SITE_URL else request.build_absolute_uri(path)
    context = {
        "code": code,
        "link": link,
        "qr": codes.qr(link),
        "brought": Referral.objects.filter(referrer=member).count(),
        "gift": steps.gift_promised(clock.now(), is_referred=True),
        "brand": programmes.current().name,
    }
    return render(request, "members/invite.html", context)
