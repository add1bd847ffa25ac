"""What an order's lines are worth to a rate: the basis, line by line, as exact integers.

Voided and gift-card lines never earn, and reward lines only where the policy lets them. The order's
discount and the part paid with points come off all lines of goods in proportion to their amounts (a
negative line counts as discount); what is left over of them comes off the freight, which is a line
of its own at the end. An order without lines is one line of goods. Amounts are numerators over one
common ``den``.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from loyalty.deciding.model import LineFilter, PointsEffect

EARNING_KINDS = frozenset({"goods", "service"})
WITH_REWARDS = EARNING_KINDS | {"reward"}


class Basis:
    """The lines of one event. ``cash`` leaves out the points-paid part, ``full`` counts it.

    ``is_single``: nothing to tell apart, just one amount, as most orders are.
    """

    __slots__ = (
        "_matches",
        "amounts",
        "cash",
        "den",
        "earning",
        "earns",
        "freight_at",
        "full",
        "is_single",
        "labels",
        "lines",
        "remainder",
        "size",
    )

    def __init__(
        self, payload: Mapping[str, Any], *, remainder: str = "largest", earning: frozenset[str] = EARNING_KINDS
    ) -> None:
        lines: Sequence[Mapping[str, Any]] = payload.get("lines") or ()
        self.lines, self.remainder, self.earning = lines, remainder, earning
        freight: int = payload.get("freight_minor") or 0
        points_paid: int = payload.get("points_paid_minor") or 0
        total: int = payload.get("amount_minor") or 0
        if lines:
            total = freight + self._from_lines(lines, payload.get("discount_minor") or 0, points_paid)
        else:
            self._from_total(total - freight, points_paid)
        self.freight_at = -1
        if freight > 0:
            self._add_freight(freight, total, points_paid)
        self.size = len(self.amounts)
        self._matches: dict[tuple[int, bool], list[bool]] = {}
        self.is_single = self.size == 1 and not lines

    def _from_total(self, goods: int, points_paid: int) -> None:
        self.den = 1
        self.labels: list[tuple[str, str]] | None = None
        self.earns = [True]
        self.amounts = self.full = self.cash = [max(goods, 0)]
        if points_paid:
            self.cash = [max(goods - points_paid, 0)]

    def _from_lines(self, lines: Sequence[Mapping[str, Any]], discount: int, points_paid: int) -> int:
        """Returns what the goods cost after discount, which may be below 0."""
        standing = [0 if line.get("voided") else line["amount_minor"] for line in lines]
        net: int = sum(standing) - discount
        self.amounts = [max(amount, 0) for amount in standing]
        self.labels = [(line.get("sku") or "", line.get("category") or "") for line in lines]
        self.earns = [line.get("kind", "goods") in self.earning and not line.get("voided") for line in lines]
        goods = sum(self.amounts)
        if net == goods and not points_paid:
            self.den = 1
            self.full = self.cash = self._kept(1)
        else:
            self.den = max(goods, 1)
            self.full = self._kept(max(net, 0))
            self.cash = self._kept(max(net - points_paid, 0))
        return net

    def _kept(self, share: int) -> list[int]:
        pairs = zip(self.amounts, self.earns, strict=True)
        return [amount * share if earns else 0 for amount, earns in pairs]

    def _add_freight(self, freight: int, total: int, points_paid: int) -> None:
        full = min(freight, max(total, 0))
        cash = min(freight, max(total - points_paid, 0))
        self.freight_at = len(self.amounts)
        self.amounts = [*self.amounts, freight]
        self.full, self.cash = [*self.full, full * self.den], [*self.cash, cash * self.den]
        self.earns = [*self.earns, False]

    def minor(self, effect: PointsEffect) -> int:
        """For show: what a rate counts in minor units, half up where a share of a discount splits one."""
        if self.is_single:
            return sum(self.worth(effect))
        return (2 * sum(self.worth(effect)) + self.den) // (2 * self.den)

    def worth(self, effect: PointsEffect) -> list[int]:
        """What a rate counts on each line, over ``den``."""
        source = self.full if effect.with_points_paid else self.cash
        if effect.filter is None and self.freight_at < 0:
            return source
        found = self.matches(effect.filter, with_freight=effect.with_freight)
        return [value if taken else 0 for value, taken in zip(source, found, strict=True)]

    def matches(self, chosen: LineFilter | None, *, with_freight: bool) -> list[bool]:
        """Which lines an effect looks at; freight only where it says so, whatever the filter.

        An order without lines has nothing to tell apart: a filter that names lines to take finds
        none, one that only leaves lines out takes the whole. Asked once for each filter; not to be changed.
        """
        question = (id(chosen), with_freight)
        found = self._matches.get(question)
        if found is None:
            found = self._matches[question] = self._match(chosen, with_freight=with_freight)
        return found

    def _match(self, chosen: LineFilter | None, *, with_freight: bool) -> list[bool]:
        found = list(self.earns)
        if chosen is not None and self.labels is not None:
            for place, (sku, category) in enumerate(self.labels):
                found[place] = found[place] and chosen.takes(sku, category)
        elif chosen is not None:
            found[0] = not (chosen.skus or chosen.categories)
        if self.freight_at >= 0:
            found[self.freight_at] = with_freight
        return found


def pieces(lines: Sequence[Mapping[str, Any]], chosen: LineFilter | None = None) -> list[int]:
    """How many pieces of each line count for rules: a free item counts 0, whatever else it may earn."""
    return [
        line.get("quantity", 1)
        if not line.get("voided")
        and line.get("kind", "goods") in EARNING_KINDS
        and (chosen is None or chosen.takes(line.get("sku") or "", line.get("category") or ""))
        else 0
        for line in lines
    ]


def share_out(total: int, weights: Sequence[int], remainder: str = "largest") -> list[int]:
    """``total`` in whole parts as near to ``weights`` as can be; parts add up to ``total``.

    Each part is rounded down; what is missing then goes, point by point, to where most was cut off
    (``largest``, ties to earlier), or all of it to the last that has any weight (``last``). Without
    any weight everything falls to the first.
    """
    if len(weights) == 1:
        return [total]
    if not total:
        return [0] * len(weights)
    whole = sum(weights)
    if not whole:
        return [total, *([0] * (len(weights) - 1))] if weights else []
    parts = [total * weight // whole for weight in weights]
    missing = total - sum(parts)
    if missing and remainder == "last":
        parts[max(place for place, weight in enumerate(weights) if weight)] += missing
    elif missing:
        order = sorted(range(len(weights)), key=lambda place: (-(total * weights[place] % whole), place))
        for place in order[:missing]:
            parts[place] += 1
    return parts
