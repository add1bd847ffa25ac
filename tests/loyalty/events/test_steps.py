"""Ladders and budgets on the whole road: from the till to the books and back with a refund."""

import pytest

from loyalty.events.incoming import Incoming
from loyalty.models import Account, BudgetUse, Decision
from tests.loyalty.till import net, one_for_one, open_account, order, post, publish, refund

pytestmark = pytest.mark.django_db

LADDER = {
    "effect": "points.ladder",
    "currency": "points",
    "by": "quantity",
    "steps": [{"from": 3, "points": 50}, {"from": 6, "points": 120}],
}


@pytest.fixture
def account() -> Account:
    return open_account()


def cups(order_id: str, count: int, account: Account) -> Incoming:
    """So many cups at ten yuan, and a free one that was redeemed."""
    bought = {"sku": "cup", "quantity": count, "amount_minor": 1000 * count}
    free = {"sku": "cup", "quantity": 3, "amount_minor": 0, "kind": "reward"}
    return order(order_id, 1000 * count, account, lines=[bought, free])


def test_a_ladder_counts_what_was_bought_and_follows_a_return(account: Account) -> None:
    """E19: five bought and three free are five. Six bought, one back: five; four back: nothing is left of it."""
    one_for_one()
    publish("cups", [LADDER])

    post(cups("A1", 5, account))
    first = net(account)
    post(cups("A2", 6, account))
    second = net(account) - first
    post(refund("R1", "A2", 1000))
    third = net(account) - first
    post(refund("R2", "A2", 3000))

    assert (first, second, third, net(account) - first) == (50 + 50, 60 + 120, 50 + 50, 20 + 0)


def test_one_batch_uses_a_budget_up_and_no_further() -> None:
    """Three members in one batch, 100 each of a budget of 150; the receipts say what was left."""
    everybody = {"per": "month", "currency": "points", "limit": 150, "over": "clip", "of": "everyone"}
    one_for_one(caps=[everybody])
    people = [open_account() for _ in range(3)]

    post(*(order(f"A{place}", 10000, account) for place, account in enumerate(people)))

    steps = [receipt["steps"][0] for receipt in Decision.objects.order_by("id").values_list("receipt", flat=True)]
    assert [net(account) for account in people] == [100, 50, 0]
    assert [step["reason"] for step in steps] == ["", "clipped:budget", "clipped:budget"]
    assert BudgetUse.objects.get().used == 150
