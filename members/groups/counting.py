"""How many a condition holds for while somebody still writes it: the count, the share, and a few to look at.

Each question has a few seconds; what takes longer is told as such and counted when the segment is saved.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import OperationalError, connection
from django.utils.translation import gettext_lazy as _

from loyalty import programme, statements
from loyalty.errors import LoyaltyError
from members.groups import segments
from members.models import Member

PATIENCE_MS = 8000
SAMPLES = 10


class TooSlow(LoyaltyError):
    """The database did not answer in time."""

    code = "count_too_slow"
    sentence = _("This takes longer to count than one likes to wait. Save it, and the number is there shortly.")
    status = 503


@dataclass(frozen=True, slots=True)
class Glance:
    """What there is to say of a condition; ``samples`` are the members who joined last."""

    count: int
    everyone: int
    samples: list[Member]

    @property
    def percent(self) -> float:
        return 100 * self.count / self.everyone if self.everyone else 0.0


def glance(condition: Any, *, now: datetime) -> Glance:
    """Counts, as of today. Raises ``TooSlow`` or a ``ConditionError``. Three queries, and those of segments."""
    people = segments.fitting(condition, as_of=programme.day_of(now))
    with _patience():
        count = people.count()
        samples = list(people.select_related("account", "tier").order_by("-joined_at", "-pk")[:SAMPLES])
        return Glance(count, segments.everyone().count(), samples)


@contextmanager
def _patience() -> Iterator[None]:
    if connection.vendor != "postgresql":
        yield
        return
    try:
        with statements.wide(), connection.cursor() as cursor:
            cursor.execute("SELECT set_config('statement_timeout', %s, true)", [str(PATIENCE_MS)])
            yield
            cursor.execute("SELECT set_config('statement_timeout', '0', true)")
    except OperationalError as fault:
        raise TooSlow from fault
