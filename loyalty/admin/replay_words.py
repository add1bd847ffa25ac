"""What a late event changes for later ones, told in words: before and after, event by event, and why."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.utils.formats import number_format
from django.utils.timesince import timesince
from django.utils.translation import gettext as _

from loyalty import conditions, deciding, rulebook, texts
from loyalty import programme as programmes
from loyalty.admin import receipts, showing
from loyalty.events import replaying
from loyalty.models import Event
from loyalty.registry import EventKind, registry


@dataclass(frozen=True, slots=True)
class Line:
    """One rule's award of an event, before and after."""

    rule: str
    number: int
    before: str
    after: str
    change: str
    gains: bool
    unit: str
    why: str


@dataclass(slots=True)
class Piece:
    """An event with what differs of it; ``is_cause`` marks the late one."""

    event: Event
    what: str
    when: str
    is_cause: bool
    lines: list[Line] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Sum:
    """What applying moves of one currency in all."""

    change: str
    unit: str
    gains: bool


@dataclass(frozen=True, slots=True)
class Difference:
    pieces: list[Piece]
    totals: list[Sum]

    @property
    def count(self) -> int:
        return len(self.pieces)


def told(diff: Sequence[Mapping[str, Any]], cause_id: UUID | None = None) -> Difference:
    """The difference in the active language. Four queries, however long it is."""
    events = Event.objects.in_bulk({UUID(row["event"]) for row in diff})
    rules = rulebook.by_id({row["version"] for row in diff})
    money = programmes.current().currency
    names: dict[str, str] = {}
    pieces: dict[UUID, Piece] = {}
    for row in diff:
        event = events[UUID(row["event"])]
        code = row["currency"]
        names[code] = names.get(code) or receipts.unit(code)
        piece = pieces.setdefault(
            event.pk, Piece(event, what(event), showing.when(event.occurred_at), event.pk == cause_id)
        )
        piece.lines.append(_line(row, names[code], why(row, event, rules.get(row["version"]), money)))
    totals = [
        Sum(showing.points(moved) if moved else "0", names[code], moved >= 0)
        for code, moved in replaying.totals(diff).items()
    ]
    return Difference(list(pieces.values()), totals)


def what(event: Event) -> str:
    """“order A-1001”, by the name of its kind."""
    kind = registry.find(EventKind, event.kind)
    label = str(kind.label) if kind else event.kind
    told_id = event.payload.get("order_id") or ""
    return f"{label} {told_id}".strip()


def cause(event: Event) -> str:
    """Why its replay was proposed: how the late event came late. Reads the event's decisions."""
    decided_at = min((each.decided_at for each in event.decisions.all()), default=event.recorded_at)
    lag = {"lag": timesince(event.occurred_at, decided_at, depth=1)}
    kind = registry.find(EventKind, event.kind)
    if kind is not None and kind.reverses:
        return _("A return that was told %(lag)s later") % lag
    if event.payload.get("version", 1) > 1:
        return _("The order was corrected %(lag)s later") % lag
    if decided_at > event.recorded_at:
        return _("It had to wait, and counted %(lag)s later") % lag
    return _("It was told %(lag)s later") % lag


def _line(row: Mapping[str, Any], unit: str, reason: str) -> Line:
    change = row["after"] - row["before"]
    return Line(
        rule=texts.pick(row["name_zh"], row["name_en"]),
        number=row["number"],
        before=_number(row["before"]),
        after=_number(row["after"]),
        change=showing.points(change) if change else "0",
        gains=change >= 0,
        unit=unit,
        why=reason,
    )


def _number(points: int) -> str:
    return number_format(points, use_l10n=True, force_grouping=True)


def why(row: Mapping[str, Any], event: Event, rule: deciding.CompiledRule | None, money: str) -> str:
    """Why the award is another one now."""
    said = _why(row, event, rule, money)
    if [row["before"], row["after"]] != row["gave"]:
        said += " " + _("What was refunded so far is taken off.")
    return said


def _why(row: Mapping[str, Any], event: Event, rule: deciding.CompiledRule | None, money: str) -> str:
    was_cut, is_cut = row["reason"]
    applied_before, applies_now = row["applied"]
    if not applies_now:
        return _fallen(row, event, rule, money)
    if is_cut:
        numbers = {
            "per": receipts.PERIODS.get(is_cut.partition(":")[2], ""),
            "left": _number(row["gave"][1]),
            "possible": _number(row["possible"]),
        }
        return _("The limit %(per)s leaves %(left)s of %(possible)s now.") % numbers
    if not applied_before:
        return _("Its condition holds now.")
    if was_cut:
        per = receipts.PERIODS.get(was_cut.partition(":")[2], "")
        return _("The limit %(per)s no longer cuts it.") % {"per": per}
    if row["gave"][0] == row["gave"][1]:
        return _("The refund takes another part of it now.")
    return _("The points it builds on are others now.")


def _fallen(row: Mapping[str, Any], event: Event, rule: deciding.CompiledRule | None, money: str) -> str:
    """Which comparison keeps the rule from applying, by the facts it was judged by."""

    def lookup(leaf: conditions.Leaf) -> Any:
        read = rule.reads.get(leaf.fact) if rule is not None else None
        return row["facts"].get(leaf.key) if read is None else read(event.payload)

    predicate = rule.predicate if rule is not None else None
    finding = predicate.first_failure(lookup, event.occurred_on) if predicate is not None else None
    if finding is None:
        return _("Another rule stands before it now.")
    told_so = conditions.failure(finding, kind=event.kind, currency=money)
    return _("Its condition no longer holds: %(condition)s.") % {"condition": told_so}
