"""The auditor on the shelf: I17."""

from datetime import timedelta

import pytest
from django.db import connection

from loyalty import triggers
from loyalty.ledger import verify
from loyalty.models import Account, Entry
from rewards import redemptions
from rewards.models import Redemption, Reward
from tests.loyalty.till import NOW, one_for_one, open_account, order, post

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def member() -> Account:
    """Took a reward of 30 points."""
    one_for_one()
    account = open_account()
    post(order("A1", 10000, account))
    Reward.objects.create(code="mug", name_zh="杯子", price_points=30, stock_left=3, starts_at=NOW - timedelta(days=1))
    redemptions.place(account_id=account.pk, reward_code="mug", quantity=1, token="t", now=NOW)
    return account


def found() -> list[tuple[str, int]]:
    return [(breach.invariant, breach.amount) for breach in verify.run(now=NOW)]


def test_what_was_paid_in_full_is_in_order() -> None:
    assert found() == []


def test_a_price_that_was_not_paid_is_found_with_what_makes_it_good(member: Account) -> None:
    """I17."""
    Redemption.objects.update(points=20)

    assert found() == [("I17", 10)]
    assert [breach.account_id for breach in verify.run(now=NOW, accounts=[member.pk])] == [member.pk]


def test_a_redemption_of_somebody_elses_points_is_found() -> None:
    """I17: no entry is proposed where the payer was another."""
    Redemption.objects.update(account=open_account())

    assert found() == [("I17", 0)]


def test_an_entry_that_is_no_redemption_is_found() -> None:
    """I17."""
    triggers.remove(connection)

    Entry.objects.filter(counter="redeemed").update(counter="expired")
    report = {breach.invariant for breach in verify.run(now=NOW)}
    triggers.install(connection)

    assert "I17" in report
