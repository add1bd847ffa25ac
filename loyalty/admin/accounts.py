"""The purse's page: what it holds, every entry with its reason, what expires, orders and gifts."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from loyalty import clock
from loyalty import programme as programmes
from loyalty.admin import by_hand, showing
from loyalty.admin.base import AppendOnly
from loyalty.ledger import reading
from loyalty.models import Account, Entry, GrantRecord, Lot, Order, Replay
from loyalty.registry import Directory, Effect, registry

SHOWN = 20


def panels(account: Account) -> dict[str, Any]:
    """What the page tells of an account; a fixed number of queries however much there is."""
    now = clock.now()
    programme = programmes.current()
    more = f"?account__id__exact={account.pk}"
    return {
        "positions": list(reading.position(account.pk, now=now, programme=programme).values()),
        "entries": _entries(account),
        "entries_link": reverse("admin:loyalty_entry_changelist") + more,
        "lots": list(Lot.objects.filter(account=account).open().in_spending_order().select_related("currency")[:SHOWN]),
        "orders": [
            {
                "order": order,
                "total": showing.money(order.total_minor, order.currency),
                "refunded": showing.money(order.refunded_minor, order.currency) if order.refunded_minor else "",
            }
            for order in Order.objects.filter(account=account).select_related("store").order_by("-placed_at")[:SHOWN]
        ],
        "orders_link": reverse("admin:loyalty_order_changelist") + more,
        "grants": _grants(account),
        "references": list(account.references.select_related("partner")[:SHOWN]),
        "late": Replay.objects.filter(account=account, state=Replay.State.PROPOSED).first(),
        "now": now,
    }


def why(entry: Entry) -> str:
    """The reason of an entry in a few words: its memo, its rule, or what it was."""
    if entry.rule_version:
        return str(entry.rule_version.rule)
    return entry.memo or entry.get_counter_display()


def _entries(account: Account) -> list[dict[str, Any]]:
    rows = (
        Entry.objects.filter(account=account)
        .select_related("currency", "rule_version__rule", "event")
        .order_by("-effective_at", "-version")[:SHOWN]
    )
    return [{"entry": entry, "amount": showing.points(entry.amount), "why": why(entry)} for entry in rows]


def _grants(account: Account) -> list[dict[str, Any]]:
    rows = GrantRecord.objects.filter(account=account).select_related("rule_version__rule")
    found = []
    for grant in rows.order_by("-granted_at")[:SHOWN]:
        effect = registry.find(Effect, grant.effect)
        sentence = effect.sentence(grant.params) if effect else grant.effect
        found.append({"grant": grant, "sentence": sentence})
    return found


class AccountAdmin(by_hand.ByHand, AppendOnly):
    """Found by number, by a till's own id, and by whatever the upper floors' directories know."""

    list_display: tuple[str, ...] = ("number", "standing", "opened")
    list_filter = ("status",)
    list_select_related: tuple[str, ...] = ()
    search_fields: tuple[str, ...] = ("=number", "=references__external_id")
    search_help_text = _("Account number, phone or a till's customer id")
    ordering = ("-opened_at", "-id")
    change_form_template = "admin/loyalty/account/change_form.html"
    fields: tuple[Any, ...] = (("number", "status"), ("opened_at", "timezone"))

    @display(description=_("status"), ordering="status", label=showing.CHIPS)
    def standing(self, account: Account) -> tuple[str, str]:
        return account.status, account.get_status_display()

    @display(description=_("opened"), ordering="opened_at")
    def opened(self, account: Account) -> str:
        return showing.when(account.opened_at)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Account], search_term: str
    ) -> tuple[QuerySet[Account], bool]:
        found, duplicates = super().get_search_results(request, queryset, search_term)
        term = search_term.strip()
        known = {pk for book in registry.all(Directory) for pk in book.find([term]).values()} if term else set()
        return (found | queryset.filter(pk__in=known), True) if known else (found, duplicates)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        account = self.get_object(request, object_id)
        known = panels(account) if account else {}
        page: HttpResponse = super().change_view(request, object_id, form_url, {**known, **(extra_context or {})})
        return page

    @staticmethod
    def label(account: Account) -> str:
        """How a picker names the account; upper floors add the person."""
        return account.number


admin.site.register(Account, AccountAdmin)
