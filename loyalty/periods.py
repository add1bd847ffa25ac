"""Names of the periods jobs run in: a job runs once for each name, whatever the clock does.

Names follow the programme's zone, so a day is the business day its people know; names of hours and
minutes are UTC, which has no hour twice.
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from loyalty import programme

Name = Callable[[datetime], str]
_SECOND = timedelta(seconds=1)


def day(at: datetime) -> str:
    """The business day, ``2026-11-20``."""
    return programme.day_of(at).isoformat()


def month(at: datetime) -> str:
    """The month of the business day, ``2026-11``."""
    return day(at)[:7]


def every(minutes: int) -> Name:
    """Names of slots of so many minutes from midnight UTC; ``minutes`` divides an hour or a day."""

    def slot(at: datetime) -> str:
        moment = at.astimezone(UTC)
        past = (moment.hour * 60 + moment.minute) % minutes
        return (moment - timedelta(minutes=past)).strftime("%Y-%m-%dT%H:%MZ")

    return slot


def begin(name: Name, at: datetime) -> datetime:
    """The first whole second of the period that ``at`` lies in, found by asking for names alone."""
    wanted = name(at)
    inside, reach = at.replace(microsecond=0), timedelta(minutes=1)
    while name(inside - reach) == wanted:
        inside -= reach
        reach *= 2
    outside = inside - reach
    while inside - outside > _SECOND:
        middle = outside + (inside - outside) // 2 // _SECOND * _SECOND
        if name(middle) == wanted:
            inside = middle
        else:
            outside = middle
    return inside


def missed(name: Name, *, since: datetime, now: datetime, limit: int) -> list[datetime]:
    """The last instants of periods that ended after ``since``'s own, oldest first.

    At most ``limit`` of them, the latest; the period of ``now`` is not among them.
    """
    found: list[datetime] = []
    done, at = name(since), now
    if done == name(now):
        return found
    while len(found) < limit:
        at = begin(name, at) - timedelta(microseconds=1)
        if at <= since or name(at) == done:
            break
        found.append(at)
    return found[::-1]
