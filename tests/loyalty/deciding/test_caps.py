"""Limits: what they leave, and what they record of what they took."""

from datetime import date

from loyalty.deciding import explain
from loyalty.deciding.caps import period
from loyalty.deciding.model import Policy
from tests.loyalty.deciding.desk import Known, event, fixed, line, order, rate, rule, worth

TODAY = date(2026, 3, 2)


def test_a_daily_limit_leaves_what_is_left_of_it() -> None:
    """E08: 200 a day, 180 used, an order worth 50."""
    capped = rule(1, rate(), caps=[{"per": "day", "currency": "points", "limit": 200, "over": "clip"}])

    decided = worth(order(5000), capped, known=Known(usage={(1, TODAY): 180}))

    award = decided.awards[0]
    assert (award.awarded, award.desired, award.reason) == (20, 50, "clipped:day")
    assert decided.receipt["steps"][0]["cap"] == {"per": "day", "limit": 200, "used": 180}


def test_an_order_limit_clips() -> None:
    """E10: 100 an order, an order worth 130."""
    capped = rule(1, rate(), caps=[{"per": "order", "currency": "points", "limit": 100, "over": "clip"}])

    decided = worth(order(lines=[line(6500), line(6500)]), capped)

    assert (decided.total(), decided.awards[0].by_line) == (100, [50, 50])


def test_a_strict_order_limit_gives_nothing() -> None:
    """E10: the strict mode; the reason is kept."""
    capped = rule(1, rate(), caps=[{"per": "order", "currency": "points", "limit": 100, "over": "reject"}])

    decided = worth(order(13000), capped)

    award = decided.awards[0]
    assert (award.awarded, award.desired, award.reason) == (0, 130, "rejected:order")
    assert explain(event(order(13000)), Known(), [capped], Policy())[0].outcome == "cap"


def test_the_tightest_of_several_limits_wins() -> None:
    caps = [
        {"per": "order", "currency": "points", "limit": 80, "over": "clip"},
        {"per": "month", "currency": "points", "limit": 500, "over": "clip"},
    ]

    decided = worth(order(10000), rule(1, rate(), caps=caps), known=Known(usage={(1, date(2026, 3, 1)): 470}))

    assert (decided.total(), decided.awards[0].reason) == (30, "clipped:month")


def test_effects_of_one_rule_share_its_limit() -> None:
    capped = rule(1, rate(), fixed(50), caps=[{"per": "day", "currency": "points", "limit": 120, "over": "clip"}])

    decided = worth(order(10000), capped)

    assert [award.awarded for award in decided.awards] == [100, 20]


def test_a_limit_holds_only_its_own_currency() -> None:
    capped = rule(1, rate(), rate(currency="growth"), caps=[{"per": "order", "currency": "points", "limit": 10}])

    decided = worth(order(10000), capped)

    assert (decided.total("points"), decided.total("growth")) == (10, 100)


def test_a_rule_that_a_limit_cut_to_nothing_gives_nothing_else_either() -> None:
    capped = rule(1, rate(), {"effect": "notice.send", "text": "hi"}, caps=[{"per": "day", "limit": 200}])

    within = worth(order(100), capped, known=Known(usage={(1, TODAY): 199}))
    beyond = worth(order(100), capped, known=Known(usage={(1, TODAY): 200}))

    grant = {"effect": "notice.send", "params": {"text": "hi"}, "index": 1, "rule_id": 1, "version_id": 10}
    assert (within.grants, beyond.grants) == ([grant], [])


BUDGET = {"per": "month", "currency": "points", "limit": 1000, "over": "clip", "of": "everyone"}
MARCH = (1, "points", "month", date(2026, 3, 1))


def test_a_budget_leaves_what_everybody_left_of_it() -> None:
    shared = rule(1, rate(), caps=[BUDGET])

    decided = worth(order(5000), shared, known=Known(usage={(1, TODAY.replace(day=1)): 999}, budgets={MARCH: 980}))

    award = decided.awards[0]
    assert (award.awarded, award.desired, award.reason) == (20, 50, "clipped:budget")
    assert decided.receipt["steps"][0]["cap"] == {"per": "month", "limit": 1000, "used": 980, "of": "everyone"}


def test_a_strict_budget_gives_all_or_nothing() -> None:
    shared = rule(1, rate(), caps=[BUDGET | {"over": "reject"}])

    within = worth(order(2000), shared, known=Known(budgets={MARCH: 980}))
    beyond = worth(order(2001 + 99), shared, known=Known(budgets={MARCH: 980}))

    assert (within.total(), beyond.total(), beyond.awards[0].reason) == (20, 0, "rejected:budget")


def test_a_budget_that_nothing_was_taken_from_is_whole() -> None:
    ever = rule(1, rate(), caps=[BUDGET | {"per": "lifetime", "limit": 30}])

    assert worth(order(5000), ever).total() == 30
    assert worth(order(5000), ever, known=Known(budgets={(1, "points", "lifetime", date.min): 10})).total() == 20


def test_a_members_limit_and_a_budget_both_hold() -> None:
    caps = [{"per": "day", "limit": 40}, BUDGET]

    by_member = worth(order(5000), rule(1, rate(), caps=caps), known=Known(budgets={MARCH: 900}))
    by_budget = worth(order(5000), rule(1, rate(), caps=caps), known=Known(budgets={MARCH: 990}))

    assert (by_member.awards[0].reason, by_member.total()) == ("clipped:day", 40)
    assert (by_budget.awards[0].reason, by_budget.total()) == ("clipped:budget", 10)


def test_periods_are_half_open() -> None:
    day = date(2026, 12, 31)

    assert period("day", day) == (day, date(2027, 1, 1))
    assert period("month", day) == (date(2026, 12, 1), date(2027, 1, 1))
    assert period("year", day) == (date(2026, 1, 1), date(2027, 1, 1))
    assert period("lifetime", day) == (date.min, date.max)
