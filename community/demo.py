"""The demo's check-ins: some members play for a while, pause, come back, and one in a row today."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from random import Random
from typing import Any, NamedTuple

from community import checkins
from community.models import CheckinDay
from loyalty import clock
from loyalty.demo import seasons
from loyalty.demo.stage import ZONE, Shopper, Stage
from loyalty.events import intake
from loyalty.registry import DemoData

LAUNCHED_DAYS = 420
STAR_STREAK = 4


class _Visit(NamedTuple):
    shopper: Shopper
    streak: int


def plant(stage: Stage) -> None:
    """Notes who checks in on which day; the people must have been drawn before."""
    random = stage.dice("checkins")
    stage.cast("checkin", _stamp_all)
    for shopper in stage.shoppers:
        if shopper.plays <= 0:
            continue
        streak, before = 0, None
        for day in _days(stage, random, shopper):
            streak = streak + 1 if before == day - timedelta(days=1) else 1
            before = day
            at = stage.at(day, seasons.shopping_hour(random, in_store=False), random)
            stage.note("checkin", at, _Visit(shopper, streak), who=shopper.reference)


def _days(stage: Stage, random: Random, shopper: Shopper) -> list[date]:
    """Spells of days in a row with pauses between, until the person tires of it."""
    joined = clock.business_day(shopper.joins_at, ZONE) + timedelta(days=1)
    day = max(joined, stage.today - timedelta(days=LAUNCHED_DAYS))
    until = stage.today - timedelta(days=STAR_STREAK + 1) if shopper.is_star else stage.today
    days: list[date] = []
    while day < until:
        spell = 1 + min(40, round(random.expovariate(1 / (2 + 9 * shopper.plays))))
        days += [each for step in range(spell) if (each := day + timedelta(days=step)) < until]
        day += timedelta(days=spell + 1 + round(random.expovariate(shopper.plays / 14)))
        if random.random() < 0.06 and not shopper.is_star:
            break
    if shopper.is_star:
        days += [stage.today - timedelta(days=step) for step in range(STAR_STREAK, 0, -1)]
    return days


def _stamp_all(notes: Sequence[tuple[datetime, Any]], ends: datetime) -> None:
    """Many check-ins in one batch, as :func:`community.checkins.check_in` makes them one by one."""
    stamps = [
        (CheckinDay(account_id=visit.shopper.account_id, day=clock.business_day(at, ZONE), created_at=at), visit)
        for at, visit in notes
        if visit.shopper.account_id is not None
    ]
    CheckinDay.objects.bulk_create(stamp for stamp, _visit in stamps)
    intake.record([checkins.happening(stamp, visit.streak) for stamp, visit in stamps], now=ends)


DEMO = (DemoData("checkins", 60, plant),)
