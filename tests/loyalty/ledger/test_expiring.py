"""Points that ripen and lapse: at their own deadlines, whether or not a job ran."""

from datetime import UTC, datetime, timedelta

import pytest

from loyalty import programme
from loyalty.ledger import expiring, reading, spending, verify
from loyalty.models import Currency, Entry, Lot
from tests.loyalty.till import NOW, one_for_one, open_account, order, post

pytestmark = pytest.mark.django_db
SHANGHAI_MIDNIGHT = timedelta(hours=16)


def midnight(year: int, month: int, day: int) -> datetime:
    """24:00 of a day in the programme's zone."""
    return datetime(year, month, day, tzinfo=UTC) + SHANGHAI_MIDNIGHT


def points_of(account_id: int, now: datetime) -> reading.Position:
    return reading.position(account_id, now=now, programme=programme.current())["points"]


def test_balances_are_right_while_the_job_is_down_and_entries_bear_their_true_deadlines() -> None:
    """E41: job down 3 days: available correct meanwhile; entries dated at each true deadline."""
    Currency.objects.filter(code="points").update(expiry_mode="days", expiry_length=1)
    one_for_one()
    member = open_account()
    for days, minor in ((0, 10000), (1, 5000), (2, 2000)):
        at = NOW + timedelta(days=days)
        post(order(f"A{days}", minor, member, at), now=at)
    back = NOW + timedelta(days=4, hours=1)

    seen = [points_of(member.pk, NOW + timedelta(days=days, hours=23)).available for days in (1, 2, 3)]
    moves = expiring.sweep(now=back)[0]
    again = expiring.sweep(now=back)[0]

    assert seen == [70, 20, 0]
    assert (moves, again) == (3, 0)
    expired = Entry.objects.filter(counter="expired").order_by("version")
    assert list(expired.values_list("amount", "effective_at")) == [
        (-100, midnight(2026, 11, 12)),
        (-50, midnight(2026, 11, 13)),
        (-20, midnight(2026, 11, 14)),
    ]
    assert verify.run(now=back) == []


def test_the_clock_of_expiry_starts_when_points_become_available() -> None:
    """E42: pending 14 d from 10 Jan, valid 1 month after activation: active 24 Jan, to 24 Feb."""
    Currency.objects.filter(code="points").update(pending_days=14, expiry_mode="months", expiry_length=1)
    one_for_one()
    member = open_account()
    tenth = datetime(2026, 1, 10, 4, tzinfo=UTC)
    post(order("A1", 10000, member, tenth), now=tenth)

    before = points_of(member.pk, tenth + timedelta(days=14, microseconds=-1))
    after = points_of(member.pk, tenth + timedelta(days=14))

    assert (before.available, before.pending) == (0, 100)
    assert (after.available, after.pending) == (100, 0)
    lot = Lot.objects.get()
    assert (lot.available_at, lot.expires_at) == (tenth + timedelta(days=14), midnight(2026, 2, 24))


def test_points_that_are_still_pending_cannot_be_spent() -> None:
    Currency.objects.filter(code="points").update(pending_days=14)
    one_for_one()
    member = open_account()
    post(order("A1", 10000, member))

    with pytest.raises(spending.InsufficientPoints):
        spending.spend(account_id=member.pk, amount=1, now=NOW + timedelta(days=13))
    entry = spending.spend(account_id=member.pk, amount=100, now=NOW + timedelta(days=14))

    assert entry.balance_after == 0


def test_a_shorter_validity_leaves_old_lots_their_date() -> None:
    """E44: validity shortened 24→12 months: existing lots keep their old date."""
    currency = Currency.objects.filter(code="points")
    currency.update(expiry_mode="months", expiry_length=24)
    one_for_one()
    member = open_account()
    post(order("A1", 10000, member))
    currency.update(expiry_length=12)
    post(order("A2", 5000, member))

    dates = Lot.objects.order_by("amount").values_list("amount", "expires_at")

    assert list(dates) == [(50, midnight(2027, 11, 11)), (100, midnight(2028, 11, 11))]
