"""Two orders that cross one threshold at one instant, on PostgreSQL."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
from django.db import connection, transaction

from loyalty.events import intake
from loyalty.events.incoming import Incoming
from loyalty.models import Event, Partner
from members.climbing import granting, ladders, reviewing, tiers
from members.models import Member, Standing, Tier, TierChange
from tests import cast
from tests.members.climbing.test_tiers import growth_rule

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]
Call = Callable[[], object]


def at_once(calls: Sequence[Call]) -> None:
    """All calls at one instant, each on its own connection."""
    doors = Barrier(len(calls))

    def run(call: Call) -> None:
        Member.objects.first()  # the connection is open before the race
        doors.wait()
        try:
            call()
        finally:
            connection.close()

    with ThreadPoolExecutor(len(calls)) as pool:
        list(pool.map(run, calls))


def till_posts(order_id: str, member: Member, till: Partner) -> Call:
    told = {
        "order_id": order_id,
        "currency": "CNY",
        "amount_minor": 60000,
        "customer": f"m:{member.account.number}",
    }
    return lambda: intake.post([Incoming("order.paid", told, cast.NOW)], partner=till, now=cast.NOW)


def test_two_orders_that_each_cross_a_threshold_make_one_upgrade_and_one_gift() -> None:
    """E62: three tills, each with an order that alone makes silver."""
    growth_rule()
    cast.ladder()
    cast.rule("gift", "tier.upgraded", points=100, condition={"fact": "event.tier", "op": "eq", "value": "silver"})
    member, till = cast.new_member(), cast.partner()

    at_once([till_posts(f"A-{number}", member, till) for number in range(3)])

    member.refresh_from_db()
    assert (member.tier and member.tier.code, cast.available(member.pk)) == ("silver", 100)
    assert (TierChange.objects.count(), Event.objects.filter(kind="tier.upgraded").count()) == (1, 1)
    assert Standing.objects.count() == 1


def test_without_the_lock_there_would_be_two() -> None:
    """The negative control of E62: judged without the accounts' locks, each sees the old standing."""
    member = cast.new_member()
    cast.give(member.pk, 600, currency="growth")
    seen = Barrier(2)

    def unlocked() -> None:
        with transaction.atomic():
            found = tiers.places([member.pk], ladders.in_force(cast.NOW))
            seen.wait()
            assert [place.standing.pk for place in found] == [None]
            moves = tiers.settle(
                [member.pk], tiers.Occasion(now=cast.NOW), lambda row: setattr(row, "effective_id", None)
            )
            assert len(moves) == 1

    at_once([unlocked, unlocked])

    assert TierChange.objects.count() == 2


def test_a_grant_beside_the_nightly_review_is_not_lost() -> None:
    cast.ladder(window="calendar_year", validity="calendar_year")
    member = cast.member()
    cast.give(member.pk, 2500, currency="growth")
    tiers.review([member.pk], {}, cast.NOW)
    at = cast.NOW + timedelta(days=700)
    platinum = Tier.objects.get(code="platinum").pk

    at_once(
        [
            lambda: reviewing.review_due(at, "2028-02-16", ""),
            lambda: granting.grant(account_id=member.pk, tier_id=platinum, through=None, reason="大使", now=at),
        ]
    )

    member.refresh_from_db()
    standing = Standing.objects.get()
    assert (member.tier_id, standing.granted_id, standing.effective_id) == (platinum, platinum, platinum)
    assert standing.earned == Tier.objects.get(code="starter")
