"""Purchases from before: they come to their buyer once, decided as if paid by them then."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from loyalty import accounts, limits
from loyalty.events import intake
from loyalty.events.incoming import Incoming
from loyalty.messaging import codes
from loyalty.models import Account, Entry, Order, Partner
from members.entering import contacts, enrolment, guest_orders
from members.entering.guest_orders import NotClaimable
from members.models import Member
from tests import cast
from tests.tills import a_point_per_yuan

pytestmark = pytest.mark.django_db
PARKS = Partner.UnknownMember.PARK
RECEIPT: dict[str, Any] = {"number": "G-1", "amount": Decimal("128.00"), "on": date(2026, 3, 16)}


def guest_order(order_id: str = "G-1", minor: int = 12800, *, days: int = 2, customer: str = "") -> None:
    told = {"order_id": order_id, "currency": "CNY", "amount_minor": minor} | (
        {"customer": customer} if customer else {}
    )
    at = cast.NOW - timedelta(days=days)
    (outcome,) = intake.post([Incoming("order.paid", told, at)], partner=cast.partner(unknown_member=PARKS), now=at)
    assert outcome.error is None


def claim(member: Member, network: str = "203.0.113.1", **told: Any) -> guest_orders.Claimed:
    return guest_orders.claim(member, network=network, now=cast.NOW, **{**RECEIPT, **told})


def test_a_receipt_brings_its_points_dated_when_it_was_paid() -> None:
    """E17: claimed within its days, points are dated from the day of the purchase."""
    a_point_per_yuan()
    member = cast.new_member()
    guest_order()

    claimed = claim(member, number=" G-1 ")
    again = claim(member)

    assert (claimed.points, again.points, cast.available(member.pk)) == (128, 128, 128)
    assert Order.objects.get().account_id == member.pk
    assert Entry.objects.get(account=member.pk).effective_at == cast.NOW - timedelta(days=2)


@pytest.mark.parametrize(
    "told",
    [
        {"number": "G-2"},
        {"number": "G-1\x00X"},
        {"number": "   "},
        {"amount": Decimal("128.01")},
        {"amount": Decimal("-128.00")},
        {"on": date(2026, 3, 18)},
        {"on": date(2026, 3, 15)},
    ],
)
def test_what_is_not_as_printed_is_refused_in_one_and_the_same_way(told: dict[str, Any]) -> None:
    guest_order()

    with pytest.raises(NotClaimable) as caught:
        claim(cast.new_member(), **told)

    assert (caught.value.param, caught.value.numbers["days"], Order.objects.get().account_id) == ("number", 30, None)


def test_somebody_elses_or_too_old_an_order_is_refused_just_the_same() -> None:
    """Bad input 52: two members claim one order; abuse 10: a receipt claimed by a second member."""
    first, second = cast.new_member(), cast.gold_member(points=0)
    guest_order()
    guest_order("G-9", days=31)
    claim(first)

    refusals = []
    for told in ({}, {"number": "G-9", "on": date(2026, 2, 15)}, {"number": "never"}):
        with pytest.raises(NotClaimable) as caught:
            claim(second, **told)
        refusals.append(caught.value.message)

    assert len(set(refusals)) == 1
    assert Order.objects.get(external_id="G-1").account_id == first.pk


def test_tries_are_counted_and_then_even_the_right_one_is_refused() -> None:
    """ASVS 2.4.1: fails closed."""
    guest_order()
    member = cast.new_member()
    for _try in range(guest_orders.TRIES):
        with pytest.raises(NotClaimable):
            claim(member, number="wrong")

    with pytest.raises(limits.TooManyTries):
        claim(member)


def test_a_frozen_account_claims_nothing() -> None:
    guest_order()

    with pytest.raises(accounts.AccountFrozen):
        claim(cast.suspended_member())

    assert Order.objects.get().account_id is None


@pytest.mark.parametrize("customer", ["13600136000", "p:+8613600136000", "p:136 0013 6000", "x:C-7", "C-7"])
def test_orders_that_named_the_customer_come_at_once(customer: str) -> None:
    a_point_per_yuan()
    guest_order(customer=customer)
    member = enrolment.enrol(
        source="api", phone="13600136000", partner_id=cast.partner().pk, external_id="C-7", now=cast.NOW
    )

    attached = guest_orders.attach(member, now=cast.NOW)

    assert (attached, cast.available(member.pk), guest_orders.attach(member, now=cast.NOW)) == (1, 128, 0)


def test_another_tills_id_is_another_customer() -> None:
    guest_order(customer="x:C-7")
    other = cast.partner("other")
    member = enrolment.enrol(source="api", partner_id=other.pk, external_id="C-7", now=cast.NOW)

    assert guest_orders.attach(member, now=cast.NOW) == 0


def test_a_new_number_that_is_proven_brings_its_orders() -> None:
    a_point_per_yuan()
    guest_order(customer="p:13600136000")
    member = cast.new_member(password=cast.PASSWORD)
    challenge = contacts.ask(
        member, contact="13600136000", password=cast.PASSWORD, language="en", network="n", now=cast.NOW
    )

    contacts.complete(member.pk, challenge_id=str(challenge.pk), typed=codes.code_of(challenge), now=cast.NOW)

    assert cast.available(member.pk) == 128


def test_a_till_gives_its_own_orders_and_hears_of_each() -> None:
    a_point_per_yuan()
    guest_order()
    taken = cast.gold_member(points=0)
    guest_order("G-2")
    partner = cast.partner()
    guest_orders.claim_for_till(taken, ["G-2"], partner_id=partner.pk, now=cast.NOW)
    member = cast.new_member()

    told = guest_orders.claim_for_till(member, ["G-1", "G-2", "G-3"], partner_id=partner.pk, now=cast.NOW)

    assert {order: refusal.code if refusal else "" for order, refusal in told.items()} == {
        "G-1": "",
        "G-2": "order_already_claimed",
        "G-3": "order_not_found",
    }
    assert (cast.available(member.pk), Account.objects.get(pk=taken.pk).orders.count()) == (128, 1)
