"""The programme's policies: which settings they are, and what was in force when.

The rows of ``Programme`` and ``Currency`` hold the policies of the present; each published change is
a ``PolicyVersion`` that also says what it changed, so the policy of any instant is the first version
with all changes up to then. While nothing was ever published, the rows as they stand count for all
time. Read by deciding; written by ``policies`` alone.
"""

from bisect import bisect_right
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

from loyalty import deciding
from loyalty.configuration import Kept
from loyalty.models import Currency, PolicyVersion, Programme

PROGRAMME = (
    "timezone",
    "day_start_hour",
    "currency",
    "stacking",
    "multiplier_ceiling",
    "rounding_step",
    "rounding_mode",
    "remainder",
    "free_items_earn",
    "tier_judged",
    "refund_shortfall",
    "debt_limit",
    "threshold_refund",
    "gifts_first",
    "late_days",
    "max_age_days",
    "claim_days",
    "tender_points",
    "tender_minor",
    "tender_minimum",
    "tender_share_percent",
)
CURRENCY = (
    "is_spendable",
    "expiry_mode",
    "expiry_length",
    "expiry_dates",
    "grace_days",
    "pending_days",
    "returned",
    "reinstate_days",
    "balance_cap",
    "recoup_percent",
    "is_transferable",
    "transfer_daily_limit",
)
EVER = datetime(1970, 1, 1, tzinfo=UTC)

Terms = dict[str, Any]
Changes = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class History:
    """Policies by the instant they came into force, the first of them for all time before."""

    starts: list[datetime]
    policies: list[deciding.Policy]

    def at(self, moment: datetime) -> deciding.Policy:
        """The policy that decides what happened at ``moment``."""
        return self.policies[max(bisect_right(self.starts, moment) - 1, 0)]

    @classmethod
    def always(cls, policy: deciding.Policy) -> "History":
        """One policy for every instant, as a preview wants it."""
        return cls([EVER], [policy])


def history(programme: Programme) -> History:
    """The policies of all time: one query."""
    found = _TIMELINE()
    if not found:
        return History.always(deciding.policy_of(programme))
    return History(
        [start for start, _, _ in found], [policy_of(terms, programme, number) for _, number, terms in found]
    )


def in_force(at: datetime, programme: Programme) -> deciding.Policy:
    """The policy that decides what happened at ``at``."""
    return history(programme).at(at)


def timeline() -> Iterable[tuple[datetime, int, Terms]]:
    """(in force from, number of the version, all terms from then on), in order of time."""
    rows = PolicyVersion.objects.order_by("effective_from", "number")
    terms: Terms | None = None
    for start, number, told in rows.values_list("effective_from", "number", "terms"):
        terms = _plain(told) if terms is None else changed(terms, told.get("changed") or {})
        yield start, number, terms


_TIMELINE = Kept(lambda: list(timeline()))


def terms_at(at: datetime) -> Terms | None:
    """All terms in force at ``at``; ``None`` while nothing was ever published."""
    found = None
    for start, _, terms in timeline():
        if found is None or start <= at:
            found = terms
    return found


def policy_of(terms: Terms, programme: Programme, number: int = 0) -> deciding.Policy:
    """What deciding needs of some terms; a setting that is younger than they are is read from the row."""
    known = {name: getattr(programme, name) for name in PROGRAMME}
    return deciding.policy_of(SimpleNamespace(**known | terms["programme"]), version=number)


def standing(programme: Programme, currencies: Iterable[Currency]) -> Terms:
    """The terms as the rows stand, in plain JSON."""
    return {
        "programme": {name: plain(getattr(programme, name)) for name in PROGRAMME},
        "currencies": {unit.code: {name: plain(getattr(unit, name)) for name in CURRENCY} for unit in currencies},
    }


def changed(terms: Terms, changes: Changes) -> Terms:
    """The terms with some changes made."""
    currencies = changes.get("currencies") or {}
    return {
        "programme": {**terms["programme"], **(changes.get("programme") or {})},
        "currencies": {
            code: {**terms["currencies"].get(code, {}), **currencies.get(code, {})}
            for code in {**terms["currencies"], **currencies}
        },
    }


def plain(value: Any) -> Any:
    """A setting as JSON keeps it: exact decimals as the shortest text, choices as their value."""
    if isinstance(value, Decimal):
        return format(value.normalize(), "f")
    return str(value) if isinstance(value, str) else value


def _plain(told: Mapping[str, Any]) -> Terms:
    return {"programme": dict(told["programme"]), "currencies": dict(told["currencies"])}
