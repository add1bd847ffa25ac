"""What every page knows: the brand, the tabs and the chosen appearance. All of it is read on first use."""

from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import SimpleLazyObject
from django.utils.translation import get_language

from loyalty import programme as programmes
from loyalty.models import Currency, Programme
from loyalty.registry import Tab, Text, registry
from loyalty.web import preferences

POINTS = "points"


@dataclass(frozen=True, slots=True)
class Brand:
    """The programme as its members meet it. ``points_unit`` stands after a figure: 120 points."""

    name: str
    logo_url: str
    points_name: str
    points_unit: str
    support_url: str


@dataclass(frozen=True, slots=True)
class NavItem:
    label: Text
    url: str
    icon: str
    current: bool
    count: int = 0


def brand(programme: Programme) -> Brand:
    """What pages show of the programme. One query for the name of its points."""
    currency = Currency.objects.filter(code=POINTS).first()
    name = currency.name if currency else ""
    return Brand(
        name=programme.name,
        logo_url=programme.logo.url if programme.logo else "",
        points_name=name[:1].upper() + name[1:],
        points_unit=name.lower() if get_language() == "en" else name,
        support_url=settings.SUPPORT_URL,
    )


def tabs(request: HttpRequest) -> list[NavItem]:
    """The members' tabs, the one of this page lit; nothing for visitors."""
    if not request.user.is_authenticated:
        return []
    found = registry.all(Tab)
    lit = next((tab for tab in found if _leads_to(tab, request.path)), None)
    match = request.resolver_match
    room = match.namespace if match else ""
    lit = lit or next((tab for tab in found if tab.url_name.partition(":")[0] == room), None)
    return [NavItem(tab.label, reverse(tab.url_name), tab.icon, current=tab is lit) for tab in found]


def _leads_to(tab: Tab, path: str) -> bool:
    """Whether the page is the tab's own, or one below an address it covers."""
    return any(url != "/" and path.startswith(url) for url in map(reverse, (tab.url_name, *tab.covers)))


def programme(request: HttpRequest) -> dict[str, Any]:
    """``programme`` (:class:`Brand`), ``nav`` and ``theme`` (``light``, ``dark`` or empty)."""
    return {
        "programme": SimpleLazyObject(lambda: brand(programmes.current())),
        "nav": SimpleLazyObject(lambda: tabs(request)),
        "theme": preferences.theme_of(request),
    }
