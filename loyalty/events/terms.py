"""When awarded points can be spent and when they go: the currency's rule, a tier's, or the award's own."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from loyalty.deciding.model import Award
from loyalty.ledger import lifetimes
from loyalty.ledger.rows import SOMEDAY
from loyalty.models import Currency, Programme


class Term(NamedTuple):
    """Both instants in UTC. What ``awaits`` a kind of event is gone at ``expires_at`` unless one comes."""

    available_at: datetime
    expires_at: datetime | None
    awaits: str = ""


def term(
    award: Award, unit: Currency, programme: Programme, earned_at: datetime, own: Mapping[str, Any] | None
) -> Term:
    """The award's own lifetime comes first, then ``own`` (the member's tier), then the currency's."""
    if award.wait:
        day = programme.day_of(earned_at)
        last = day + timedelta(days=award.wait["days"])
        return Term(SOMEDAY, programme.end_of(last), str(award.wait["for"]))
    return Term(*lifetimes.span(unit, programme, earned_at, award.expiry or own))
