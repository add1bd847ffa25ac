"""What the statement calls points that changed hands, and their receipts."""

from datetime import timedelta

import pytest
from django.urls import reverse

from loyalty.events import replaying
from loyalty.ledger import expiring, reinstating, transferring
from loyalty.models import Currency, Entry
from tests import cast
from tests.loyalty.till import order, post, publish
from tests.visits import as_member

pytestmark = pytest.mark.django_db


def test_a_gift_is_named_on_both_statements_and_opens(noon: object) -> None:
    del noon
    Currency.objects.filter(code="points").update(is_transferable=True)
    giver = cast.member(points=100, password=cast.PASSWORD)
    friend = cast.member("周一诺", phone="13900139000", password=cast.PASSWORD)
    made = transferring.transfer(
        giver_id=giver.account_id, receiver_id=friend.account_id, amount=30, key="g", now=cast.NOW
    )
    arrived = Entry.objects.get(account=friend.account)

    given = as_member(giver).get("/points/").content.decode()
    received = as_member(friend).get("/points/").content.decode()
    receipts = [
        as_member(person).get(reverse("members:receipt", args=[entry])).content.decode()
        for person, entry in ((giver, made.entry_id), (friend, arrived.pk))
    ]

    assert ("A gift for somebody" in given, "A gift for you" in received) == (True, True)
    assert ("A gift for somebody" in receipts[0], "A gift for you" in receipts[1]) == (True, True)


def test_what_a_late_purchase_takes_is_not_called_a_return(noon: object) -> None:
    del noon
    first = {"fact": "metric.orders", "op": "eq", "value": 0, "window": {"lifetime": True}}
    fifty = {"effect": "points.fixed", "currency": "points", "points": 50}
    publish("first", [fifty], condition=first, since=cast.NOW - timedelta(days=99))
    member = cast.member(password=cast.PASSWORD)
    post(order("B", 1000, member.account, cast.NOW), now=cast.NOW)
    late = post(order("A", 1000, member.account, cast.NOW - timedelta(days=1)), now=cast.NOW)[0].event_id
    assert late is not None
    replay = replaying.propose(account_id=member.account_id, cause_event_id=late, now=cast.NOW)
    assert replay is not None
    replaying.apply(replay_id=replay.pk, by=None, now=cast.NOW)

    statement = as_member(member).get("/points/").content.decode()
    receipt = as_member(member).get(reverse("members:receipt", args=[Entry.objects.get(counter="clawed_back").pk]))

    assert "Set right after a late purchase" in statement
    assert "Less after a late purchase was counted: first" in receipt.content.decode()


def test_expired_points_that_came_back_are_called_so(noon: object) -> None:
    del noon
    member = cast.member(points=100, now=cast.NOW - timedelta(days=400), password=cast.PASSWORD)
    expiring.sweep(now=cast.NOW - timedelta(days=1))
    gone = Entry.objects.get(account=member.account, counter="expired")
    back = reinstating.reinstate(
        account_id=member.account_id,
        entry_id=gone.pk,
        amount=40,
        days=30,
        reason="was ill",
        now=cast.NOW,
        asked_at=cast.NOW,
    )

    statement = as_member(member).get("/points/").content.decode()
    receipt = as_member(member).get(reverse("members:receipt", args=[back.pk])).content.decode()

    assert ("Expired points, given back" in statement, "Expired points, given back" in receipt) == (True, True)
