"""The sidebar by job, and what it needs to know: which pages exist, who may see them, what waits."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.contrib import admin
from django.contrib.admin.exceptions import NotRegistered
from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from loyalty import programme as programmes
from loyalty.admin import waiting


@dataclass(frozen=True, slots=True)
class Item:
    """One entry: a model by label, the symbol beside it and, where the model's name won't do, a title.

    ``page`` is the address of another page of the model than its list, by the end of its name.
    """

    model: str
    icon: str
    title: str | Promise | None = None
    page: str = "changelist"


GROUPS: tuple[tuple[str | Promise, tuple[Item, ...]], ...] = (
    (
        _("Members"),
        (
            Item("members.Member", "group"),
            Item("members.Segment", "groups"),
            Item("members.Tag", "sell"),
            Item("members.Segment", "dataset", _("Dimensions"), "dimensions"),
            Item("loyalty.Order", "receipt_long"),
            Item("loyalty.Account", "account_balance_wallet"),
            Item("loyalty.Pool", "diversity_3"),
            Item("members.Pet", "pets"),
            Item("loyalty.Merge", "call_merge"),
            Item("members.Erasure", "person_off"),
            Item("members.Consent", "handshake"),
            Item("members.Interest", "interests"),
            Item("members.MemberSettings", "tune"),
        ),
    ),
    (
        _("Tiers and benefits"),
        (
            Item("members.Ladder", "stairs"),
            Item("members.Tier", "military_tech"),
            Item("members.TierChange", "trending_up"),
            Item("members.Benefit", "redeem"),
            Item("members.BenefitSet", "inventory"),
            Item("members.BenefitClaim", "confirmation_number"),
            Item("members.Plan", "diamond"),
            Item("members.PlanTerm", "event_repeat"),
        ),
    ),
    (
        _("Points and rules"),
        (
            Item("loyalty.Rule", "bolt"),
            Item("loyalty.Entry", "menu_book", _("Points ledger")),
            Item("loyalty.Lot", "inventory_2", _("Points by expiry")),
            Item("loyalty.Hold", "lock_clock", _("Points set aside")),
            Item("loyalty.Transfer", "swap_horiz"),
            Item("loyalty.Approval", "approval"),
            Item("loyalty.AdjustmentFile", "playlist_add_check"),
            Item("loyalty.Event", "event_note"),
            Item("loyalty.Replay", "history"),
            Item("loyalty.Metric", "query_stats"),
            Item("loyalty.Currency", "toll"),
            Item("loyalty.Lifetime", "hourglass_bottom"),
            Item("loyalty.Programme", "eco"),
            Item("loyalty.PolicyVersion", "history_edu"),
        ),
    ),
    (
        _("Mall"),
        (Item("rewards.Reward", "redeem"), Item("rewards.Redemption", "shopping_bag")),
    ),
    (_("Community"), (Item("community.CheckinDay", "event_available"),)),
    (
        _("Messages"),
        (Item("loyalty.MessageTemplate", "edit_note"), Item("loyalty.Message", "forward_to_inbox", _("Message log"))),
    ),
    (
        _("Shops and tills"),
        (
            Item("loyalty.Partner", "hub"),
            Item("loyalty.Store", "storefront"),
            Item("loyalty.ImportJob", "upload_file"),
            Item("loyalty.PartnerCall", "swap_calls"),
        ),
    ),
    (
        _("System"),
        (
            Item("loyalty.User", "badge", _("Staff and logins")),
            Item("auth.Group", "shield_person", _("Roles")),
            Item("loyalty.Threshold", "speed"),
            Item("loyalty.Finding", "rule"),
            Item("loyalty.AuditRecord", "policy"),
            Item("loyalty.Seal", "verified"),
            Item("loyalty.JobRun", "task_alt"),
            Item("loyalty.OutboxMessage", "outbox"),
            Item("django_celery_beat.PeriodicTask", "schedule"),
        ),
    ),
)


def _entry(request: HttpRequest, item: Item, badges: dict[str, int]) -> dict[str, Any] | None:
    """The entry as the theme wants it, or ``None`` where the page is missing or not for this user."""
    try:
        model = apps.get_model(item.model)
        page = admin.site.get_model_admin(model)
    except (LookupError, NotRegistered):
        return None
    if not page.has_view_or_change_permission(request):
        return None
    meta = model._meta  # Django's documented way to a model's names
    link = reverse(f"admin:{meta.app_label}_{meta.model_name}_{item.page}")
    name = str(item.title or meta.verbose_name_plural)
    entry: dict[str, Any] = {
        "title": name[:1].upper() + name[1:],
        "icon": item.icon,
        "link": link,
        "active": False,
    }
    if badges.get(item.model):
        entry |= {"badge": badges[item.model], "badge_variant": "warning"}
    return entry


def sidebar(request: HttpRequest) -> list[dict[str, Any]]:
    """Groups that have something this user may open; badges count what waits for a person."""
    home = reverse("admin:index")
    overview = {
        "title": _("Overview"),
        "icon": "space_dashboard",
        "link": home,
        "active": request.path == home,
    }
    groups: list[dict[str, Any]] = [{"items": [overview]}]
    badges = waiting.badges()
    for title, items in GROUPS:
        entries = [entry for item in items if (entry := _entry(request, item, badges))]
        if entries:
            groups.append({"title": title, "items": entries, "separator": True})
    _light([entry for group in groups for entry in group["items"]], request.path)
    return groups


def _light(entries: Sequence[dict[str, Any]], path: str) -> None:
    """Marks the entry the page belongs to: of those it is below, the nearest."""
    above = [entry for entry in entries[1:] if path.startswith(entry["link"])]
    if above:
        max(above, key=lambda entry: len(entry["link"]))["active"] = True


def environment(request: HttpRequest) -> list[str | Promise]:
    """The label beside the page title that says this is not the real thing."""
    del request
    return [_("Demo"), "info"]


def site_name(request: HttpRequest) -> str:
    """The brand's name in the reader's language."""
    del request
    return programmes.current().name
