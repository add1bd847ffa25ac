"""Names of periods, and where they begin, found by name alone."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from loyalty import periods
from loyalty.models import Programme

NOON = datetime(2026, 11, 20, 4, 0, tzinfo=UTC)  # 12:00 in Shanghai


@pytest.mark.django_db
def test_a_day_is_the_business_day_of_the_programme() -> None:
    Programme.objects.update_or_create(pk=1, defaults={"day_start_hour": 4})

    assert periods.day(datetime(2026, 11, 19, 19, 59, 59, tzinfo=UTC)) == "2026-11-19"
    assert periods.day(datetime(2026, 11, 19, 20, 0, tzinfo=UTC)) == "2026-11-20"
    assert periods.month(datetime(2026, 11, 30, 19, 59, tzinfo=UTC)) == "2026-11"


@pytest.mark.django_db
def test_a_day_begins_at_its_start_hour() -> None:
    Programme.objects.update_or_create(pk=1, defaults={"day_start_hour": 4})

    assert periods.begin(periods.day, NOON) == datetime(2026, 11, 19, 20, 0, tzinfo=UTC)


def test_slots_count_from_midnight_utc() -> None:
    slot = periods.every(10)

    assert slot(datetime(2026, 11, 20, 4, 9, 59, tzinfo=UTC)) == "2026-11-20T04:00Z"
    assert periods.begin(slot, datetime(2026, 11, 20, 4, 19, 59, 999999, tzinfo=UTC)) == datetime(
        2026, 11, 20, 4, 10, tzinfo=UTC
    )


def test_no_slot_comes_twice_when_clocks_go_back() -> None:
    """#10107: an hourly entry is skipped or doubled when summer time ends; names in UTC are not."""
    berlin, slot = ZoneInfo("Europe/Berlin"), periods.every(60)
    start = datetime(2026, 10, 24, 22, 0, tzinfo=UTC)

    names = [slot((start + timedelta(hours=hour)).astimezone(berlin)) for hour in range(6)]

    assert names == [f"2026-10-{day}T{hour:02}:00Z" for day, hour in [(24, 22), (24, 23), *((25, h) for h in range(4))]]


def test_missed_periods_are_told_oldest_first_by_their_last_instant() -> None:
    slot = periods.every(60)

    missed = periods.missed(slot, since=NOON, now=NOON + timedelta(hours=3, minutes=5), limit=31)

    assert missed == [NOON + timedelta(hours=hour, microseconds=-1) for hour in (2, 3)]


def test_of_too_many_missed_periods_the_latest_are_told() -> None:
    slot = periods.every(10)

    missed = periods.missed(slot, since=NOON - timedelta(days=365), now=NOON, limit=2)

    assert missed == [NOON - timedelta(minutes=minutes, microseconds=1) for minutes in (10, 0)]


def test_nothing_is_missed_within_a_period_or_where_there_is_only_one() -> None:
    assert periods.missed(periods.every(60), since=NOON, now=NOON + timedelta(minutes=59), limit=31) == []
    assert periods.missed(lambda _: "once", since=NOON, now=NOON + timedelta(days=900), limit=31) == []
