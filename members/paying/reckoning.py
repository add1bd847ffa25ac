"""The days and the worth of terms. Pure: no database, no clock.

All days are business days and the last one is included. A term of n months or years goes through the eve
of the same date; where that date is missing, through the last day of its month: a year from 29 February
goes through 27 February, a month from 31 January through 27 February. Money is in minor units, so every
figure is a whole number, and what does not divide evenly is rounded down for the one who is paid.
"""

from collections.abc import Iterable
from datetime import date, timedelta
from typing import NamedTuple

from loyalty import clock
from members.models import Ladder, Plan, PlanTerm

DAY = timedelta(days=1)
_MONTHS = {Ladder.Unit.MONTHS: 1, Ladder.Unit.YEARS: 12}


class Span(NamedTuple):
    """A first and a last day; empty where the last one is the eve of the first."""

    first: date
    last: date


def last_day(start: date, length: int, unit: str) -> date:
    """The last day of a term that begins on ``start``."""
    if unit == Ladder.Unit.DAYS:
        return start + (length - 1) * DAY
    return clock.add_months(start, length * _MONTHS[Ladder.Unit(unit)]) - DAY


def span_of(term: PlanTerm) -> Span:
    """The days a term runs, less those it was cut short by."""
    return Span(term.starts_on, term.ended_on - DAY if term.ended_on else term.through_on)


def days_of(span: Span) -> int:
    return (span.last - span.first).days + 1


def place(taken: Iterable[Span], start: date, length: int, unit: str) -> Span:
    """Where a new term goes: from ``start`` on, or from the day after what is in its way.

    So a renewal begins when the term before it is over, and no paid day is paid for twice.
    """
    span = Span(start, last_day(start, length, unit))
    for other in sorted(taken):
        if other.first <= span.last and span.first <= other.last:
            span = Span(other.last + DAY, last_day(other.last + DAY, length, unit))
    return span


def worth(price: int, *, days: int, left: int) -> int:
    """What ``left`` of ``days`` days are worth of a price: ``price × left ÷ days``, rounded down."""
    return price * min(max(left, 0), days) // days


def days_for(price: int, amount: int, *, days: int) -> int:
    """The days that ``amount`` of ``price`` stands for: ``amount × days ÷ price``, rounded up.

    The smallest number of days that are worth that much, so giving back just what the days left are
    worth takes just those days.
    """
    return min(days, -(-amount * days // price)) if price else 0


def owed(term: PlanTerm, price: int, refund: str, day: date) -> int:
    """What is given back of ``price`` where the term ends so that ``day`` is its first day off.

    ``refund`` is the plan's policy: by the days left (``day`` among them), all while it runs, or nothing.
    """
    span = span_of(term)
    if refund == Plan.Refund.NONE or day > span.last:
        return 0
    if refund == Plan.Refund.WHOLE or day <= span.first:
        return price
    bought = days_of(Span(term.starts_on, term.through_on))
    return worth(price, days=bought, left=days_of(Span(day, span.last)))


def cut(term: PlanTerm, refund: str, *, price: int, amount: int, is_whole: bool, day: date) -> date | None:
    """The first day off of a term of which ``amount`` of ``price`` was paid back on ``day``; ``None``: it runs on.

    Paid back whole it ends that day. Paid back in part, a plan that is refunded by days loses the days
    that the amount stands for, from its end, none of them before ``day``; others run on.
    """
    bought = Span(term.starts_on, term.through_on)
    if is_whole:
        end = bought.first
    elif amount and refund == Plan.Refund.PRO_RATA:
        end = bought.last + DAY - days_for(price, amount, days=days_of(bought)) * DAY
    else:
        return None
    end = max(end, min(day, bought.last + DAY))
    return end if end <= bought.last else None


def parts(total: int, count: int) -> list[int]:
    """``total`` in ``count`` parts that add up, the first ones bigger by one where it does not divide evenly."""
    share, rest = divmod(total, count)
    return [share + (1 if place < rest else 0) for place in range(count)]
