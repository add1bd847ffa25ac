"""What the editor of a segment asks while one types: what can be compared, and how many it would be.

Nothing here writes.
"""

import json
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, JsonResponse
from django.urls import reverse
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from loyalty import clock, conditions
from loyalty import money as moneys
from loyalty import programme as programmes
from loyalty.admin.rule_forms import said
from loyalty.errors import LoyaltyError
from members.entering import phones
from members.groups import counting, segments
from members.models import Member

SEEN_BY = ("members.view_segment", "members.view_tag")


def guard(request: HttpRequest) -> None:
    if not any(request.user.has_perm(name) for name in SEEN_BY):
        raise PermissionDenied


def catalogue(request: HttpRequest) -> JsonResponse:
    """Everything the editor offers about people, in the active language."""
    guard(request)
    currency = programmes.current().currency
    money = {"symbol": moneys.symbol(currency), "digits": moneys.digits(currency)}
    return JsonResponse({"facts": conditions.catalogue(None), "money": money})


def count(request: HttpRequest) -> JsonResponse:
    """How many a condition holds for, in words, with a few of them; or what is still wrong with it."""
    guard(request)
    try:
        condition = json.loads(request.POST.get("condition") or "{}")
        segments.validate(condition, code=request.POST.get("code", ""))
        found = counting.glance(condition, now=clock.now())
    except ValueError:
        return JsonResponse({"problem": _("This condition cannot be read. Please set it up again.")})
    except LoyaltyError as fault:
        return JsonResponse({"problem": said(fault), "path": fault.param or ""})
    may_look = request.user.has_perm("members.view_member")
    told = {
        "sentence": conditions.sentence(condition, currency=programmes.current().currency),
        "count": number_format(found.count, force_grouping=True),
        "words": words(found),
        "percent": round(found.percent, 1),
        "samples": [sample(each) for each in found.samples] if may_look else [],
    }
    return JsonResponse(told, headers={"Cache-Control": "no-store"})


def words(found: counting.Glance) -> str:
    """ "12 of 300 members · 4%"."""
    share = number_format(found.percent, 1 if 0 < found.percent < 10 else 0)
    text = ngettext(
        "%(count)s of %(everyone)s member (%(share)s%%)",
        "%(count)s of %(everyone)s members (%(share)s%%)",
        found.everyone,
    )
    shown = {
        "count": number_format(found.count, force_grouping=True),
        "everyone": number_format(found.everyone, force_grouping=True),
    }
    return text % {**shown, "share": share}


def sample(member: Member) -> dict[str, Any]:
    """One line of the list: contacts masked."""
    told = [member.account.number]
    if member.phone:
        told.append(phones.mask(member.phone))
    if member.tier:
        told.append(member.tier.name)
    return {
        "name": member.name or _("(no name)"),
        "told": " · ".join(told),
        "href": reverse("admin:members_member_change", args=[member.pk]),
    }
