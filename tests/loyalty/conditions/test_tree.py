"""Reading a tree: every fault is named with its path, and no input outgrows the bounds."""

from typing import Any

import pytest

from loyalty.conditions import tree
from loyalty.conditions.faults import ConditionError
from loyalty.conditions.tree import Group, Leaf

TIER = {"fact": "member.tier", "op": "eq", "value": "gold"}
SPEND = {"fact": "metric.spend", "op": "gte", "value": 10000, "window": {"days": 365}}


def nested(depth: int) -> dict[str, Any]:
    raw: dict[str, Any] = TIER
    for _level in range(depth):
        raw = {"all": [raw]}
    return raw


def test_a_leaf_knows_its_source_and_what_it_looks_up() -> None:
    read = tree.read({"any": [TIER, SPEND]})

    assert isinstance(read, Group)
    assert [(leaf.source, leaf.name, leaf.key, leaf.path) for leaf in tree.leaves(read)] == [
        ("fact", "member.tier", "member.tier", "any.0"),
        ("metric", "spend", "metric.spend@365d", "any.1"),
    ]


def test_two_comparisons_of_one_number_share_the_key_and_counted_days_do_not() -> None:
    more = {**SPEND, "op": "lt", "value": 5}
    days = {**SPEND, "window": {"days": 365, "count": "days"}}

    keys = [leaf.key for leaf in tree.leaves(tree.read({"all": [SPEND, more, days]}))]

    assert keys == ["metric.spend@365d", "metric.spend@365d", "metric.spend@365d#days"]


@pytest.mark.parametrize("raw", [{}, {"all": []}])
def test_nothing_asked_always_holds(raw: dict[str, Any]) -> None:
    assert tree.read(raw) is None


def test_lists_are_read_as_tuples_and_dates_as_dates() -> None:
    read = tree.read({"all": [{**TIER, "op": "in", "value": ["gold"]}, {**TIER, "op": "on", "value": "2026-05-01"}]})

    assert [type(leaf.value).__name__ for leaf in tree.leaves(read)] == ["tuple", "date"]


def test_groups_nest_to_the_bound_and_no_deeper() -> None:
    assert isinstance(tree.read(nested(tree.MAX_DEPTH)), Group)

    with pytest.raises(ConditionError) as refused:
        tree.read(nested(tree.MAX_DEPTH + 1))

    assert (refused.value.code, refused.value.param) == (
        "condition_too_deep",
        "all.0.all.0.all.0.all.0.all.0.all.0.all",
    )


def test_a_depth_bomb_costs_no_more_than_the_bound() -> None:
    with pytest.raises(ConditionError) as refused:
        tree.read(nested(100_000))

    assert refused.value.code == "condition_too_deep"


def test_a_million_comparisons_are_refused_at_the_first_one_too_many() -> None:
    assert len(list(tree.leaves(tree.read({"all": [TIER] * tree.MAX_LEAVES})))) == tree.MAX_LEAVES

    with pytest.raises(ConditionError) as refused:
        tree.read({"all": [TIER] * 1_000_000})

    assert (refused.value.code, refused.value.param) == ("condition_too_large", "all.60")
    assert refused.value.message.count("60") == 1


@pytest.mark.parametrize(
    ("raw", "code", "param"),
    [
        (None, "condition_shape", None),
        ([], "condition_shape", None),
        ("all", "condition_shape", None),
        ({"all": TIER}, "condition_shape", None),
        ({"every": [TIER]}, "condition_shape", None),
        ({"all": [TIER], "any": [TIER]}, "condition_shape", None),
        ({"all": [{}]}, "condition_shape", "all.0"),
        ({"all": [TIER, 5]}, "condition_shape", "all.1"),
        ({1: [TIER]}, "condition_shape", None),
        ({"any": []}, "condition_empty_group", "any"),
        ({"all": [{"none": []}]}, "condition_empty_group", "all.0.none"),
        ({"at_least": 1, "of": []}, "condition_empty_group", "of"),
        ({"at_least": 0, "of": [TIER]}, "condition_count", "at_least"),
        ({"at_least": 2, "of": [TIER]}, "condition_count", "at_least"),
        ({"all": [{"at_least": True, "of": [TIER]}]}, "condition_count", "all.0.at_least"),
        ({"at_least": 1}, "condition_shape", None),
        ({"at_least": 1, "of": [TIER], "any": [TIER]}, "condition_shape", None),
        ({"at_least": 1, "of": [{**TIER, "value": ""}]}, "condition_text", "of.0.value"),
        ({**TIER, "fact": 7}, "condition_shape", None),
        ({**TIER, "fact": "metric."}, "condition_unknown_fact", "fact"),
        ({**TIER, "code": "__import__('os')"}, "condition_shape", None),
        ({**TIER, "op": None}, "condition_shape", "op"),
        ({**TIER, "op": "regex"}, "condition_unknown_operator", "op"),
        ({**TIER, "op": ["eq"]}, "condition_shape", "op"),
        ({"all": [{"fact": "member.tier", "op": "eq"}]}, "condition_number", "all.0.value"),
        ({**TIER, "value": ""}, "condition_text", "value"),
        ({**TIER, "value": "a\0b"}, "condition_text", "value"),
        ({**TIER, "value": "\ud800"}, "condition_text", "value"),
        ({**TIER, "value": "x" * 201}, "condition_text", "value"),
        ({**TIER, "value": {"$gt": ""}}, "condition_text", "value"),
        ({**TIER, "value": True}, "condition_number", "value"),
        ({**TIER, "value": 1.5}, "condition_number", "value"),
        ({**TIER, "value": 10**15 + 1}, "condition_number", "value"),
        ({**TIER, "op": "between", "value": [1]}, "condition_range", "value"),
        ({**TIER, "op": "between", "value": [2, 1]}, "condition_range", "value"),
        ({**TIER, "op": "between", "value": [1, "2"]}, "condition_number", "value.1"),
        ({**TIER, "op": "in", "value": "gold"}, "condition_list", "value"),
        ({**TIER, "op": "in", "value": []}, "condition_list", "value"),
        ({**TIER, "op": "in", "value": ["gold", 1]}, "condition_text", "value.1"),
        ({**TIER, "op": "before", "value": "20260501"}, "condition_date", "value"),
        ({**TIER, "op": "before", "value": "2026-02-29"}, "condition_date", "value"),
        ({**TIER, "op": "before", "value": 5}, "condition_date", "value"),
        ({**TIER, "op": "in_last_days", "value": 0}, "condition_number", "value"),
        ({**TIER, "op": "within_days", "value": 365}, "condition_number", "value"),
        ({**TIER, "op": "month_is", "value": 13}, "condition_month", "value"),
        ({**TIER, "op": "month_is", "value": "May"}, "condition_month", "value"),
        ({**TIER, "op": "empty", "value": 1}, "condition_no_value", "value"),
        ({**TIER, "window": {"days": 3}}, "condition_no_window", "window"),
        ({**SPEND, "window": None}, "condition_window", "window"),
        ({**SPEND, "window": {}}, "condition_window", "window"),
        ({**SPEND, "window": {"days": 3, "lifetime": True}}, "condition_window", "window"),
        ({**SPEND, "window": {"days": True}}, "condition_number", "window.days"),
        ({**SPEND, "window": {"days": 3661}}, "condition_number", "window.days"),
        ({**SPEND, "window": {"calendar": "week"}}, "condition_window", "window"),
        ({**SPEND, "window": {"calendar": []}}, "condition_window", "window"),
        ({**SPEND, "window": {"lifetime": 1}}, "condition_window", "window"),
        ({**SPEND, "window": {"days": 3, "count": "rows"}}, "condition_window", "window"),
    ],
)
def test_what_cannot_be_read_is_refused_with_its_place(raw: Any, code: str, param: str | None) -> None:
    with pytest.raises(ConditionError) as refused:
        tree.read(raw)

    assert (refused.value.code, refused.value.param) == (code, param)
    assert refused.value.status == 400


def test_what_was_read_cannot_be_changed_by_changing_the_input() -> None:
    raw: dict[str, Any] = {"all": [{**TIER, "op": "in", "value": ["gold"]}]}
    read = tree.read(raw)

    raw["all"][0]["value"].append("silver")
    raw["all"].append(SPEND)

    assert [leaf.value for leaf in tree.leaves(read)] == [("gold",)]
    assert isinstance(next(tree.leaves(read)), Leaf)
