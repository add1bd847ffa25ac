"""Checking in."""

import threading
from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import connection
from django.db.models import QuerySet

from community import checkins
from community.models import CheckinDay
from loyalty.accounts import AccountFrozen
from loyalty.models import Event
from tests import cast

DAY = date(2026, 3, 18)


def local(hour: int, minute: int, second: int, *, day: int = 18) -> datetime:
    """That time in Shanghai, in March 2026."""
    return datetime(2026, 3, day, hour, minute, second, tzinfo=UTC) - timedelta(hours=8)


@pytest.mark.django_db
def test_midnight_in_the_programmes_zone_parts_two_days() -> None:
    """E67: 23:59:59 and 00:00:01 are two days and a streak of two."""
    account = cast.new_member().account_id

    before, after = checkins.check_in(account, local(23, 59, 59)), checkins.check_in(account, local(0, 0, 1, day=19))

    assert (before.day, after.day) == (DAY, DAY + timedelta(days=1))
    assert [event.payload["streak"] for event in _events()] == [1, 2]


@pytest.mark.django_db
def test_a_second_click_on_a_day_is_the_first_stamp() -> None:
    """E67: the same day twice is one check-in and one gift."""
    account = cast.new_member().account_id
    cast.rule("daily", "checkin.done", points=5)

    first, second = checkins.check_in(account, local(9, 0, 0)), checkins.check_in(account, local(9, 0, 1))

    assert (first, cast.available(account), _events().count()) == (second, 5, 1)


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_two_clicks_at_one_instant_are_one_check_in() -> None:
    """E67: two in parallel on one day are one."""
    account = cast.new_member().account_id
    cast.rule("daily", "checkin.done", points=5)
    start = threading.Barrier(8)

    def click() -> None:
        start.wait()
        checkins.check_in(account, local(9, 0, 0))
        connection.close()

    threads = [threading.Thread(target=click) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert (CheckinDay.objects.count(), _events().count(), cast.available(account)) == (1, 1, 5)


@pytest.mark.django_db
def test_a_streak_lives_until_a_day_is_missed() -> None:
    account = cast.new_member().account_id
    for back in (1, 2, 3, 5, 6):
        CheckinDay.objects.create(account_id=account, day=DAY - timedelta(days=back), created_at=cast.NOW)

    assert checkins.streak(account, DAY) == 3
    checkins.check_in(account, cast.NOW)
    assert checkins.streak(account, DAY) == 4
    assert checkins.streak(account, DAY + timedelta(days=2)) == 0


@pytest.mark.django_db
def test_a_streak_may_be_longer_than_one_look() -> None:
    account = cast.new_member().account_id
    CheckinDay.objects.bulk_create(
        CheckinDay(account_id=account, day=DAY - timedelta(days=back), created_at=cast.NOW) for back in range(250)
    )

    assert checkins.streak(account, DAY) == 250


@pytest.mark.django_db
def test_the_week_is_monday_to_sunday() -> None:
    account = cast.new_member().account_id
    checkins.check_in(account, cast.NOW)

    week = checkins.week(account, DAY)

    assert [stamp.day.isoweekday() for stamp in week] == [1, 2, 3, 4, 5, 6, 7]
    assert [stamp.is_done for stamp in week] == [False, False, True, False, False, False, False]
    assert [stamp.is_ahead for stamp in week] == [False, False, False, True, True, True, True]


@pytest.mark.django_db
def test_a_suspended_member_cannot_check_in() -> None:
    account = cast.suspended_member().account_id

    with pytest.raises(AccountFrozen):
        checkins.check_in(account, cast.NOW)

    assert CheckinDay.objects.count() == 0


def _events() -> QuerySet[Event]:
    return Event.objects.filter(kind="checkin.done").order_by("occurred_at")
