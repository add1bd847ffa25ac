"""The page with the picture of one's tier, and the picture itself: the member's own, for nobody else."""

from datetime import datetime

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path, reverse
from django.utils import formats, timezone, translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from loyalty import programme as programmes
from members.entering import referrals
from members.models import Member, Standing, Tier
from members.sharing import drawing, fonts, keeping
from members.sharing.drawing import Card
from members.web import cards
from members.web.access import member_page

MASKED, WHOLE, NOBODY = "masked", "whole", "none"
NAMES = {MASKED: gettext_lazy("Half my name"), WHOLE: gettext_lazy("My name"), NOBODY: gettext_lazy("No name")}


@require_safe
@member_page
def page(request: HttpRequest, member: Member) -> HttpResponse:
    """The picture with a hint how to save it, and how much of the name is on it."""
    tier, shown = _tier(member), _shown(request)
    address = reverse("members:share")
    choices = [
        {"label": label, "url": f"{address}?name={code}", "current": code == shown} for code, label in NAMES.items()
    ]
    context = {
        "picture": reverse("members:share-picture", args=[shown]),
        "choices": choices if member.name else [],
        "tier": cards.tier_view(tier),
        "width": drawing.WIDTH,
        "height": drawing.HEIGHT,
    }
    return render(request, "members/share.html", context)


@require_safe
@member_page
def picture(request: HttpRequest, member: Member, name: str) -> HttpResponse:
    if name not in NAMES:
        raise Http404
    drawn = keeping.picture(_card(request, member, _tier(member), name))
    return HttpResponse(
        drawn,
        content_type="image/png",
        headers={
            "Content-Disposition": 'inline; filename="evergreen.png"',
            "X-Content-Type-Options": "nosniff",
            "Cross-Origin-Resource-Policy": "same-origin",
        },
    )


def _tier(member: Member) -> Tier:
    if member.tier is None:
        raise Http404
    return member.tier


def _shown(request: HttpRequest) -> str:
    asked = request.GET.get("name", MASKED)
    return asked if asked in NAMES else MASKED


def _card(request: HttpRequest, member: Member, tier: Tier, shown: str) -> Card:
    """All that is on the picture, in English where there is no font for Chinese."""
    file, running = fonts.here(), programmes.current()
    language = translation.get_language() if file else "en"
    standing = Standing.objects.filter(member=member, ladder=tier.ladder_id).first()
    with translation.override(language):
        return Card(
            brand=running.name,
            headline=_("My new tier"),
            tier=tier.name,
            icon=cards.tier_view(tier).icon,
            color_from=tier.color_from,
            color_to=tier.color_to,
            name=_named(member, shown),
            day=_day(standing.effective_at if standing and standing.effective_at else member.joined_at),
            invitation=_("Join me here"),
            link=_link(request, member),
            font=file,
            logo=_logo(),
        )


def _named(member: Member, shown: str) -> str:
    return {MASKED: masked(member.name), WHOLE: member.name}.get(shown, "")


def masked(name: str) -> str:
    """The first sign of a name and two stars: ``林小满`` → ``林**``, ``Anna Lin`` → ``A**``."""
    return f"{name.strip()[0]}**" if name.strip() else ""


def _day(at: datetime) -> str:
    return formats.date_format(timezone.localtime(at), "DATE_FORMAT")


def _link(request: HttpRequest, member: Member) -> str:
    """The member's invitation to join."""
    address = f"{reverse('members:join')}?by={referrals.code_of(member)}"
    return f"{settings.SITE_URL}{address}" if settings.SITE_URL else request.build_absolute_uri(address)


def _logo() -> bytes:
    logo = programmes.current().logo
    if not logo:
        return b""
    try:
        with logo.open("rb") as file:
            found: bytes = file.read()
            return found
    except OSError:
        return b""


PATHS = (
    path("path/picture/", page, name="share"),
    path("path/picture/<slug:name>.png", picture, name="share-picture"),
)
