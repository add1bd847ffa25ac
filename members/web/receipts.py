"""The "why" of a line: the steps that led to it, each in a plain sentence, and its facts."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from loyalty import accounts, texts
from loyalty.deciding import sentences
from loyalty.events import foreseeing, intake
from loyalty.models import Entry, Programme
from loyalty.registry import Text
from members.web import wording

POINTS = "points"
LATE = timedelta(hours=1)
_INSTANT = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Step:
    """One sentence; ``limit`` says that a limit cut it."""

    sentence: str
    amount_text: str = ""
    note: str = ""
    limit: bool = False


@dataclass(frozen=True, slots=True)
class Receipt:
    """Keys as ``members/_receipt.html`` reads them. ``expires_on`` is the last day of use."""

    ref: UUID
    title: Text
    kind: str
    icon: str
    points: int
    at: datetime
    store: str
    order_ref: str
    recorded_at: datetime | None
    balance_after: int
    expires_on: date | None
    arrives_on: date | None
    steps: list[Step] = field(default_factory=list)
    rule: str = ""

    @property
    def number(self) -> str:
        """Short enough to read out: the random end of the entry's id."""
        return self.ref.hex[-10:].upper()


def receipt(pile: Sequence[Entry], *, programme: Programme, now: datetime) -> Receipt:
    """The receipt of one line's entries, newest first. Four queries at most."""
    head, place = pile[0], wording.store(pile[0])
    order = getattr(head.event, "order", None)
    lot, is_late = getattr(head, "lot", None), head.recorded_at - head.effective_at > LATE
    return Receipt(
        ref=head.pk,
        title=wording.title(head, wording.captions([head])),
        kind=wording.kind(head, now),
        icon=wording.icon(head),
        points=sum(entry.amount for entry in pile),
        at=head.effective_at,
        store=place.name if place else "",
        order_ref=order.external_id if order else "",
        recorded_at=head.recorded_at if is_late else None,
        balance_after=head.balance_after,
        expires_on=programme.day_of(lot.expires_at - _INSTANT) if lot and lot.expires_at else None,
        arrives_on=programme.day_of(lot.available_at) if wording.is_pending(head, now) and lot else None,
        steps=_steps(pile),
    )


def _steps(pile: Sequence[Entry]) -> list[Step]:
    head = pile[0]
    if head.event_id is None:
        return []
    told = intake.receipts_of([head.event_id]).get(head.event_id, {})
    if head.counter == Entry.Counter.CLAWED_BACK:
        return _taken_back(pile)
    units = {code: currency.name for code, currency in accounts.currencies().items()}
    steps = [_step(step, units, told.get("policy") or {}) for step in told.get("steps", ()) if _is_points(step)]
    return [*(Step(sentence) for sentence in foreseeing.told(told) if steps), *steps]


def _is_points(step: dict[str, Any]) -> bool:
    return step["kind"] != "grant" and bool(step["currency"] == POINTS)


def _step(step: dict[str, Any], units: dict[str, str], policy: dict[str, Any]) -> Step:
    return Step(sentences.of_step(step, units, policy), limit=bool(step["reason"]))


def _taken_back(pile: Sequence[Entry]) -> list[Step]:
    """Which awards a return (or a late purchase) took back, and how much of each. One query."""
    reversed_entries = Entry.objects.select_related("rule_version").in_bulk([e.reverses_id for e in pile])
    steps = []
    for entry in reversed(pile):
        origin = reversed_entries.get(entry.reverses_id)
        names = origin.rule_version.definition if origin and origin.rule_version else {}
        name = texts.pick(names.get("name_zh", ""), names.get("name_en", ""))
        sentence = _("Goes back with the return: %(rule)s") % {"rule": name} if name else _("Goes back with the return")
        if not wording.is_return(entry):
            sentence = _("Less after a late purchase was counted: %(rule)s") % {"rule": name}
        steps.append(Step(sentence, amount_text=f"−{-entry.amount:,}"))
    return steps
