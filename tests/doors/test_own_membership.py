"""What is late or judged again gives value, too: nobody decides it of their own membership."""

from datetime import date, timedelta
from typing import Any

import pytest

from loyalty import approvals
from loyalty.events import replaying, reviewing
from loyalty.models import Event, Replay, User
from members.benefits import using
from members.models import Benefit, BenefitClaim, Member
from members.profile import profiles
from tests import cast
from tests.loyalty import till
from tests.loyalty.till import NOW
from tests.members.benefits import perks

pytestmark = pytest.mark.django_db


def member_of_staff() -> tuple[Member, User]:
    till.one_for_one()
    boss, member = cast.operator(), cast.member(points=10, now=NOW - timedelta(days=60))
    Member.objects.filter(pk=member.pk).update(user=boss)
    return member, boss


def colleague() -> User:
    return User.objects.create_superuser("other", password=cast.PASSWORD)


def test_a_late_order_of_ones_own_is_left_to_a_colleague() -> None:
    """7.5.3, E13: it waits on under review, until somebody else accepts it."""
    member, boss = member_of_staff()
    till.post(till.order("L-1", 5000, member.account, NOW - timedelta(days=20)))
    event = Event.objects.get(kind="order.paid")

    with pytest.raises(approvals.OwnMembership):
        reviewing.accept(event_ids=[event.pk], by=boss, now=NOW)
    before = cast.available(member.pk)
    reviewing.accept(event_ids=[event.pk], by=colleague(), now=NOW)

    assert (event.state, before, cast.available(member.pk)) == (Event.State.REVIEW, 10, 60)


def test_a_correction_of_ones_own_is_left_to_a_colleague() -> None:
    """7.5.3."""
    member, boss = member_of_staff()
    till.post(till.order("L-1", 5000, member.account))
    cause = Event.objects.get(kind="order.paid")
    proposed = Replay.objects.create(account=member.account, cause=cause, since=NOW, diff=[], proposed_at=NOW)

    with pytest.raises(approvals.OwnMembership):
        replaying.apply(replay_id=proposed.pk, by=boss, now=NOW)

    assert Replay.objects.get().state == Replay.State.PROPOSED


def test_a_benefit_of_ones_own_is_neither_ticked_off_nor_opened_again_by_oneself() -> None:
    """7.5.3."""
    member, boss = member_of_staff()
    perks.offer()
    row = perks.claimed(member, now=NOW)
    scan = using.Scan(row.code, Benefit.Place.STAFF, by=boss)

    with pytest.raises(approvals.OwnMembership):
        using.use(scan, now=NOW)
    using.use(using.Scan(row.code, Benefit.Place.STAFF, by=colleague()), now=NOW)
    with pytest.raises(approvals.OwnMembership):
        using.undo(code=row.code, reason="again", by=boss, now=NOW)

    row.refresh_from_db()
    assert row.state == BenefitClaim.State.USED


def test_a_birthday_of_ones_own_is_set_right_by_a_colleague() -> None:
    """7.5.3: gifts hang on it."""
    member, boss = member_of_staff()
    correction: dict[str, Any] = {"birthday": date(1990, 3, 18), "reason": "typed wrong", "now": NOW}

    with pytest.raises(approvals.OwnMembership):
        profiles.correct_birthday(member.pk, by=boss, **correction)
    before = Member.objects.get(pk=member.pk).birthday
    profiles.correct_birthday(member.pk, by=colleague(), **correction)

    assert (before, Member.objects.get(pk=member.pk).birthday) == (date(1994, 5, 21), date(1990, 3, 18))
