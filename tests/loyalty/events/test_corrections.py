"""Orders told again: a higher version stands in place of what was told before."""

import pytest

from loyalty.events.incoming import Status
from loyalty.ledger import spending, verify
from loyalty.models import Account, Order, OrderLine, Tally
from tests.loyalty.till import NOW, net, one_for_one, open_account, order, post, refund

pytestmark = pytest.mark.django_db


@pytest.fixture
def account() -> Account:
    return open_account()


def test_a_higher_version_replaces_the_order_and_what_it_gave(account: Account) -> None:
    one_for_one()
    post(order("A1", 10000, account, version=1))

    outcome = post(order("A1", 7000, account, version=2, lines=[{"sku": "BAG", "amount_minor": 7000}]))[0]

    assert outcome.status == Status.ACCEPTED
    assert net(account) == 70
    assert (Order.objects.get().total_minor, Order.objects.get().version) == (7000, 2)
    assert OrderLine.objects.get().amount_minor == 7000
    assert dict(Tally.objects.values_list("metric__code", "value")) == {"orders": 1, "spend": 7000}
    assert verify.run(now=NOW) == []


def test_a_lower_version_is_acknowledged_and_changes_nothing(account: Account) -> None:
    one_for_one()
    post(order("A1", 7000, account, version=2))

    outcome = post(order("A1", 10000, account, version=1))[0]

    assert outcome.status == Status.ACCEPTED
    assert outcome.receipt["stale"] == 1
    assert net(account) == 70
    assert Order.objects.get().total_minor == 7000


def test_the_same_version_with_other_content_is_a_conflict(account: Account) -> None:
    """Bad input 60: same version, other content."""
    post(order("A1", 7000, account, version=2))

    outcome = post(order("A1", 8000, account, version=2))[0]

    assert outcome.error is not None
    assert outcome.error.code == "version_conflict"


def test_the_same_version_again_is_answered_as_before(account: Account) -> None:
    one_for_one()
    post(order("A1", 7000, account, version=2))

    outcome = post(order("A1", 7000, account, version=2))[0]

    assert outcome.status == Status.DUPLICATE
    assert net(account) == 70


def test_versions_in_one_batch_in_any_order_end_at_the_highest(account: Account) -> None:
    one_for_one()

    post(order("A1", 9000, account, version=3), order("A1", 10000, account), order("A1", 8000, account, version=2))

    assert net(account) == 90
    assert verify.run(now=NOW) == []


def test_refunds_stay_when_the_order_is_corrected(account: Account) -> None:
    one_for_one()
    post(order("A1", 10000, account, version=1))
    post(refund("R1", "A1", 4000))

    post(order("A1", 8000, account, version=2))

    assert net(account) == 40
    assert dict(Tally.objects.values_list("metric__code", "value")) == {"orders": 1, "spend": 4000}
    assert verify.run(now=NOW) == []


def test_points_spent_meanwhile_are_no_debt_where_the_correction_gives_them_again(account: Account) -> None:
    one_for_one()
    post(order("A1", 10000, account, version=1))
    spending.spend(account_id=account.pk, amount=80, now=NOW)

    post(order("A1", 9000, account, version=2))

    assert net(account) == 10
    assert verify.run(now=NOW) == []


def test_a_guest_order_is_corrected_before_it_is_claimed() -> None:
    post(order("A1", 10000, None, version=1))

    post(order("A1", 7000, None, version=2))

    assert Order.objects.get().total_minor == 7000
