"""Taking rewards."""

from datetime import timedelta

import pytest

from loyalty.accounts import AccountFrozen
from loyalty.errors import LoyaltyError
from loyalty.ledger.spending import InsufficientPoints
from loyalty.models import Entry, Event
from rewards import redemptions, stock
from rewards.models import Redemption, Reward
from tests import cast

pytestmark = pytest.mark.django_db


def place(account_id: int, *tokens: str, **changes: object) -> Redemption:
    [token] = tokens or ["t-1"]
    told = {"reward_code": "toy", "quantity": 1, "now": cast.NOW, "quoted_points": None} | changes
    return redemptions.place(account_id=account_id, token=token, **told)  # type: ignore[arg-type]  # as told


def test_price_and_item_move_together() -> None:
    member = cast.gold_member(points=2000)
    cast.reward(points=800, stock=10)

    redemption = place(member.account_id, quantity=2, quoted_points=1600)

    assert (redemption.points, redemption.quantity, redemption.state) == (1600, 2, "confirmed")
    assert (cast.available(member.account_id), Reward.objects.get().stock_left) == (400, 8)
    assert redemption.entry is not None
    assert redemption.entry.amount == -1600


def test_the_rules_hear_of_a_redemption() -> None:
    member = cast.gold_member(points=2000)
    cast.reward(points=800)
    cast.rule("thanks", "reward.redeemed", points=8)

    redemption = place(member.account_id)

    event = Event.objects.get(kind="reward.redeemed")
    told = {"reward": "toy", "quantity": 1, "points": 800, "benefit": ""}
    assert event.payload == {**told, "number": redemption.number}
    assert cast.available(member.account_id) == 1208


def test_the_same_token_is_the_same_redemption() -> None:
    """E73: a double click redeems once and is answered the same."""
    member = cast.gold_member(points=2000)
    cast.reward(points=800)

    first, second = place(member.account_id), place(member.account_id)

    assert first == second
    assert (Redemption.objects.count(), cast.available(member.account_id)) == (1, 1200)


def test_a_replay_is_answered_even_when_the_last_one_is_gone() -> None:
    """E73: what happened since doesn't change the answer."""
    member = cast.gold_member(points=2000)
    cast.reward(points=800, stock=1)
    first = place(member.account_id)

    assert place(member.account_id, now=cast.NOW + timedelta(days=400)) == first


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"quoted_points": 700}, "price_changed"),
        ({"quantity": 0}, "out_of_range"),
        ({"quantity": 101}, "out_of_range"),
        ({"quantity": 3}, "limit_reached"),
        ({"reward_code": "rare"}, "out_of_stock"),
        ({"reward_code": "dear"}, "insufficient_points"),
        ({"reward_code": "hidden"}, "not_available"),
        ({"reward_code": "nothing"}, "reward_not_found"),
    ],
)
def test_a_refusal_moves_neither_points_nor_items(changes: dict[str, object], code: str) -> None:
    """E70, E74: quoted 800, price changed; nothing is taken from the loser."""
    member = cast.gold_member(points=2000)
    cast.reward(points=800, limit=2)
    cast.reward("rare", stock=0)
    cast.reward("dear", points=2001)
    cast.reward("hidden")
    Reward.objects.filter(code="hidden").update(is_on_shelf=False)

    with pytest.raises(LoyaltyError) as refusal:
        place(member.account_id, **changes)

    assert refusal.value.code == code
    assert (cast.available(member.account_id), Redemption.objects.count()) == (2000, 0)
    assert Entry.objects.filter(counter="redeemed").count() == 0


def test_the_answer_says_how_much_is_missing() -> None:
    member = cast.gold_member(points=500)
    cast.reward(points=800)

    with pytest.raises(InsufficientPoints) as refusal:
        place(member.account_id)

    assert refusal.value.missing == 300


def test_an_item_gone_in_the_meantime_gives_the_points_back(monkeypatch: pytest.MonkeyPatch) -> None:
    """E70: the early look may be out of date; the update decides, and the spending is undone."""
    member = cast.gold_member(points=2000)
    reward = cast.reward(points=800, stock=1)
    check = redemptions._check_limit

    def check_then_lose(found: Reward, **told: object) -> None:
        check(found, **told)  # type: ignore[arg-type]  # passed through
        Reward.objects.filter(pk=reward.pk).update(stock_left=0)

    monkeypatch.setattr(redemptions, "_check_limit", check_then_lose)

    with pytest.raises(stock.OutOfStock):
        place(member.account_id)

    assert (cast.available(member.account_id), Redemption.objects.count()) == (2000, 0)


def test_a_flash_sale_opens_and_closes_to_the_instant() -> None:
    """E77: at 10:00:00.000 it is open, a millisecond earlier not; the end is the first instant closed."""
    member = cast.gold_member(points=9000)
    reward = cast.reward(points=800)
    Reward.objects.filter(pk=reward.pk).update(starts_at=cast.NOW, ends_at=cast.NOW + timedelta(hours=1))
    tick = timedelta(milliseconds=1)

    for moment in (cast.NOW - tick, cast.NOW + timedelta(hours=1)):
        with pytest.raises(redemptions.NotAvailable):
            place(member.account_id, now=moment)
    place(member.account_id, "first", now=cast.NOW)
    place(member.account_id, "last", now=cast.NOW + timedelta(hours=1) - tick)

    assert Redemption.objects.count() == 2


def test_a_limit_counts_what_was_taken_before_but_not_what_was_cancelled() -> None:
    """E72: the limit is for the member, over all redemptions that stand."""
    member = cast.gold_member(points=9000)
    cast.reward(points=800, limit=2)
    first = place(member.account_id, "t-1")
    place(member.account_id, "t-2")

    with pytest.raises(redemptions.LimitReached) as refusal:
        place(member.account_id, "t-3")
    Redemption.objects.filter(pk=first.pk).update(state=Redemption.State.CANCELLED)
    place(member.account_id, "t-3")

    assert (refusal.value.limit, refusal.value.taken) == (2, 2)


def test_a_token_belongs_to_one_redemption() -> None:
    member = cast.gold_member(points=9000)
    cast.reward(points=800)
    place(member.account_id)

    with pytest.raises(redemptions.TokenReused):
        place(member.account_id, quantity=2)


def test_another_members_token_is_another_redemption() -> None:
    first, second = cast.gold_member(points=2000), cast.new_member()
    cast.give(second.account_id, 2000)
    cast.reward(points=800)

    assert place(first.account_id) != place(second.account_id)


def test_a_suspended_member_redeems_nothing() -> None:
    member = cast.suspended_member(points=2000)
    cast.reward(points=800)

    with pytest.raises(AccountFrozen):
        place(member.account_id)
