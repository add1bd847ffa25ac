"""The look of the admin: names, colours and the sidebar's switches, as plain data for settings.

A leaf that only settings reads. What must be counted or looked up is named as a string and lives in
``loyalty.admin.navigation`` and ``loyalty.admin.dashboard``.
"""

from typing import Any

from django.templatetags.static import static
from django.urls import reverse_lazy
from django.utils.functional import lazy
from django.utils.translation import gettext_lazy as _

_address = lazy(static, str)

# Evergreen: one hue (158) from the members' pages; warm grey grounds.
_GREEN = {
    "50": "oklch(97.5% .015 158)",
    "100": "oklch(94.5% .035 158)",
    "200": "oklch(89% .06 158)",
    "300": "oklch(81% .09 158)",
    "400": "oklch(71% .115 158)",
    "500": "oklch(63% .12 158)",
    "600": "oklch(48% .095 158)",
    "700": "oklch(42% .085 158)",
    "800": "oklch(36% .07 158)",
    "900": "oklch(31% .055 158)",
    "950": "oklch(22% .04 158)",
}
_STONE = {
    "50": "oklch(98.4% .004 85)",
    "100": "oklch(96.4% .006 85)",
    "200": "oklch(92% .008 85)",
    "300": "oklch(86.5% .01 85)",
    "400": "oklch(70% .012 80)",
    "500": "oklch(53% .014 75)",
    "600": "oklch(44% .014 70)",
    "700": "oklch(36% .013 70)",
    "800": "oklch(26.5% .011 70)",
    "900": "oklch(20.5% .009 70)",
    "950": "oklch(14% .007 70)",
}


def theme(*, demo: bool) -> dict[str, Any]:
    """The ``UNFOLD`` setting; ``demo`` puts a label beside the name so nobody mistakes the place."""
    return {
        "SITE_TITLE": "loyalty.admin.navigation.site_name",
        "SITE_HEADER": "loyalty.admin.navigation.site_name",
        "SITE_SUBHEADER": _("Back office"),
        "SITE_SYMBOL": "eco",
        "SITE_URL": "/",
        "SITE_FAVICONS": [{"rel": "icon", "type": "image/svg+xml", "href": _address("img/icon.svg")}],
        "SHOW_HISTORY": True,
        "SHOW_VIEW_ON_SITE": False,
        "SHOW_LANGUAGES": True,
        "SHOW_BACK_BUTTON": False,
        "BORDER_RADIUS": "8px",
        "COLORS": {"primary": _GREEN, "base": _STONE},
        "ENVIRONMENT": "loyalty.admin.navigation.environment" if demo else None,
        "DASHBOARD_CALLBACK": "loyalty.admin.dashboard.fill",
        "STYLES": [_address("css/admin.css")],
        "COMMAND": {"search_models": ["loyalty.account", "loyalty.rule", "loyalty.order"], "show_history": False},
        "LOGIN": {"form": "loyalty.web.signing_in.SignIn"},
        "ACCOUNT": {
            "navigation": [
                {"title": _("Second factor"), "link": reverse_lazy("second-factor:manage")},
                {"title": _("Change password"), "link": reverse_lazy("admin:password_change")},
            ]
        },
        "SIDEBAR": {
            "show_search": True,
            "command_search": True,
            "show_all_applications": False,
            "navigation": "loyalty.admin.navigation.sidebar",
        },
    }
