"""How often something may be tried. Counted by one atomic upsert, so parallel tries add up.

Windows are fixed and stored by their end, in seconds since 1970, which is also when they may go.
Call :func:`hit` before the deed and outside its transaction: a count that is rolled back with a
refused deed limits nothing.
"""

import hashlib
from datetime import datetime

from django.db import connection
from django.utils.translation import gettext_lazy as _

from loyalty.errors import LoyaltyError
from loyalty.models import RateCounter

BUCKET_LENGTH = 120


class TooManyTries(LoyaltyError):
    """The limit of this window is used up; ``retry_after`` is in whole seconds, at least 1."""

    code = "too_many_tries"
    sentence = _("That was a little too often. Please try again in %(retry_after)s seconds.")
    status = 429
    kind = "rate_limit"


def hit(*, bucket: str, limit: int, per_seconds: int, now: datetime) -> None:
    """Count one try of ``bucket``; raises :class:`TooManyTries` beyond ``limit`` in the window.

    Refused tries count too. Buckets are named by what is tried and by whom, ``sign-in:<address>``.
    """
    moment = int(now.timestamp())
    end = (moment // per_seconds + 1) * per_seconds
    if _count(_name(bucket, per_seconds), end) > limit:
        raise TooManyTries(retry_after=end - moment)


def prune(*, now: datetime) -> int:
    """Forget windows that are over."""
    return RateCounter.objects.filter(window__lte=int(now.timestamp())).delete()[0]


def _name(bucket: str, per_seconds: int) -> str:
    """One name for each bucket and length of window; long ones by their digest."""
    name = f"{bucket}/{per_seconds}"
    return name if len(name) <= BUCKET_LENGTH else hashlib.sha256(name.encode()).hexdigest()


def _count(bucket: str, window: int) -> int:
    quote = connection.ops.quote_name
    table = quote(RateCounter._meta.db_table)  # Django's own way to a table's name
    columns = f"{quote('bucket')}, {quote('window')}"
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {table} ({columns}, hits) VALUES (%s, %s, 1) "  # noqa: S608  # names are ours
            f"ON CONFLICT ({columns}) DO UPDATE SET hits = {table}.hits + 1 RETURNING hits",
            [bucket, window],
        )
        (hits,) = cursor.fetchone()
    return int(hits)
