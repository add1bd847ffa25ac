"""What the ground tells of a person in the one stream on their page: events, orders, points, messages, staff deeds."""

import json
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from django.contrib.admin.models import LogEntry
from django.db.models import Model, Q, QuerySet
from django.utils.formats import number_format
from django.utils.translation import gettext_lazy as _

from loyalty import money
from loyalty.models import Approval, Entry, Event, Message, Order
from loyalty.personal import Moment, Strand
from loyalty.registry import EventKind, registry


def latest(rows: QuerySet[Any], column: str, before: datetime | None, limit: int) -> QuerySet[Any]:
    """The newest ``limit`` rows at or before an instant."""
    found = rows if before is None else rows.filter(**{f"{column}__lte": before})
    return found.order_by(f"-{column}", "-pk")[:limit]


def events(account_ids: Collection[int], before: datetime | None, limit: int) -> Sequence[Moment]:
    """What happened, but for what other strands tell better."""
    better = {kind for strand in registry.all(Strand) for kind in strand.instead_of}
    rows = Event.objects.filter(account_id__in=account_ids).exclude(kind__in=better).defer("payload")
    return [
        Moment(row.occurred_at, row.pk.hex, _kind(row.kind), subject=("loyalty.event", row.pk))
        for row in latest(rows, "occurred_at", before, limit)
    ]


def _kind(code: str) -> Any:
    kind = registry.find(EventKind, code)
    return kind.label if kind else code


def orders(account_ids: Collection[int], before: datetime | None, limit: int) -> Sequence[Moment]:
    rows = Order.objects.filter(account_id__in=account_ids).select_related("store")
    return [
        Moment(
            row.placed_at,
            row.pk.hex,
            row.external_id,
            note=str(row.store or ""),
            figure=money.show(row.total_minor - row.refunded_minor, row.currency),
            subject=("loyalty.order", row.pk),
        )
        for row in latest(rows, "placed_at", before, limit)
    ]


def entries(account_ids: Collection[int], before: datetime | None, limit: int) -> Sequence[Moment]:
    rows = Entry.objects.filter(account_id__in=account_ids).select_related("currency", "rule_version__rule")
    return [
        Moment(
            row.effective_at,
            row.pk.hex,
            str(row.rule_version.rule) if row.rule_version else row.memo or row.get_counter_display(),
            note=row.currency.name,
            figure=signed(row.amount),
            is_loss=row.amount < 0,
            subject=("loyalty.entry", row.pk),
        )
        for row in latest(rows, "effective_at", before, limit)
    ]


def signed(amount: int) -> str:
    """``+1,200`` or ``−300``."""
    return f"{'−' if amount < 0 else '+'}{number_format(abs(amount), use_l10n=True, force_grouping=True)}"


def messages(account_ids: Collection[int], before: datetime | None, limit: int) -> Sequence[Moment]:
    rows = Message.objects.filter(account_id__in=account_ids).select_related("template").defer("body", "params")
    return [
        Moment(
            row.created_at,
            row.pk.hex,
            row.subject or str(row.template or row.get_purpose_display()),
            note=f"{row.get_channel_display()} · {row.get_reason_display() or row.get_state_display()}",
            subject=("loyalty.message", row.pk),
        )
        for row in latest(rows, "created_at", before, limit)
    ]


def wishes(account_ids: Collection[int], before: datetime | None, limit: int) -> Sequence[Moment]:
    rows = Approval.objects.filter(account_id__in=account_ids).select_related("asked_by", "partner")
    return [
        Moment(
            row.asked_at,
            f"{row.pk:020}",
            row.reason,
            note=f"{row.get_state_display()} · {row.asked_by or row.partner or ''}",
            figure=signed(row.amount),
            is_loss=row.amount < 0,
            subject=("loyalty.approval", row.pk),
        )
        for row in latest(rows, "asked_at", before, limit)
    ]


def deeds(account_ids: Collection[int], before: datetime | None, limit: int) -> Sequence[Moment]:
    """What colleagues did on the pages of the person and the account."""
    keys = [str(account_id) for account_id in account_ids]
    about = Q(content_type__app_label="loyalty", content_type__model="account") | Q(
        content_type__app_label="members", content_type__model="member"
    )
    rows = LogEntry.objects.filter(about, object_id__in=keys).select_related("user")
    return [
        Moment(row.action_time, f"{row.pk:020}", _deed(row), note=row.user.get_full_name())
        for row in latest(rows, "action_time", before, limit)
    ]


def _deed(row: LogEntry) -> str:
    """The button that was pressed, or that something was added, changed or deleted."""
    if row.change_message and not row.change_message.startswith("["):
        return row.change_message
    try:
        parts = json.loads(row.change_message)
        names = [body["name"] for part in parts for body in part.values() if "name" in body]
    except (ValueError, TypeError, AttributeError):
        names = []
    return ", ".join(names) or str(row.get_action_flag_display())


def permission(model: type[Model]) -> str:
    """The permission to look at rows of a model."""
    return f"{model._meta.app_label}.view_{model._meta.model_name}"


STRANDS = (
    Strand("orders", _("orders"), "receipt_long", orders, permission(Order), rank=10, instead_of=("order.paid",)),
    Strand("points", _("points"), "toll", entries, permission(Entry), rank=20),
    Strand("events", _("events"), "bolt", events, permission(Event), rank=30),
    Strand("messages", _("messages"), "mail", messages, permission(Message), rank=70),
    Strand("wishes", _("adjustments"), "exposure", wishes, permission(Approval), rank=80),
    Strand("deeds", _("staff"), "badge", deeds, "loyalty.view_auditrecord", rank=90),
)
