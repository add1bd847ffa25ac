"""Checking in: one stamp a business day, and the streak that days in a row make.

The streak is read from the days each time, so it can never disagree with them.
"""

from datetime import date, datetime, timedelta
from typing import NamedTuple

from django.db import transaction

from community.models import CheckinDay
from loyalty import accounts, programme
from loyalty.events import intake
from loyalty.registry import Happening

_STRIDE = 100


class DayStamp(NamedTuple):
    """One day of the week shown."""

    day: date
    is_done: bool
    is_today: bool
    is_ahead: bool


def check_in(account_id: int, now: datetime) -> CheckinDay:
    """Stamps the business day of ``now``. A second call on that day returns the first stamp.

    Raises ``AccountFrozen`` for an account that is not active.
    """
    with transaction.atomic():
        accounts.lock_active(account_id)  # two clicks queue here
        stamp, is_new = CheckinDay.objects.get_or_create(
            account_id=account_id, day=programme.day_of(now), defaults={"created_at": now}
        )
        if is_new:
            intake.record([happening(stamp, streak(account_id, stamp.day))], now=now)
    return stamp


def streak(account_id: int, day: date) -> int:
    """Days in a row up to ``day``; while ``day`` itself is open, up to the day before."""
    expected, length = day, 0
    while True:
        days = list(
            CheckinDay.objects.filter(account_id=account_id, day__lte=expected)
            .order_by("-day")
            .values_list("day", flat=True)[:_STRIDE]
        )
        if length == 0 and days and days[0] == day - timedelta(days=1):
            expected = days[0]
        for stamped in days:
            if stamped != expected:
                return length
            length += 1
            expected -= timedelta(days=1)
        if len(days) < _STRIDE:
            return length


def week(account_id: int, day: date) -> list[DayStamp]:
    """Monday to Sunday of the week of ``day``. One query."""
    monday = day - timedelta(days=day.weekday())
    days = [monday + timedelta(days=step) for step in range(7)]
    done = set(CheckinDay.objects.filter(account_id=account_id, day__in=days).values_list("day", flat=True))
    return [DayStamp(each, each in done, each == day, each > day) for each in days]


def happening(stamp: CheckinDay, streak_so_far: int) -> Happening:
    """What the rules are told of a stamp: the streak it makes, that day included."""
    return Happening(
        kind="checkin.done",
        key=f"checkin.done:{stamp.account_id}:{stamp.day.isoformat()}",
        account_id=stamp.account_id,
        occurred_at=stamp.created_at,
        payload={"streak": streak_so_far},
    )
