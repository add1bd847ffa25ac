"""What the report says of a row and of a whole file, in the operator's language."""

from collections.abc import Mapping
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from loyalty import money
from loyalty.errors import LoyaltyError

OUTCOMES: dict[str, str | Promise] = {
    "refused": _("left out"),
    "conflict": _("there with other content"),
    "duplicate": _("there already"),
    "unmatched": _("no order found"),
    "partly_matched": _("orders found for a part"),
    "parked": _("waiting"),
    "nothing": _("no money moved"),
    "shortened": _("kept without its lines"),
    "repeated": _("repeated row"),
}
SENTENCES: dict[str, str | Promise] = {
    "duplicate": _("This was recorded before. Nothing was changed."),
    "unmatched": _("No earlier order of this customer has anything left to refund. No points were taken back."),
    "partly_matched": _("%(left)s of this cancellation fit no earlier order. No points were taken back for that part."),
    "parked": _("The order is kept and waits until its member joins."),
    "nothing": _("A cancellation of nothing: there is nothing to take back."),
    "shortened": _("More than 500 lines: the order is kept with its amount alone."),
    "repeated": _("The same order once more. It counts once."),
    "conflict": _("This was recorded before with another amount. Nothing was changed."),
}


@dataclass(frozen=True, slots=True)
class Note:
    """What is to be said of one row: what became of it, which column is meant, and why."""

    row: int
    outcome: str
    param: str = ""
    fault: LoyaltyError | None = None
    left: str = ""

    @classmethod
    def of(cls, row: int, fault: LoyaltyError, outcome: str = "refused") -> "Note":
        return cls(row, outcome, fault.param or "", fault)

    @property
    def message(self) -> str:
        """One sentence in the active language."""
        if self.fault is not None:
            return self.fault.message
        sentence = str(SENTENCES[self.outcome])
        return sentence % {"left": self.left} if self.left else sentence


def outcome(code: str) -> str:
    """What became of a row, in two words."""
    return str(OUTCOMES.get(code, code))


FIGURES: tuple[tuple[str, str | Promise], ...] = (
    ("orders", _("orders of members")),
    ("guests", _("guest orders")),
    ("members", _("new members")),
    ("cancellations", _("cancellations taken as refunds")),
    ("refunds", _("orders refunded by them")),
    ("unmatched", _("cancellations no order was found for")),
    ("partly_matched", _("cancellations orders were found for in part")),
    ("nothing", _("cancellations of nothing")),
    ("duplicate", _("there already")),
    ("conflict", _("there with other content")),
    ("parked", _("waiting for their member")),
    ("refused", _("rows left out")),
)
AMOUNTS = "unmatched:"
POINTS = "points:"


def figures(counts: Mapping[str, int]) -> list[tuple[str, str]]:
    """What an import came to, as (label, figure) pairs worth showing."""
    found = [(str(label), f"{counts[code]:,}") for code, label in FIGURES if counts.get(code)]
    for code in sorted(counts):
        if code.startswith(AMOUNTS) and counts[code]:
            currency = code.removeprefix(AMOUNTS)
            figure = f"{currency} {money.text(counts[code], currency)}"
            found.append((gettext("cancelled without an order found for it"), figure))
        elif code.startswith(POINTS) and counts[code]:
            unit = code.removeprefix(POINTS)
            found.append((gettext("given before refunds: %(unit)s") % {"unit": unit}, f"{counts[code]:,}"))
    return found
