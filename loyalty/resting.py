"""Which rows have come to rest: by the time inside their own ids, no more of them can turn up before an instant.

Rows are numbered by the machine's clock when they are made (UUID version 7), and seen once their
transaction has ended. What walks over new rows by their ids, and passes each stretch once, stops at
``settled``: well before the oldest transaction that still runs.
"""

from datetime import UTC, datetime, timedelta
from uuid import UUID

from django.db import connection

from loyalty import ids

LAG = timedelta(minutes=10)  # more than clocks of two machines differ, and ids are made before a commit
START = datetime(1970, 1, 1, tzinfo=UTC)


def settled(now: datetime) -> datetime:
    """The instant before which no row can come any more, in whole milliseconds.

    PostgreSQL shows a role only its own transactions: all processes of the portal share one role.
    """
    now = min(now, born(ids.uuid7()))
    oldest = now
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT min(began) FROM (SELECT xact_start AS began FROM pg_stat_activity"
                " WHERE pid <> pg_backend_pid() AND datname = current_database() AND backend_type = 'client backend'"
                " UNION ALL SELECT prepared FROM pg_prepared_xacts) AS running"
            )
            oldest = min(now, cursor.fetchone()[0] or now)
    safe = oldest - LAG
    return safe.replace(microsecond=safe.microsecond // 1000 * 1000)


def floor(at: datetime) -> UUID:
    """The smallest version 7 id of that millisecond."""
    return UUID(int=((at - START) // timedelta(milliseconds=1)) << 80)


def born(row: UUID) -> datetime:
    """The millisecond in a version 7 id."""
    return START + timedelta(milliseconds=row.int >> 80)
