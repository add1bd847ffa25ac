"""Reminders of points that expire: in time, once for each distance, and only to who still has them."""

from datetime import datetime, timedelta

import pytest

from loyalty import clock, outbox
from loyalty.messaging import reminding
from loyalty.models import Account, Lot, Message, MessageTemplate
from tests import cast

pytestmark = pytest.mark.django_db
ZONE = "Asia/Shanghai"
NIGHT = "2027-02-16"


def noon_before(days: int) -> datetime:
    """A noon so many days before the last day of what was given at the cast's noon."""
    last_at = Lot.objects.order_by("pk")[0].last_at
    assert last_at is not None
    return clock.start_of_day(clock.business_day(last_at, ZONE) - timedelta(days=days), ZONE) + timedelta(hours=12)


def remind(at: datetime) -> int:
    """A whole night of the job; how many messages it queued."""
    cursor, queued = "", 0
    while True:
        stride = reminding.stride(at, NIGHT, cursor)
        queued += stride.counts.get("messages", 0)
        if not stride.cursor:
            return queued
        cursor = stride.cursor


def inbox() -> list[str]:
    return list(Message.objects.filter(channel="in_app", state="sent").values_list("subject", flat=True))


def test_thirty_and_seven_days_ahead_one_reminder_each(monkeypatch: pytest.MonkeyPatch) -> None:
    member = cast.new_member()
    for points in (100, 20):
        cast.give(member.pk, points)
    told = {}

    for days in (31, 30, 29, 8, 7, 6):
        at = noon_before(days)
        monkeypatch.setattr(clock, "now", lambda at=at: at)
        remind(at)
        remind(at)
        outbox.drain(now=at)
        told[days] = len(inbox())

    assert told == {31: 0, 30: 1, 29: 1, 8: 1, 7: 2, 6: 2}
    assert inbox()[0] == "120 积分将在 2027年3月18日到期"


def test_nobody_is_reminded_of_what_is_spent_gone_or_not_theirs_to_use() -> None:
    people = [cast.member(phone=f"1360013600{number}").pk for number in range(3)]
    for account in people:
        cast.give(account, 50)
    at = noon_before(30)
    Lot.objects.filter(account_id=people[0]).update(remaining=0)
    Account.objects.filter(pk=people[1]).update(status=Account.Status.CLOSED)

    remind(at)

    assert set(Message.objects.values_list("account_id", flat=True)) == {people[2]}


def test_many_accounts_take_several_pieces_and_none_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    people = [cast.member(phone=f"1360013600{number}").pk for number in range(5)]
    for account in people:
        cast.give(account, 50)
    monkeypatch.setattr(reminding, "SLICE", 2)

    queued = remind(noon_before(30))

    assert queued == 15
    assert sorted(Message.objects.filter(channel="sms").values_list("account_id", flat=True)) == sorted(people)


def test_operators_say_how_long_before_and_whether_at_all() -> None:
    member = cast.new_member()
    cast.give(member.pk, 100)
    rows = MessageTemplate.objects.filter(code="points-expiring")

    rows.update(reminder_days=[14])
    first = [remind(noon_before(days)) for days in (30, 14)]
    rows.update(is_active=False)

    assert first == [0, 3]
    assert remind(noon_before(14)) == 0
