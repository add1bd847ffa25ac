"""Which tier an order counts by: the one held before it, or the one its own growth leads to (E50)."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import translation

from loyalty import policies, policy_trials, rules
from loyalty.admin import receipts as admin_receipts
from loyalty.api import receipts
from loyalty.events import backtesting, promising, replaying
from loyalty.events.incoming import Outcome, Status
from loyalty.models import Entry, Programme, Rule
from members.models import Member
from members.web import receipts as web_receipts
from tests import cast
from tests.loyalty.till import RATE, order, post, publish

NOW = cast.NOW


def of_tier(code: str, factor: str) -> Rule:
    tier = {"fact": "member.tier", "op": "eq", "value": code}
    effects = [{"effect": "points.multiply", "currency": "points", "factor": factor}]
    return publish(code, effects, condition=tier, since=NOW - timedelta(days=300))


def programme(judged: str) -> Member:
    """Silver with 1,950 growth; a point and a growth point for a yuan, ×1.2 for silver, ×1.5 for gold."""
    cast.ladder()
    person = cast.member(growth=1950)
    publish("base", [RATE, {**RATE, "currency": "growth"}], since=NOW - timedelta(days=300))
    of_tier("silver", "1.2")
    of_tier("gold", "1.5")
    if judged == "after":
        policies.publish(changes={"programme": {"tier_judged": "after"}}, by=None, now=NOW, reason="as promised")
    return person


def buy(person: Member, name: str = "A-1", minor: int = 10_000) -> Outcome:
    (outcome,) = post(order(name, minor, person.account, NOW), now=NOW)
    assert outcome.status == Status.ACCEPTED
    return outcome


def given(outcome: Outcome) -> dict[str, int]:
    return {one["currency"]: one["amount"] for one in receipts.awards(outcome.receipt)}


@pytest.mark.django_db
@pytest.mark.parametrize(("judged", "points"), [("before", 120), ("after", 150)])
def test_an_order_that_lifts_counts_by_the_tier_the_policy_names(judged: str, points: int) -> None:
    """E50: 1,950 growth, silver ×1.2, gold from 2,000 ×1.5, an order of 100 yuan."""
    person = programme(judged)

    outcome = buy(person)

    person.refresh_from_db()
    assert given(outcome) == {"points": points, "growth": 100}
    assert person.tier is not None
    assert person.tier.code == "gold"


@pytest.mark.django_db
def test_the_receipt_tells_the_tier_it_counted_by_and_the_one_before() -> None:
    """E50."""
    outcome = buy(programme("after"))

    assert outcome.receipt["facts"]["member.tier"] == "gold"
    assert outcome.receipt["foreseen"] == {"member.tier": "silver"}
    assert outcome.receipt["policy"]["tier"] == "after"


@pytest.mark.django_db
def test_an_order_that_does_not_lift_is_worth_the_same_either_way() -> None:
    """E50: one yuan short of gold."""
    outcome = buy(programme("after"), minor=4900)

    assert given(outcome) == {"points": 58, "growth": 49}
    assert "foreseen" not in outcome.receipt


@pytest.mark.django_db
@pytest.mark.parametrize("judged", ["before", "after"])
def test_judging_again_and_trying_a_rule_on_the_past_give_the_same(judged: str) -> None:
    """E50: a replay finds nothing to change, a back-test of the same rules nothing that differs."""
    person = programme(judged)
    outcome = buy(person)
    gold = Rule.objects.get(code="gold")
    entries = Entry.objects.count()

    assert outcome.event_id is not None
    replay = replaying.propose(account_id=person.account_id, cause_event_id=outcome.event_id, now=NOW)
    report = backtesting.run(rules.compiled(gold), since=NOW - timedelta(days=1), until=NOW + timedelta(days=1))

    assert replay is None
    assert report.before == report.after == given(outcome)["points"]
    assert report.members == 0
    assert Entry.objects.count() == entries


@pytest.mark.django_db
@pytest.mark.parametrize(("judged", "points"), [("before", 120), ("after", 150)])
def test_what_is_promised_is_what_comes(judged: str, points: int) -> None:
    person = programme(judged)
    payload: dict[str, Any] = {"order_id": "P-1", "currency": "CNY", "amount_minor": 10_000}

    promised = promising.points("order.paid", [(NOW, payload)], account_id=person.account_id)

    assert promised == [points]


@pytest.mark.django_db
def test_foreseeing_asks_as_much_for_one_order_as_for_ten() -> None:
    programme("after")
    people = [cast.member(f"M{n}", phone=f"1380013{n:04}", growth=1950) for n in range(11)]
    buy(people[10], "warm")
    asked = []

    for size in (1, 9):
        batch = [order(f"{size}-{n}", 10_000, people[n + (size > 1)].account, NOW) for n in range(size)]
        with CaptureQueriesContext(connection) as queries:
            outcomes = post(*batch, now=NOW)
        asked.append(len(queries))
        assert {given(outcome)["points"] for outcome in outcomes} == {150}

    assert asked[0] == asked[1]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("judged", "instead", "points"), [("before", "after", (120, 150)), ("after", "before", (150, 120))]
)
def test_the_preview_of_the_policy_tells_what_the_last_weeks_would_have_been(
    judged: str, instead: str, points: tuple[int, int]
) -> None:
    """E50: the order led to gold then; an order that did not lift is worth the same by either."""
    person = programme(judged)
    buy(person)
    small = cast.member(phone="13800138999", growth=600)
    same = given(buy(small, "B-1", 1000))["points"]

    seen = policy_trials.preview(
        changes={"programme": {"tier_judged": instead}},
        since=NOW - timedelta(days=1),
        until=NOW + timedelta(days=1),
    )

    assert seen.report is not None
    assert (seen.report.before - same, seen.report.after - same) == points
    assert seen.report.members == 1


@pytest.mark.django_db
def test_the_receipt_says_in_words_by_which_tier_it_counted() -> None:
    """E50: on the member's page and on the operators'; nothing is said where nothing was foreseen."""
    person = programme("after")
    outcome = buy(person)

    with translation.override("en"):
        told = admin_receipts.told(outcome.receipt).foreseen
        entries = list(Entry.objects.filter(event=outcome.event_id, currency__code="points"))
        slip = web_receipts.receipt(entries, programme=Programme.objects.get(), now=NOW)
    with translation.override("zh-hans"):
        chinese = admin_receipts.told(outcome.receipt).foreseen
        plain = admin_receipts.told({**outcome.receipt, "foreseen": {}}).foreseen

    assert told == ["Tier as it is after this: Gold (before: Silver)"]
    assert slip.steps[0].sentence == told[0]
    assert (chinese, plain) == (["会员等级按本次之后计算：金卡（之前：银卡）"], [])
