"""Two members, one receipt, one instant, on PostgreSQL."""

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from threading import Barrier
from typing import Any

import pytest

from loyalty import orders
from loyalty.events import pipeline, replaying
from loyalty.models import Entry, Order
from members.entering import guest_orders
from members.models import Member
from tests import cast
from tests.loyalty.crowd import at_once
from tests.members.entering.test_guest_orders import RECEIPT, guest_order
from tests.tills import a_point_per_yuan

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]


def claims() -> list[Callable[[], object]]:
    a_point_per_yuan()
    people: list[Member] = [cast.new_member(), cast.gold_member(points=0)]
    guest_order()
    return [
        partial(guest_orders.claim, person, network=f"203.0.113.{place}", now=cast.NOW, **RECEIPT)
        for place, person in enumerate(people)
    ]


def test_an_order_belongs_to_one_member_ever() -> None:
    """Bad input 52: two members claim one order."""
    said = at_once(claims())

    assert said == {"success": 1, "order_not_claimable": 1}
    assert Entry.objects.filter(event__kind="order.paid").count() == 1
    assert Entry.objects.get(event__kind="order.paid").account_id == Order.objects.get().account_id


def test_without_the_orders_lock_both_would_be_told_it_is_theirs(monkeypatch: pytest.MonkeyPatch) -> None:
    """The negative control: read without the lock, both see an order of nobody's."""
    both_read, find = Barrier(2), orders.find

    def unlocked(keys: Any, *, locked: bool = False) -> Any:
        found = find(keys)
        if locked and both_read.n_waiting < 2 and not both_read.broken:
            both_read.wait(timeout=20)
        return found

    calls = claims()
    monkeypatch.setattr(orders, "find", unlocked)
    monkeypatch.setattr(pipeline, "follow_through", lambda *_given, **_told: {})
    monkeypatch.setattr(replaying, "propose", lambda **_told: None)

    said = at_once(calls)

    assert said == {"success": 2}


def test_the_days_are_counted_from_the_purchase() -> None:
    member = cast.new_member()
    guest_order(days=30)

    claimed = guest_orders.claim(
        member, network="n", now=cast.NOW, **{**RECEIPT, "on": (cast.NOW - timedelta(days=30)).date()}
    )

    assert claimed.order.account_id == member.pk
