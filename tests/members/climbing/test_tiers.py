"""The ladder."""

from datetime import timedelta

import pytest
from django.db import transaction

from loyalty import rules
from loyalty.events import intake
from loyalty.events.incoming import Incoming
from loyalty.ledger import spending
from loyalty.models import Account, Entry, Rule, Tally
from loyalty.registry import Happening
from members.climbing import figures, ladders, progress, tiers
from members.climbing.terms import Terms
from members.models import Ladder, Member, Tier, TierChange
from tests import cast

pytestmark = pytest.mark.django_db


def grow(member: Member, growth: int) -> list[Happening]:
    """Gives growth and reviews, as the pipeline does."""
    with transaction.atomic():
        cast.give(member.account_id, growth, currency="growth")
        found = tiers.review([member.account_id], {}, cast.NOW)
    member.refresh_from_db()
    return found


def code(member: Member) -> str:
    return member.tier.code if member.tier else ""


def growth_rule(currency: str = "growth") -> None:
    rule = Rule.objects.create(
        code="growth",
        name_zh="成长值",
        kind="order.paid",
        effects=[{"effect": "points.rate", "currency": currency, "points": 1, "per_minor": 100}],
    )
    rules.publish(rule, by=None, now=cast.NOW - timedelta(days=900))


def paid(order_id: str, amount_minor: int, customer: str, *, ago: timedelta = timedelta()) -> Incoming:
    payload = {"order_id": order_id, "currency": "CNY", "amount_minor": amount_minor, "customer": customer}
    return Incoming("order.paid", payload, cast.NOW - ago)


def test_a_threshold_is_reached_exactly() -> None:
    """E48: growth exactly 500 is silver."""
    member = cast.new_member()

    assert grow(member, 499) == []
    [upgrade] = grow(member, 1)

    assert (code(member), upgrade.kind, upgrade.payload["previous"]) == ("silver", "tier.upgraded", "starter")


def test_many_rungs_at_once_are_one_change() -> None:
    """E49: 0 → 5,200 in one order is platinum by one change event."""
    member = cast.new_member()

    [upgrade] = grow(member, 5200)

    assert (code(member), upgrade.payload["steps"]) == ("platinum", 3)
    assert TierChange.objects.count() == 1


def test_falling_and_climbing_again_is_not_the_first_time() -> None:
    member = cast.new_member()

    [up] = grow(member, 600)
    [down] = _take(member, 200)
    [again] = grow(member, 200)

    assert [each.kind for each in (up, down, again)] == ["tier.upgraded", "tier.downgraded", "tier.upgraded"]
    assert [each.payload["is_first"] for each in (up, again)] == [True, False]


def _take(member: Member, growth: int) -> list[Happening]:
    Account.objects.get(pk=member.account_id).balances.filter(currency__code="growth").update(available=600 - growth)
    found = tiers.review([member.account_id], {}, cast.NOW)
    member.refresh_from_db()
    Account.objects.get(pk=member.account_id).balances.filter(currency__code="growth").update(available=600)
    return found


def test_spending_points_leaves_the_tier_alone() -> None:
    """E55: what counts is what was earned."""
    member = cast.gold_member(points=100)

    cast.give(member.account_id, -50)

    assert tiers.review([member.account_id], {}, cast.NOW) == []


@pytest.mark.parametrize("window", ["ever", "rolling"])
def test_spending_half_of_what_the_ladder_counts_moves_neither_score_nor_tally(window: str) -> None:
    """E55: the ladder counts the very points that are spent, and what was earned stays earned."""
    cast.ladder(currency="points", basis="earned", window=window, window_unit="days", window_length=365)
    growth_rule("points")
    member, till = cast.new_member(), cast.partner()
    intake.post([paid("A-1", 60000, f"m:{member.account.number}")], partner=till, now=cast.NOW)
    terms = ladders.in_force(cast.NOW)[0]
    before = (score(member, terms), dict(Tally.objects.values_list("metric__code", "value")))

    spending.spend(account_id=member.account_id, amount=300, now=cast.NOW)
    moves = tiers.review([member.account_id], {}, cast.NOW)

    member.refresh_from_db()
    assert before[0] == 600
    assert (score(member, terms), dict(Tally.objects.values_list("metric__code", "value"))) == before
    assert (moves, code(member), cast.available(member.account_id)) == ([], "silver", 300)


def score(member: Member, terms: Terms) -> int:
    """What the ladder counts of the member today."""
    (place,) = tiers.places([member.account_id], [terms])
    shelf = figures.load({member.account_id: {terms.ladder_id: place.stand}}, [terms], cast.NOW.date())
    first = None if terms.policy.window == "ever" else cast.NOW.date() - timedelta(days=364)
    return shelf.of(member.account_id, terms).score(first, cast.NOW.date())


def test_an_order_that_crosses_a_threshold_is_told_to_the_rules_once() -> None:
    """E62: two orders of one batch that each cross the threshold make one upgrade and one gift."""
    growth_rule()
    cast.rule("gift", "tier.upgraded", points=100)
    member, till = cast.new_member(), cast.partner()
    customer = f"m:{member.account.number}"

    intake.post(
        [paid("A-1", 52000, customer, ago=timedelta(minutes=5)), paid("A-2", 60000, customer)],
        partner=till,
        now=cast.NOW,
    )

    member.refresh_from_db()
    assert (code(member), cast.available(member.account_id)) == ("silver", 100)
    assert TierChange.objects.get().changed_at <= cast.NOW


def test_a_full_refund_takes_the_rung_back() -> None:
    growth_rule()
    member, till = cast.new_member(), cast.partner()
    intake.post([paid("A-1", 52000, f"m:{member.account.number}")], partner=till, now=cast.NOW)

    refund = {"order_id": "A-1", "refund_id": "R-1", "currency": "CNY", "amount_minor": 52000}
    intake.post([Incoming("order.refunded", refund, cast.NOW)], partner=till, now=cast.NOW)

    member.refresh_from_db()
    assert code(member) == "starter"


def test_progress_says_what_is_missing() -> None:
    member = cast.gold_member()

    found = progress.towards_next(member, now=cast.NOW)

    assert found is not None
    assert (found.growth, found.missing, found.percent) == (3400, 1600, 46)
    assert found.next is not None
    assert found.next.code == "platinum"
    assert "1,600" in found.sentence


def test_at_the_top_nothing_is_missing() -> None:
    member = cast.new_member()
    grow(member, 9000)

    found = progress.towards_next(member, now=cast.NOW)

    assert found is not None
    assert (found.next, found.missing, found.percent) == (None, 0, 100)


def test_without_a_ladder_there_is_no_progress_and_no_move() -> None:
    member = cast.member()

    assert progress.towards_next(member, now=cast.NOW) is None
    assert tiers.review([member.account_id], {}, cast.NOW) == []


def test_a_tier_by_orders_is_reached_at_once_though_no_rule_gives_points() -> None:
    """What counts is that the order was counted; nothing was awarded."""
    cast.ladder()
    once = {"fact": "metric.orders", "op": "gte", "value": 1, "window": {"lifetime": True}}
    Tier.objects.filter(code="silver").update(requirement=once, threshold=None)
    main = Ladder.objects.get(is_main=True)
    ladders.publish(main, by=None, now=cast.NOW - timedelta(days=1))
    member = cast.member("林小满")

    intake.post([paid("A-1", 100, f"m:{member.account.number}")], partner=cast.partner(), now=cast.NOW)

    member.refresh_from_db()
    assert code(member) == "silver"


def test_a_tier_may_ask_for_orders_in_the_member_s_own_year() -> None:
    """Two orders since the joining anniversary: the one from before it does not count."""
    cast.ladder()
    twice = {"fact": "metric.orders", "op": "gte", "value": 2, "window": {"anniversary": "member.joined_on"}}
    Tier.objects.filter(code="silver").update(requirement=twice, threshold=None)
    ladders.publish(Ladder.objects.get(is_main=True), by=None, now=cast.NOW - timedelta(days=400))
    member = cast.member("林小满", now=cast.NOW - timedelta(days=400))
    held = []

    for number, days in enumerate((100, 1, 0)):
        order = paid(f"A-{number}", 100, f"m:{member.account.number}", ago=timedelta(days=days))
        intake.post([order], partner=cast.partner(), now=order.occurred_at)
        member.refresh_from_db()
        held.append(code(member))

    assert held == ["starter", "starter", "silver"]


def test_a_rule_may_count_since_the_tier_was_reached() -> None:
    """The order after two since silver was reached brings a gift; the one before that does not count."""
    cast.ladder()
    growth_rule()
    silver = {"fact": "member.tier", "op": "eq", "value": "silver"}
    twice = {"fact": "metric.orders", "op": "gte", "value": 2, "window": {"since": "member.tier_since"}}
    cast.rule("loyal", "order.paid", points=10, condition={"all": [silver, twice]})
    member = cast.member("林小满")
    given = []

    for number, (amount, days) in enumerate([(10_000, 9), (50_000, 5), (10_000, 3), (10_000, 1)]):
        order = paid(f"A-{number}", amount, f"m:{member.account.number}", ago=timedelta(days=days))
        intake.post([order], partner=cast.partner(), now=order.occurred_at)
        given.append(Entry.objects.filter(account=member.account, currency__code="points", amount=10).count())

    assert given == [0, 0, 0, 1]


@pytest.mark.parametrize(("gifts", "expected"), [("top", 1), ("each", 3)])
def test_gifts_of_tiers_on_the_way_are_given_as_the_ladder_says(gifts: str, expected: int) -> None:
    """E49: 0 → 5,200 in one order (500/2,000/5,000): gifts for the top tier only, or three."""
    cast.ladder(upgrade_gifts=gifts)
    growth_rule()
    cast.rule("gift", "tier.reached", points=10)
    member = cast.member("林小满")

    intake.post([paid("A-1", 520_000, f"m:{member.account.number}")], partner=cast.partner(), now=cast.NOW)

    given = Entry.objects.filter(account=member.account, currency__code="points", amount=10)
    assert given.count() == expected
