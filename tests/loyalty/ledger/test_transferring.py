"""Gifts in the tables: what may go, to whom, how much a day, and what is left of its dates."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.utils.translation import override

from loyalty import accounts, faults
from loyalty.ledger import handing, holding, spending, transferring, verify
from loyalty.models import Account, Balance, Currency, Entry, Event, Lot, Transfer
from tests.loyalty.till import NOW, net, one_for_one, open_account, open_till, order, post, publish, refund

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def programme() -> None:
    one_for_one()
    unit(is_transferable=True)


def unit(**columns: Any) -> None:
    Currency.objects.filter(code="points").update(**columns)


def holder(points: int = 100, *, at: datetime = NOW) -> Account:
    member = open_account()
    if points:
        post(order(f"A{member.pk}-{points}", points * 100, member, at), now=at)
    return member


def give(
    giver: Account, receiver: Account, amount: int, *, key: str = "g-1", now: datetime = NOW, **more: Any
) -> Transfer:
    return transferring.transfer(giver_id=giver.pk, receiver_id=receiver.pk, amount=amount, key=key, now=now, **more)


def test_points_change_hands_with_the_dates_of_their_lots() -> None:
    """E83: 100 from a lot that goes on 25 February; the receiver's lot goes then, too."""
    unit(expiry_mode="days", expiry_length=30)
    earned = datetime(2026, 1, 26, 4, tzinfo=UTC)
    giver, receiver, gift_day = holder(150, at=earned), holder(0), earned + 20 * DAY

    made = give(giver, receiver, 100, now=gift_day)

    mine, theirs = Lot.objects.get(account=giver), Lot.objects.get(account=receiver)
    assert (mine.remaining, theirs.remaining) == (50, 100)
    assert (theirs.earned_at, theirs.available_at, theirs.expires_at) == (earned, earned, mine.expires_at)
    assert theirs.last_at is not None
    assert theirs.last_at.astimezone(UTC).date().isoformat() == "2026-02-25"
    assert [(part.entry.lot, part.source) for part in made.parts.all()] == [(theirs, mine)]
    assert (net(giver, gift_day), net(receiver, gift_day), verify.run(now=gift_day)) == (50, 100, [])


def test_several_lots_arrive_as_several_lots_those_that_expire_first_go_first() -> None:
    giver, receiver = holder(30, at=NOW - 40 * DAY), holder(0)
    post(order("B2", 5000, giver))

    made = give(giver, receiver, 60)

    lots = Lot.objects.filter(account=receiver).in_spending_order()
    assert [(lot.amount, lot.earned_at) for lot in lots] == [(30, NOW - 40 * DAY), (30, NOW)]
    assert Entry.objects.get(pk=made.entry_id).amount == -60
    assert sorted(part.entry.amount for part in made.parts.all()) == [30, 30]


def test_pending_points_stay() -> None:
    """E83: what is still pending cannot be given."""
    unit(pending_days=14)
    giver, receiver = holder(100), holder(0)

    with pytest.raises(spending.InsufficientPoints) as refusal:
        give(giver, receiver, 1)

    assert (refusal.value.missing, Transfer.objects.count()) == (1, 0)
    assert give(giver, receiver, 100, now=NOW + 14 * DAY).amount == 100


def test_points_that_are_set_aside_stay() -> None:
    giver, receiver = holder(100), holder(0)
    holding.hold(account_id=giver.pk, amount=60, key="h", now=NOW)

    with pytest.raises(spending.InsufficientPoints):
        give(giver, receiver, 41)

    assert give(giver, receiver, 40).amount == 40


def test_the_same_key_moves_nothing_again_and_other_content_is_refused() -> None:
    giver, receiver = holder(100), holder(0)
    made = give(giver, receiver, 30, memo="生日快乐")

    assert give(giver, receiver, 30, memo="生日快乐", now=NOW + DAY).pk == made.pk
    for amount, other in ((31, receiver), (30, holder(0))):
        with pytest.raises(transferring.TransferMismatch):
            give(giver, other, amount, memo="生日快乐")
    assert (net(giver), net(receiver), Transfer.objects.count()) == (70, 30, 1)


def test_what_arrives_pays_debt_first() -> None:
    giver, receiver = holder(100), holder(0)
    post(order("D1", 5000, receiver))
    spending.spend(account_id=receiver.pk, amount=50, now=NOW)
    post(refund("R1", "D1", 5000))

    give(giver, receiver, 80)

    balance = Balance.objects.get(account=receiver, currency__code="points")
    assert (balance.available, balance.debt, verify.run(now=NOW)) == (30, 0, [])


def test_only_a_currency_that_is_meant_for_it_can_be_given() -> None:
    giver, receiver = holder(100), holder(0)

    with pytest.raises(transferring.NotTransferable):
        give(giver, receiver, 1, currency="growth")
    unit(is_transferable=False)
    with pytest.raises(transferring.NotTransferable):
        give(giver, receiver, 1)
    with pytest.raises(faults.InvalidChoice):
        give(giver, receiver, 1, currency="gold")


@pytest.mark.parametrize("amount", [0, -1, 10**15 + 1])
def test_an_amount_out_of_range_is_refused(amount: int) -> None:
    giver, receiver = holder(0), holder(0)

    with pytest.raises(faults.OutOfRange):
        give(giver, receiver, amount)


def test_nobody_gives_to_themselves() -> None:
    giver = holder(100)

    with pytest.raises(transferring.SameMember):
        give(giver, giver, 1)


def test_a_day_has_its_limit_and_midnight_of_the_programme_ends_it() -> None:
    unit(transfer_daily_limit=50)
    giver, receiver = holder(200), holder(0)
    eve = datetime(2026, 11, 11, 15, 59, tzinfo=UTC)  # 23:59 in Shanghai
    give(giver, receiver, 30, now=eve)

    with pytest.raises(transferring.OverDailyLimit) as refusal:
        give(giver, receiver, 21, key="g-2", now=eve)

    assert (refusal.value.limit, refusal.value.left) == (50, 20)
    assert give(giver, receiver, 20, key="g-3", now=eve).amount == 20
    assert give(giver, receiver, 50, key="g-4", now=eve + timedelta(minutes=1)).amount == 50


def test_the_receiver_holds_no_more_than_the_cap() -> None:
    unit(balance_cap=120)
    giver, receiver = holder(100), holder(100)

    with pytest.raises(transferring.OverBalanceCap) as refusal:
        give(giver, receiver, 21)

    assert (refusal.value.cap, net(receiver)) == (120, 100)
    assert give(giver, receiver, 20).amount == 20


@pytest.mark.parametrize(
    ("whose", "status", "refusal"),
    [
        ("giver", "frozen", accounts.AccountFrozen),
        ("giver", "closed", accounts.AccountNotFound),
        ("receiver", "frozen", transferring.ReceiverUnavailable),
        ("receiver", "closed", accounts.AccountNotFound),
    ],
)
def test_who_is_suspended_or_gone_neither_gives_nor_receives(whose: str, status: str, refusal: type[Exception]) -> None:
    giver, receiver = holder(100), holder(0)
    Account.objects.filter(pk=(giver if whose == "giver" else receiver).pk).update(status=status)

    with pytest.raises(refusal):
        give(giver, receiver, 10)

    assert Entry.objects.filter(counter="transferred").count() == 0


def test_an_account_in_doubt_gives_nothing_but_receives() -> None:
    giver, receiver = holder(100), holder(100)
    Account.objects.filter(pk=giver.pk).update(spending_stopped_at=NOW)

    with pytest.raises(accounts.SpendingStopped):
        give(giver, receiver, 10)

    assert give(receiver, giver, 10).amount == 10


def test_a_shared_purse_is_no_receiver_of_gifts() -> None:
    giver, purse = holder(100), holder(0)
    Account.objects.filter(pk=purse.pk).update(kind=Account.Kind.POOL)

    with pytest.raises(accounts.AccountNotFound):
        give(giver, purse, 10)


def test_rules_reward_a_gift_but_never_pay_for_it() -> None:
    reward = {"effect": "points.fixed", "currency": "points", "points": 10}
    publish("generous", [reward], kind="points.given")
    giver, receiver = holder(100), holder(0)

    with pytest.raises(spending.InsufficientPoints):
        give(giver, receiver, 105)
    give(giver, receiver, 100)

    events = Event.objects.filter(kind__startswith="points.").order_by("kind")
    assert [(event.kind, event.account, event.payload["amount"]) for event in events] == [
        ("points.given", giver, 100),
        ("points.received", receiver, 100),
    ]
    assert (net(giver), net(receiver)) == (10, 100)


def test_giving_keeps_alive_what_expires_without_activity() -> None:
    unit(expiry_mode="idle_days", expiry_length=30)
    giver, receiver = holder(100), holder(0)

    give(giver, receiver, 40, now=NOW + 20 * DAY)

    mine, theirs = Lot.objects.get(account=giver), Lot.objects.get(account=receiver)
    assert mine.expires_at is not None
    assert theirs.expires_at is not None
    assert mine.expires_at - theirs.expires_at == 20 * DAY
    assert verify.run(now=NOW + 20 * DAY) == []


def test_a_partner_finds_its_own_gifts_only() -> None:
    giver, receiver, till = holder(100), holder(0), open_till()
    ours = give(giver, receiver, 10)
    theirs = give(giver, receiver, 10, partner=till)

    assert transferring.find(partner=till, key="g-1") == theirs
    assert transferring.find(partner=till, transfer_id=theirs.pk) == theirs
    with pytest.raises(transferring.TransferNotFound):
        transferring.find(partner=till, transfer_id=ours.pk)


def test_a_statement_names_both_sides() -> None:
    giver, receiver = holder(100), holder(0)
    made = give(giver, receiver, 10)
    arrived = Entry.objects.get(account=receiver)

    titles = handing.captions([made.entry_id, arrived.pk, Entry.objects.filter(account=giver).earliest("version").pk])

    with override("en"):
        said = {pk: str(title) for pk, title in titles.items()}
    assert said == {made.entry_id: "A gift for somebody", arrived.pk: "A gift for you"}
