"""What a change of policies would have made of the last weeks, and that events keep their own policy."""

from datetime import date, timedelta
from typing import Any

import pytest

from loyalty import policies, policy_trials, rules
from loyalty.events import backtesting
from loyalty.models import Account, BudgetUse, Currency, Decision, Entry, PolicyVersion, Programme, Rule
from tests.loyalty.till import NOW, RATE, net, one_for_one, open_account, order, post, publish, refund

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)
TWICE = {"effect": "points.multiply", "currency": "points", "factor": "2"}
HALF_MORE = TWICE | {"factor": "1.5"}
MULTIPLY = {"programme": {"stacking": "multiplicative"}}


@pytest.fixture
def account() -> Account:
    return open_account()


def change(changes: dict[str, Any], **more: Any) -> PolicyVersion:
    return policies.publish(**{"changes": changes, "by": None, "now": NOW, "reason": "试一试"} | more)


def look(changes: dict[str, Any]) -> policy_trials.Preview:
    return policy_trials.preview(changes=changes, since=NOW - 31 * DAY, until=NOW + DAY)


def three_rules() -> None:
    one_for_one()
    publish("tier", [HALF_MORE])
    publish("day", [TWICE])


def receipt(order_id: str) -> dict[str, Any]:
    found: dict[str, Any] = Decision.objects.get(event__payload__order_id=order_id).receipt
    return found


def test_an_event_is_decided_by_the_policy_when_it_happened(account: Account) -> None:
    """E03, and the policy as E14 has the rate: paid a minute before the change, received after it."""
    three_rules()
    change(MULTIPLY, now=NOW)

    minute = timedelta(minutes=1)
    post(order("A1", 10000, account, at=NOW - minute), order("A2", 10000, account, at=NOW), now=NOW + minute)

    told = [
        (sum(s["awarded"] for s in each["steps"]), each["policy"]["version"]) for each in map(receipt, ("A1", "A2"))
    ]
    assert told == [(250, 1), (300, 2)]


def test_a_refund_is_judged_by_the_policy_of_its_order(account: Account) -> None:
    """E28: prorated from today on; yesterday's order is judged again as it was promised."""
    one_for_one()
    publish(
        "over",
        [{"effect": "points.fixed", "currency": "points", "points": 50}],
        condition={"all": [{"fact": "event.amount", "op": "gte", "value": 20000}]},
    )
    post(order("A1", 21000, account))
    change({"programme": {"threshold_refund": "prorate"}}, now=NOW + DAY)
    post(order("A2", 21000, account, at=NOW + DAY), now=NOW + DAY)
    before = net(account)

    later = NOW + 2 * DAY
    post(refund("R1", "A1", 3000, at=later), now=later)
    between = net(account)
    post(refund("R2", "A2", 3000, at=later), now=later)

    assert (before - between, between - net(account)) == (80, 37)


def test_a_preview_judges_the_last_weeks_once_more_and_writes_nothing(account: Account) -> None:
    three_rules()
    other = open_account()
    post(order("A1", 10000, account), order("A2", 5000, other))
    rows = (Entry.objects.count(), Decision.objects.count())

    found = look(MULTIPLY)

    assert found.report is not None
    assert (found.report.before, found.report.after, found.report.members) == (375, 450, 2)
    assert [(swing.account_id, swing.change) for swing in found.report.winners] == [(account.pk, 50), (other.pk, 25)]
    assert found.report.losers == []
    assert found.cost == (375, 450)
    assert rows == (Entry.objects.count(), Decision.objects.count())
    assert not PolicyVersion.objects.exists()
    assert Programme.objects.get(pk=1).stacking == "additive"


def test_a_preview_aims_refunds_by_both_policies(account: Account) -> None:
    """E28: 30 and 50 would have been 30 and 7."""
    one_for_one()
    publish(
        "over",
        [{"effect": "points.fixed", "currency": "points", "points": 50}],
        condition={"all": [{"fact": "event.amount", "op": "gte", "value": 20000}]},
    )
    post(order("A1", 21000, account))
    post(refund("R1", "A1", 3000))

    found = look({"programme": {"threshold_refund": "prorate"}})

    assert found.taken == (80, 37)
    assert found.report is None


def test_a_preview_says_what_points_would_be_worth(account: Account) -> None:
    one_for_one()
    post(order("A1", 100000, account))

    found = look({"programme": {"tender_points": 100, "tender_minor": 500}})

    assert (found.outstanding, found.worth) == (1000, (1000, 5000))


def test_a_preview_says_whose_points_would_go_sooner(account: Account) -> None:
    Currency.objects.filter(code="points").update(expiry_mode="months", expiry_length=12)
    one_for_one()
    post(order("A1", 10000, account))

    shorter = look({"currencies": {"points": {"expiry_length": 6}}}).lives[0]
    longer = look({"currencies": {"points": {"expiry_mode": "never"}}}).lives[0]

    assert (shorter.sooner, shorter.later, shorter.same) == (100, 0, 0)
    assert shorter.example == (date(2026, 11, 11), date(2027, 11, 11), date(2027, 5, 11))
    assert (longer.sooner, longer.later) == (0, 100)


def test_a_preview_counts_who_holds_more_than_they_could(account: Account) -> None:
    one_for_one()
    post(order("A1", 10000, account), order("A2", 5000, open_account()))

    assert look({"currencies": {"points": {"balance_cap": 99}}}).over_cap == {"points": 1}


def test_a_backtest_uses_a_budget_up_once(account: Account) -> None:
    """Two members want 100 each of a budget of 150, of which 20 were given before the period."""
    shared = [{"per": "lifetime", "currency": "points", "limit": 150, "of": "everyone"}]
    rule = publish("base", [RATE], caps=shared, since=NOW - 300 * DAY)
    earlier = NOW - 40 * DAY
    post(order("A0", 2000, account, at=earlier), now=earlier)
    post(order("A1", 10000, account), order("A2", 10000, open_account()))
    draft = Rule.objects.get(pk=rule.pk)
    draft.caps = [shared[0] | {"limit": 90}]

    report = rules.backtest(draft, since=NOW - 31 * DAY, until=NOW + DAY)

    assert BudgetUse.objects.get().used == 150
    assert (report.before, report.after) == (130, 70)


def test_the_same_measures_find_no_difference(account: Account) -> None:
    three_rules()
    post(order("A1", 10000, account))

    found = look({"programme": {"rounding_mode": "ceil"}}).report

    assert found is not None
    assert (found.events, found.touched_events, found.change) == (1, 0, 0)
    assert isinstance(found, backtesting.Report)
