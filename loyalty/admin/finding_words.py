"""The figures of a finding, ``balance 105, entries 100``, in the reader's language."""

from collections.abc import Iterator

from django.utils.formats import number_format
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from loyalty.models import Approval, Entry, Hold

WORDS: dict[str, str | Promise] = {
    "balance": pgettext_lazy("figure", "stored balance"),
    "entries": pgettext_lazy("figure", "sum of the entries"),
    "version": pgettext_lazy("figure", "number it bears"),
    "number": pgettext_lazy("figure", "entries there are"),
    "place": pgettext_lazy("figure", "place it has"),
    "before": pgettext_lazy("figure", "balance before"),
    "after": pgettext_lazy("figure", "balance after"),
    "amount": pgettext_lazy("figure", "amount"),
    "available": pgettext_lazy("figure", "available"),
    "pending": pgettext_lazy("figure", "pending"),
    "held": pgettext_lazy("figure", "set aside"),
    "debt": pgettext_lazy("figure", "debt"),
    "deferred": pgettext_lazy("figure", "debt paid by instalments"),
    "holds": pgettext_lazy("figure", "open holds"),
    "parts": pgettext_lazy("figure", "sum of the parts"),
    "allocations": pgettext_lazy("figure", "by the allocations"),
    "outstanding": pgettext_lazy("figure", "in members' hands"),
    "lots": pgettext_lazy("figure", "left in lots that can be spent"),
    "waiting": pgettext_lazy("figure", "left in lots that wait"),
    "left": pgettext_lazy("figure", "left"),
    "allocated": pgettext_lazy("figure", "allocated"),
    "until": pgettext_lazy("figure", "expires"),
    "first": pgettext_lazy("figure", "expired at first"),
    "debit": pgettext_lazy("figure", "taken by the entry"),
    "credit": pgettext_lazy("figure", "given by the entry"),
    "laid": pgettext_lazy("figure", "laid into lots"),
    "since": pgettext_lazy("figure", "since"),
    "events": pgettext_lazy("figure", "events with this key"),
    "moved": pgettext_lazy("figure", "moved by the entry"),
    "back": pgettext_lazy("figure", "moved back since"),
    "order": pgettext_lazy("figure", "order"),
    "asked": pgettext_lazy("figure", "asked back"),
    "given": pgettext_lazy("figure", "given"),
    "state": pgettext_lazy("figure", "state"),
    "captured": pgettext_lazy("figure", "captured"),
    "entry": pgettext_lazy("figure", "by the entry"),
    "taken": pgettext_lazy("figure", "taken"),
    "agreed": pgettext_lazy("figure", "times agreed to"),
    "limit": pgettext_lazy("figure", "limit of one person"),
    "people": pgettext_lazy("figure", "people who agreed"),
    "attempts": pgettext_lazy("figure", "attempts"),
    "price": pgettext_lazy("figure", "price"),
    "arrived": pgettext_lazy("figure", "arrived"),
    "shared": pgettext_lazy("figure", "shared purses"),
    "nameless": pgettext_lazy("figure", "brought by nobody"),
    "brought": pgettext_lazy("figure", "brought by somebody"),
    "transfers": pgettext_lazy("figure", "transfers that tell of it"),
    "shown": pgettext_lazy("figure", "tier everybody sees"),
    "standing": pgettext_lazy("figure", "tier of the standing"),
    "effective": pgettext_lazy("figure", "effective tier"),
    "sources": pgettext_lazy("figure", "highest of earned, granted and bought"),
    "earned": pgettext_lazy("figure", "earned tier"),
    "judged": pgettext_lazy("figure", "tier by the entries"),
    "due": pgettext_lazy("figure", "review was due on"),
    **{str(value): label for value, label in Entry.Counter.choices},
}
VALUES: dict[str, str | Promise] = {
    "none": _("none"),
    "never": pgettext_lazy("expiry", "never"),
    **{str(value): label for value, label in (*Hold.State.choices, *Approval.State.choices)},
}


def figures(found: str) -> Iterator[tuple[str, str]]:
    """Name and value of each figure; what is no figure is a value without a name."""
    for part in found.split(", "):
        name, _space, value = part.partition(" ")
        if name not in WORDS or not value:
            yield "", part
            continue
        yield str(WORDS[name]), _told(value)


def sentence(found: str) -> str:
    """All of them in one line."""
    return " · ".join(f"{name} {value}".strip() for name, value in figures(found))


def _told(value: str) -> str:
    if value.removeprefix("-").isdecimal() and len(value) < 16:
        return number_format(int(value), use_l10n=True, force_grouping=True)
    return str(VALUES.get(value, value))
