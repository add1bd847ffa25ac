"""Which rules apply, in which order, and what is said of those that did not."""

import json
from datetime import UTC, date, datetime

from loyalty.deciding import Policy, RuleBook, explain
from tests.loyalty.deciding.desk import Known, at_least, event, fixed, line, multiply, only, order, rate, rule, worth

GOLD = {"fact": "member.tier", "op": "eq", "value": "gold"}


def test_a_rule_that_applies_alone_leaves_only_itself() -> None:
    rules = [rule(1, rate()), rule(2, fixed(100), is_exclusive=True), rule(3, fixed(7))]

    assert [award.rule_id for award in worth(order(10000), *rules).awards] == [2]


def test_the_first_of_several_that_would_stand_alone_does() -> None:
    rules = [rule(1, fixed(10), is_exclusive=True), rule(2, fixed(20), is_exclusive=True, priority=1)]

    assert worth(order(10000), *rules).total() == 20


def test_a_rule_alone_whose_goods_are_not_bought_disturbs_nobody() -> None:
    rules = [rule(1, rate()), rule(2, fixed(100, lines=only("cup")), is_exclusive=True)]

    assert worth(order(lines=[line(5000, "tea")]), *rules).total() == 50


def test_rules_are_judged_by_priority_then_by_age() -> None:
    rules = [rule(3, fixed(1)), rule(2, fixed(2)), rule(1, fixed(3), priority=200)]

    assert [award.rule_id for award in worth(order(100), *rules).awards] == [2, 3, 1]


def test_each_event_is_judged_by_the_version_of_its_own_time() -> None:
    """E14: the rate goes from 1 to 0.5 at 12:00; who paid at 11:59 has the old one."""
    noon = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)
    book = RuleBook([rule(1, rate(1), until=noon), rule(2, rate("0.5"), since=noon)])

    before = worth(order(10000), *book, at=datetime(2026, 3, 2, 3, 59, 59, tzinfo=UTC))
    after = worth(order(10000), *book, at=noon)

    assert (before.total(), before.receipt["considered"]) == (100, [10])
    assert (after.total(), after.receipt["considered"]) == (50, [20])


def test_a_book_knows_the_version_of_each_instant_of_a_batch() -> None:
    noon = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)
    shelf = RuleBook([rule(1, rate(1), until=noon), rule(2, rate(2), since=noon)]).shelf("order.paid")

    found = [[one.rule_id for one in shelf.in_force(noon.replace(hour=hour))] for hour in (3, 4, 3)]

    assert found == [[1], [2], [1]]


def test_rules_of_other_kinds_are_not_asked() -> None:
    decided = worth(order(10000), rule(1, fixed(5), kind="member.joined"))

    assert (decided.awards, decided.receipt["considered"]) == ([], [])


def test_the_receipt_keeps_the_facts_a_refund_will_need() -> None:
    """Also those a short cut in the condition never asked for; fields of the event stay in it."""
    joined = {"fact": "member.joined_on", "op": "after", "value": "2026-01-01"}
    either = rule(1, fixed(50), condition={"any": [at_least(100), GOLD, joined]})
    known = Known({"member.tier": "gold", "member.joined_on": date(2025, 5, 1)})

    decided = worth(order(10000), either, known=known)

    assert decided.receipt["facts"] == {"member.tier": "gold", "member.joined_on": "2025-05-01"}


def test_a_receipt_is_plain_json_and_says_all_there_is() -> None:
    decided = worth(order(lines=[line(1999), line(1999)]), rule(1, rate(), name_en="Base"))

    assert json.loads(json.dumps(decided.receipt)) == {
        "facts": {},
        "steps": [
            {
                "rule": 1,
                "version": 10,
                "number": 1,
                "name_zh": "规则1",
                "name_en": "Base",
                "effect": 0,
                "kind": "rate",
                "currency": "points",
                "rate": {"points": "1", "per_minor": 100},
                "desired": 39,
                "awarded": 39,
                "reason": "",
                "basis_minor": 3998,
                "by_line": [20, 19],
            }
        ],
        "considered": [10],
        "policy": {
            "stacking": "additive",
            "ceiling": None,
            "step": "once",
            "mode": "floor",
            "currency": "CNY",
            "digits": 2,
        },
    }


def test_every_rule_gets_its_verdict() -> None:
    monday = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)
    rules = [
        rule(1, rate()),
        rule(2, fixed(50), condition={"all": [at_least(100), GOLD]}),
        rule(3, multiply("2"), schedule={"weekdays": [7]}),
        rule(4, fixed(9), until=monday),
        rule(5, fixed(9, lines=only("cup"))),
        rule(6, fixed(9), stops=True),
        rule(7, fixed(9)),
    ]

    verdicts = explain(event(order(lines=[line(5000, "tea")])), Known({"member.tier": "silver"}), rules, Policy())

    assert {verdict.rule_id: verdict.outcome for verdict in verdicts} == {
        1: "applied",
        2: "condition",
        3: "schedule",
        4: "not_in_force",
        5: "nothing",
        6: "applied",
        7: "stopped",
    }
    finding = verdicts[1].finding
    assert finding is not None
    assert (finding.leaf.fact, finding.actual, verdicts[2].part) == ("member.tier", "silver", "weekdays")
    assert verdicts[6].by == {"version": 60, "name_zh": "规则6", "name_en": "规则6"}


def test_explaining_and_deciding_agree() -> None:
    rules = [rule(1, rate()), rule(2, fixed(50), is_exclusive=True), rule(3, fixed(9))]

    verdicts = explain(event(order(5000)), Known(), rules, Policy())

    assert [verdict.outcome for verdict in verdicts] == ["exclusive", "applied", "exclusive"]
    assert [step for verdict in verdicts for step in verdict.steps] == worth(order(5000), *rules).receipt["steps"]
