"""The predicate: groups, missing values, reasons, and speed."""

import sys
from datetime import date
from typing import Any

import pytest

from loyalty import conditions
from loyalty.conditions import operators
from loyalty.conditions.tree import Leaf

AS_OF = date(2026, 5, 17)
GOLD = {"fact": "member.tier", "op": "eq", "value": "gold"}
BIG = {"fact": "event.amount", "op": "gte", "value": 10000}
WEB = {"fact": "event.channel", "op": "eq", "value": "web"}


def judge(raw: dict[str, Any], **values: Any) -> bool:
    return conditions.compile(raw)(lambda leaf: values.get(leaf.fact.rpartition(".")[2]), AS_OF)


def test_nothing_asked_holds_without_asking_anything() -> None:
    def lookup(leaf: Leaf) -> Any:
        raise AssertionError(leaf)

    holds = conditions.compile({})

    assert holds(lookup, AS_OF) is True
    assert (holds.leaves, holds.explain(lookup, AS_OF), holds.first_failure(lookup, AS_OF)) == ((), [], None)


@pytest.mark.parametrize(
    ("way", "expected"),
    [("all", [False, False, True]), ("any", [False, True, True]), ("none", [True, False, False])],
)
def test_groups_hold_for_all_any_or_none(way: str, expected: list[bool]) -> None:
    raw = {way: [GOLD, BIG]}

    found = [judge(raw, tier="new", amount=1), judge(raw, tier="gold", amount=1), judge(raw, tier="gold", amount=10000)]

    assert found == expected


@pytest.mark.parametrize(("least", "expected"), [(1, [False, True, True]), (2, [False, False, True])])
def test_so_many_of_a_group_must_hold(least: int, expected: list[bool]) -> None:
    raw = {"at_least": least, "of": [GOLD, BIG]}

    found = [judge(raw, tier="new", amount=1), judge(raw, tier="gold", amount=1), judge(raw, tier="gold", amount=10000)]

    assert found == expected


VALUES = {"one": "x", "two": [1, 2], "many": ["x"], "date": "2026-05-01", "days": 3, "ahead": 3, "month": 5}


@pytest.mark.parametrize("missing", [None, ""])
def test_a_missing_value_satisfies_only_the_comparisons_that_say_not(missing: str | None) -> None:
    held = []
    for op, operator in operators.OPERATORS.items():
        value = None if operator.takes == "nothing" else VALUES[operator.takes]
        numeric = operator.takes == "one" and operators.TEXT.isdisjoint(operator.types)
        if missing == "" and (numeric or op in {"between", "is_true", "is_false"}):
            continue  # an empty text is no number and no answer
        if judge({"fact": "probe.value", "op": op, "value": 5 if numeric else value}, value=missing):
            held.append(op)

    assert held == ["ne", "not_in", "has_none", "not_in_last_days", "empty"]


@pytest.mark.parametrize(
    ("op", "value", "holding", "failing"),
    [
        ("eq", 5, [5], [4, -5]),
        ("ne", 5, [4], [5]),
        ("gt", 5, [6], [5]),
        ("gte", 5, [5], [4]),
        ("lt", 5, [4], [5]),
        ("lte", 5, [5], [6]),
        ("between", [2, 4], [2, 3, 4], [1, 5]),
        ("contains", "b", ["abc"], ["ABC", "ac"]),
        ("starts_with", "ab", ["abc", "ab"], ["cab", "a"]),
        ("in", ["a", "b"], ["a", "b"], ["c"]),
        ("not_in", ["a", "b"], ["c"], ["a"]),
        ("before", "2026-05-01", [date(2026, 4, 30), "2026-04-30"], [date(2026, 5, 1)]),
        ("after", "2026-05-01", [date(2026, 5, 2)], [date(2026, 5, 1), "2026-05-01"]),
        ("on", "2026-05-01", [date(2026, 5, 1), "2026-05-01"], [date(2025, 5, 1)]),
        ("in_last_days", 7, [AS_OF, date(2026, 5, 11)], [date(2026, 5, 10), date(2026, 5, 18)]),
        ("not_in_last_days", 7, [date(2026, 5, 10), date(2026, 5, 18)], [AS_OF]),
        ("on_day", None, [date(1990, 5, 17)], [date(1990, 5, 16), date(1990, 6, 17)]),
        ("within_days", 2, [date(1990, 5, 17), date(1990, 5, 19)], [date(1990, 5, 16), date(1990, 5, 20)]),
        ("month_is", 5, [date(1990, 5, 1)], [date(1990, 6, 1)]),
        ("month_is", "current", [date(1990, 5, 31), "1990-05-31"], [date(1990, 4, 30)]),
        ("is_true", None, [True], [False]),
        ("is_false", None, [False], [True]),
        ("empty", None, [""], ["a", 0, False]),
        ("not_empty", None, ["a", 0, False], [""]),
    ],
)
def test_a_comparison_holds_for_these_and_not_for_those(
    op: str, value: Any, holding: list[Any], failing: list[Any]
) -> None:
    raw = {"fact": "probe.value", "op": op, "value": value}

    assert [judge(raw, value=each) for each in holding] == [True] * len(holding)
    assert [judge(raw, value=each) for each in failing] == [False] * len(failing)


def test_the_first_failure_names_what_was_asked_and_what_was_found() -> None:
    holds = conditions.compile({"all": [GOLD, {"any": [BIG, WEB]}]})
    values = {"member.tier": "gold", "event.amount": 8800, "event.channel": "app"}

    failure = holds.first_failure(lambda leaf: values[leaf.fact], AS_OF)

    assert failure is not None
    assert (failure.leaf.path, failure.actual, failure.ok, failure.negated) == ("all.1.any.0", 8800, False, False)


def test_under_none_the_failure_is_the_comparison_that_held() -> None:
    holds = conditions.compile({"none": [WEB, {"all": [GOLD, BIG]}]})
    values = {"member.tier": "gold", "event.amount": 10000, "event.channel": "app"}

    failure = holds.first_failure(lambda leaf: values[leaf.fact], AS_OF)
    findings = holds.explain(lambda leaf: values[leaf.fact], AS_OF)

    assert failure is not None
    assert (failure.leaf.path, failure.ok, failure.negated) == ("none.1.all.0", False, True)
    assert [(finding.leaf.path, finding.ok) for finding in findings] == [
        ("none.0", True),
        ("none.1.all.0", False),
        ("none.1.all.1", False),
    ]


def test_a_refusal_leaves_the_later_comparisons_unasked() -> None:
    asked = []

    def lookup(leaf: Leaf) -> Any:
        asked.append(leaf.fact)
        return None

    conditions.compile({"all": [GOLD, BIG, WEB]})(lookup, AS_OF)

    assert asked == ["member.tier"]


def test_judging_a_simple_condition_takes_four_calls_and_no_more() -> None:
    """Twenty rules on a thousand events are judged in every batch: all that can be done once is done by compiling."""
    holds, values = conditions.compile(BIG), {"event.amount": 12000}
    called: list[str] = []

    def lookup(leaf: Leaf) -> Any:
        return values[leaf.key]

    sys.setprofile(lambda frame, event, _arg: called.append(frame.f_code.co_name) if event == "call" else None)
    try:
        judged = holds(lookup, AS_OF)
    finally:
        sys.setprofile(None)

    assert judged
    assert (len(called), called.count("lookup")) == (4, 1)
