"""What is late or judged again gives value, too: nobody decides it of their own membership."""

from datetime import timedelta

import pytest

from loyalty import approvals
from loyalty.events import replaying, reviewing
from loyalty.models import Event, Replay, User
from members.models import Member
from tests import cast
from tests.loyalty import till
from tests.loyalty.till import NOW

pytestmark = pytest.mark.django_db


def member_of_staff() -> tuple[Member, User]:
    till.one_for_one()
    boss, member = cast.operator(), cast.member(points=10, now=NOW - timedelta(days=60))
    Member.objects.filter(pk=member.pk).update(user=boss)
    return member, boss


def test_a_late_order_of_ones_own_is_left_to_a_colleague() -> None:
    """7.5.3, E13: it waits on under review, until somebody else accepts it."""
    member, boss = member_of_staff()
    till.post(till.order("L-1", 5000, member.account, NOW - timedelta(days=20)))
    event = Event.objects.get(kind="order.paid")

    with pytest.raises(approvals.OwnMembership):
        reviewing.accept(event_ids=[event.pk], by=boss, now=NOW)
    before = cast.available(member.pk)
    other = User.objects.create_superuser("other", password=cast.PASSWORD)
    reviewing.accept(event_ids=[event.pk], by=other, now=NOW)

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
