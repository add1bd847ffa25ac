"""Growth set right by hand makes a tier as much as growth that was earned."""

from datetime import timedelta

import pytest

from loyalty import approvals
from loyalty.models import Event
from members.models import Member, TierChange
from tests import cast
from tests.loyalty import desk
from tests.loyalty.adjustment_files import paper
from tests.members.climbing.test_tiers import code, grow

pytestmark = pytest.mark.django_db


def test_growth_given_by_hand_lifts_at_once_and_the_gift_of_the_tier_comes() -> None:
    cast.rule("gift", "tier.upgraded", points=100)
    member = cast.new_member()

    desk.ask(desk.person("clerk", "clerk"), member.account, 1000, currency="growth")

    member.refresh_from_db()
    assert (code(member), cast.available(member.account_id)) == ("silver", 100)
    assert list(TierChange.objects.values_list("reason", "cause")) == [("earned", None)]


def test_growth_taken_by_hand_lowers_when_the_second_person_agrees_and_not_before() -> None:
    """E87."""
    member = cast.new_member()
    grow(member, 1600)
    taken = desk.ask(desk.person("clerk", "clerk"), member.account, -1500, currency="growth", reason="twice")
    waited = tier_of(member)

    later = cast.NOW + timedelta(minutes=1)
    approvals.approve(approval_id=taken.pk, by=desk.person("boss", "supervisor"), now=later)

    assert (taken.state, waited, tier_of(member)) == ("waiting", "silver", "starter")


def test_a_file_of_growth_lifts_everybody_in_it() -> None:
    members = [cast.new_member(), cast.member("乙", phone="13900139001")]
    boss = paper.person("boss", "supervisor")
    wish = paper.ask(
        paper.person("clerk", "clerk"), [paper.row(each.account, 1000) for each in members], currency="growth"
    )
    approvals.approve(approval_id=wish.pk, by=boss, now=cast.NOW)

    paper.work(now=cast.NOW)

    assert [tier_of(each) for each in members] == ["silver", "silver"]
    assert Event.objects.filter(kind="tier.upgraded").count() == 2


def test_points_given_by_hand_that_no_ladder_counts_tell_nobody_anything() -> None:
    member = cast.new_member()
    before = Event.objects.count()

    desk.ask(desk.person("clerk", "clerk"), member.account, 500)

    assert (cast.available(member.pk), Event.objects.count()) == (500, before)


def tier_of(member: Member) -> str:
    member.refresh_from_db()
    return code(member)
