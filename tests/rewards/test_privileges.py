"""What benefits do in the mall: rewards kept for some, opened earlier to some, and paid with a use."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.utils.translation import override

from loyalty.errors import LoyaltyError
from loyalty.models import Event
from members.benefits import giving, using
from members.benefits.using import Scan
from members.models import BenefitClaim
from rewards import laws, privileges, redemptions, shelf
from rewards.models import Privilege, Redemption, Reward
from tests import cast
from tests.members.benefits import perks
from tests.members.benefits.perks import Place, Way
from tests.rewards.perks import Does, privilege, take

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


def refused(account_id: int, **told: object) -> str:
    """The code of the refusal; nothing may have moved."""
    before = (cast.available(account_id), Redemption.objects.count(), Reward.objects.get().stock_left)
    states = list(BenefitClaim.objects.values_list("pk", "state"))
    with pytest.raises(LoyaltyError) as refusal:
        take(account_id, "refused", **told)  # type: ignore[arg-type]  # as told
    assert (cast.available(account_id), Redemption.objects.count(), Reward.objects.get().stock_left) == before
    assert list(BenefitClaim.objects.values_list("pk", "state")) == states
    return refusal.value.code


def test_what_is_kept_for_a_benefit_is_taken_by_who_holds_it_alone() -> None:
    gold, new = cast.gold_member(), cast.new_member()
    cast.give(new.pk, 3000)
    cast.reward()
    perks.offer("lounge", tier="gold", way=Way.STANDING)
    privilege(Does.RESERVED, "lounge")

    assert take(gold.pk).points == 800
    assert refused(new.pk) == "reward_reserved"


def test_the_refusal_says_who_may() -> None:
    new = cast.new_member()
    cast.give(new.pk, 3000)
    cast.reward()
    perks.offer("lounge", tier="gold", way=Way.STANDING)
    perks.offer("salon", tier="silver", and_above=False, way=Way.STANDING)
    for code in ("lounge", "salon", "gift"):
        privilege(Does.RESERVED, code)

    with override("en"), pytest.raises(redemptions.Reserved) as refusal:
        take(new.pk)

    who = "Gold members and above or Silver members or members with “Gift”"
    with override("en"):
        assert refusal.value.message == f"This is kept for {who}."


def test_one_of_several_benefits_is_enough_and_one_that_was_given_counts() -> None:
    member = cast.new_member()
    cast.give(member.pk, 3000)
    cast.reward()
    for code in ("lounge", "salon"):
        privilege(Does.RESERVED, code)
    before = refused(member.pk)

    giving.give(account_id=member.pk, benefit="salon", through=perks.DAY, reason="活动", by=None, now=cast.NOW)
    day_after = cast.NOW + timedelta(days=1)

    assert (before, take(member.pk).state) == ("reward_reserved", "confirmed")
    assert refused(member.pk, now=day_after) == "reward_reserved"


def test_a_benefit_used_up_in_its_period_still_opens_what_is_kept_for_it() -> None:
    member = cast.gold_member()
    cast.reward()
    perks.offer(quota=1)
    privilege(Does.RESERVED)
    using.use(Scan(perks.claimed(member).code, Place.TILL), now=cast.NOW)

    assert take(member.pk).state == "confirmed"


def test_holders_come_earlier_to_the_instant() -> None:
    """E77: so many hours earlier for some; a millisecond before, nobody."""
    gold, new = cast.gold_member(), cast.new_member()
    cast.give(new.pk, 3000)
    reward = cast.reward()
    Reward.objects.update(starts_at=cast.NOW + 24 * HOUR)
    perks.offer("first-look", tier="gold", way=Way.STANDING)
    privilege(Does.EARLY, "first-look", hours=24)
    tick = timedelta(milliseconds=1)

    assert refused(gold.pk, now=cast.NOW - tick) == "not_available"
    assert refused(new.pk, now=cast.NOW) == "opens_later"
    assert refused(new.pk, now=cast.NOW + 24 * HOUR - tick) == "opens_later"
    assert take(gold.pk).redeemed_at == cast.NOW
    assert take(new.pk, now=cast.NOW + 24 * HOUR).reward == reward


def test_the_shelf_shows_what_some_may_take_already() -> None:
    cast.reward()
    Reward.objects.update(starts_at=cast.NOW + 2 * HOUR)
    privilege(Does.EARLY, hours=2)

    assert [len(shelf.open_at(at)) for at in (cast.NOW - timedelta(seconds=1), cast.NOW)] == [0, 1]


def test_the_earliest_of_several_counts() -> None:
    member = cast.gold_member()
    reward = cast.reward()
    for code, hours in (("a", 2), ("b", 48), ("c", 72)):
        privilege(Does.EARLY, code, hours=hours)
    for code in ("a", "b"):
        perks.offer(code, way=Way.STANDING)

    seen = shelf.rewards().get()
    terms = privileges.terms(seen, privileges.rights(member.pk, [seen], now=cast.NOW))

    assert (terms.opens_at, privileges.earliest(seen)) == (reward.starts_at - 48 * HOUR, reward.starts_at - 72 * HOUR)


def test_a_price_by_what_is_always_theirs_holds_without_being_named() -> None:
    gold, new = cast.gold_member(points=2000), cast.new_member()
    cast.give(new.pk, 2000)
    cast.reward(points=800)
    perks.offer("price", tier="gold", way=Way.STANDING)
    privilege(Does.PRICE, "price", points=600)

    mine, theirs = take(gold.pk, quantity=2, quoted_points=1200), take(new.pk, quoted_points=800)

    assert (mine.points, mine.benefit and mine.benefit.code, mine.claim) == (1200, "price", None)
    assert (theirs.points, theirs.benefit) == (800, None)
    assert refused(new.pk, quoted_points=600) == "price_changed"
    assert BenefitClaim.objects.count() == 0


def test_one_use_left_to_claim_pays_and_is_gone_with_the_item() -> None:
    member = cast.gold_member(points=500)
    cast.reward(points=800)
    perks.offer(quota=1, period="quarter")
    privilege(Does.PRICE, points=0)

    taken = take(member.pk, benefit="grooming", quoted_points=0)

    claim = BenefitClaim.objects.get()
    assert (taken.points, taken.entry, taken.claim) == (0, None, claim)
    assert (claim.state, claim.used_in, claim.reference) == ("used", "mall", taken.number)
    assert (cast.available(member.pk), Reward.objects.get().stock_left) == (500, 9)
    assert refused(member.pk, benefit="grooming") == "benefit_quota_used"


def test_an_open_claim_is_used_first_the_one_that_lapses_first() -> None:
    member = cast.gold_member(points=500)
    cast.reward(points=800)
    perks.offer(quota=3, period="year")
    privilege(Does.PRICE, points=100)
    late, soon = perks.claimed(member), perks.claimed(member)
    BenefitClaim.objects.filter(pk=soon.pk).update(usable_through=perks.DAY)

    taken = [take(member.pk, f"t-{turn}", benefit="grooming") for turn in range(3)]

    assert [each.claim for each in taken[:2]] == [soon, late]
    assert (BenefitClaim.objects.count(), cast.available(member.pk)) == (3, 200)


def test_what_lapsed_yesterday_pays_for_nothing() -> None:
    member = cast.gold_member(points=500)
    cast.reward(points=800)
    privilege(Does.PRICE, points=0)
    giving.give(account_id=member.pk, benefit="grooming", through=perks.DAY, reason="x", by=None, now=cast.NOW)

    assert refused(member.pk, benefit="grooming", now=cast.NOW + timedelta(days=1)) == "benefit_not_found"


def test_the_rules_hear_of_the_claim_the_use_and_the_redemption() -> None:
    member = cast.gold_member()
    cast.reward()
    perks.offer()
    privilege(Does.PRICE, points=0)
    condition: dict[str, object] = {"fact": "event.benefit", "op": "eq", "value": "grooming"}
    cast.rule("thanks", "reward.redeemed", points=8, condition=condition)

    take(member.pk, benefit="grooming")
    take(member.pk, "t-2")

    kinds = list(
        Event.objects.exclude(kind="member.joined").order_by("recorded_at", "pk").values_list("kind", flat=True)
    )
    assert sorted(kinds) == ["benefit.claimed", "benefit.used", "reward.redeemed", "reward.redeemed"]
    assert Event.objects.filter(kind="reward.redeemed").order_by("pk")[0].payload["benefit"] == "grooming"
    assert cast.available(member.pk) == 3280 - 800 + 8


@pytest.mark.parametrize(
    ("told", "code"),
    [
        ({"benefit": "unknown"}, "benefit_not_accepted"),
        ({"benefit": "grooming", "quantity": 2}, "out_of_range"),
        ({"benefit": "grooming", "quoted_points": 800}, "price_changed"),
        ({"benefit": "salon"}, "benefit_not_found"),
    ],
)
def test_what_cannot_pay_moves_nothing(told: dict[str, object], code: str) -> None:
    member = cast.gold_member()
    cast.reward()
    perks.offer()
    for each in ("grooming", "salon"):
        privilege(Does.PRICE, each, points=0)

    assert refused(member.pk, **told) == code


def test_a_benefit_for_the_till_does_not_pay_in_the_mall() -> None:
    member = cast.gold_member()
    cast.reward()
    perks.offer(used_in=Place.TILL)
    privilege(Does.PRICE, points=0)

    assert refused(member.pk, benefit="grooming") == "benefit_wrong_place"


def test_out_of_stock_takes_no_use() -> None:
    member = cast.gold_member()
    cast.reward(stock=0)
    perks.offer()
    privilege(Does.PRICE, points=0)

    assert refused(member.pk, benefit="grooming") == "out_of_stock"


def test_the_same_token_uses_one_benefit_once() -> None:
    """E73: pressed twice, one redemption and one use."""
    member = cast.gold_member()
    cast.reward()
    perks.offer(quota=5)
    privilege(Does.PRICE, points=0)

    first, second = take(member.pk, benefit="grooming"), take(member.pk, benefit="grooming")

    assert (first, BenefitClaim.objects.count()) == (second, 1)


def test_what_comes_by_itself_need_not_have_come_yet() -> None:
    member = cast.gold_member()
    cast.reward()
    perks.offer(way=Way.GRANTED)
    privilege(Does.PRICE, points=0)

    take(member.pk, benefit="grooming")

    assert Event.objects.get(kind="benefit.claimed").payload["source"] == "itself"


def test_what_a_benefit_paid_for_breaks_no_law() -> None:
    """I17: without points there is no entry, and nothing is missing."""
    member = cast.gold_member()
    cast.reward()
    perks.offer()
    privilege(Does.PRICE, points=0)

    take(member.pk, benefit="grooming")
    take(member.pk, "t-2")
    fine = list(laws.shelf_is_paid(cast.NOW, None))
    Redemption.objects.filter(points=800).update(points=700)

    assert fine == []
    assert [breach.row for breach in laws.shelf_is_paid(cast.NOW, None)] == [Redemption.objects.get(points=700).number]


@pytest.mark.parametrize(
    "columns",
    [
        {"does": "early"},
        {"does": "early", "hours": 0},
        {"does": "price"},
        {"does": "reserved", "hours": 5},
        {"does": "early", "hours": 5, "price_points": 5},
    ],
)
def test_a_line_that_says_too_little_or_too_much_is_refused_by_the_database(columns: dict[str, Any]) -> None:
    reward = cast.reward()

    with pytest.raises(IntegrityError), transaction.atomic():
        Privilege.objects.create(reward=reward, benefit=perks.benefit(), **columns)

    assert Privilege.objects.count() == 0
