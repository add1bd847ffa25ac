"""What a line of the statement is called, drawn as and says beside its figure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.utils import formats, timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from loyalty.models import Entry, Store
from loyalty.registry import Caption, EventKind, Text, registry

_ICONS = {
    Entry.Counter.REDEEMED: "ticket",
    Entry.Counter.EXPIRED: "expired",
    Entry.Counter.CLAWED_BACK: "refund",
    Entry.Counter.ADJUSTED: "adjusted",
    Entry.Counter.TRANSFERRED: "adjusted",
}
_TITLES = {
    Entry.Counter.ISSUED: gettext_lazy("Collected"),
    Entry.Counter.REDEEMED: gettext_lazy("Redemption"),
    Entry.Counter.EXPIRED: gettext_lazy("Expired"),
    Entry.Counter.CLAWED_BACK: gettext_lazy("Return"),
    Entry.Counter.ADJUSTED: gettext_lazy("Set right by our team"),
    Entry.Counter.TRANSFERRED: gettext_lazy("Transferred"),
}
_GIVEN_BACK = gettext_lazy("Expired points, given back")


@dataclass(frozen=True, slots=True)
class Line:
    """One line; ``ref`` opens its receipt, ``cut`` says that a limit took something off."""

    ref: UUID
    points: int
    title: Text
    at: datetime
    note: str
    kind: str
    icon: str
    state_text: str
    cut: bool


def lines(piles: Sequence[Sequence[Entry]], now: datetime) -> list[Line]:
    """A line for each pile of entries. One query for each app that titles what was spent."""
    titles = captions([pile[0] for pile in piles])
    return [_line(pile, titles, now) for pile in piles]


def captions(heads: Sequence[Entry]) -> dict[UUID, Text]:
    """What points were spent on or handed over for, as the apps tell it."""
    told = (Entry.Counter.REDEEMED, Entry.Counter.TRANSFERRED)
    spent = [entry.pk for entry in heads if entry.counter in told]
    found: dict[UUID, Text] = {}
    for caption in registry.all(Caption):
        found |= caption.titles(spent)
    return found


def title(entry: Entry, titles: dict[UUID, Text]) -> Text:
    """The reward, the kind of event, or what happened to the points."""
    if _is_given_back(entry):
        return _GIVEN_BACK
    source = _kind(entry) if entry.counter == Entry.Counter.ISSUED else None
    if entry.counter == Entry.Counter.CLAWED_BACK and not is_return(entry):
        return gettext_lazy("Set right after a late purchase")
    return titles.get(entry.pk) or (source.title if source else "") or _TITLES[Entry.Counter(entry.counter)]


def _is_given_back(entry: Entry) -> bool:
    """Whether expired points came back."""
    return entry.counter == Entry.Counter.EXPIRED and entry.amount > 0


def is_return(entry: Entry) -> bool:
    """Whether a refund took points back; else the purchase was told again, or an earlier one came late."""
    source = _kind(entry)
    return source is None or source.reverses is not None


def icon(entry: Entry) -> str:
    if _is_given_back(entry):
        return _ICONS[Entry.Counter.CLAWED_BACK]
    kind = _kind(entry)
    return _ICONS.get(Entry.Counter(entry.counter)) or (kind.icon if kind else "spark")


def kind(entry: Entry, now: datetime) -> str:
    """The name of the line's color: earned, spent, pending, expired, adjusted or refunded."""
    if is_pending(entry, now):
        return "pending"
    match entry.counter:
        case Entry.Counter.ISSUED:
            return "earned"
        case Entry.Counter.REDEEMED:
            return "spent" if entry.amount < 0 else "refunded"
        case Entry.Counter.EXPIRED:
            return "refunded" if _is_given_back(entry) else "expired"
        case Entry.Counter.CLAWED_BACK:
            return "refunded"
        case _:
            return "adjusted"


def is_pending(entry: Entry, now: datetime) -> bool:
    """Whether its points are still on their way at ``now``, whatever jobs have run."""
    lot = getattr(entry, "lot", None)
    return lot is not None and lot.activated_at is None and lot.available_at > now and lot.remaining > 0


def is_cut(entry: Entry) -> bool:
    return entry.counter == Entry.Counter.ISSUED and entry.desired is not None and entry.desired > entry.amount


def store(entry: Entry) -> Store | None:
    """Where the order of the entry's event was placed, if it is known."""
    order = getattr(entry.event, "order", None)
    return order.store if order else None


def _line(pile: Sequence[Entry], titles: dict[UUID, Text], now: datetime) -> Line:
    head, place = pile[0], store(pile[0])
    return Line(
        ref=head.pk,
        points=sum(entry.amount for entry in pile),
        title=title(head, titles),
        at=head.effective_at,
        note=place.name if place else "",
        kind=kind(head, now),
        icon="clock" if is_pending(head, now) else icon(head),
        state_text=_arrives(head) if is_pending(head, now) else "",
        cut=any(is_cut(entry) for entry in pile),
    )


def _arrives(entry: Entry) -> str:
    day = timezone.localtime(entry.lot.available_at).date()
    return _("ready on %(day)s") % {"day": formats.date_format(day, _("M j"))}


def _kind(entry: Entry) -> EventKind | None:
    return registry.find(EventKind, entry.event.kind) if entry.event else None
