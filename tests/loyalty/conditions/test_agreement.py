"""One meaning, two compilers: what the predicate says of an account, SQL says too."""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pytest_django import DjangoDbBlocker

from loyalty import conditions
from loyalty.conditions import operators, predicate, query, wording
from loyalty.conditions.tree import Leaf
from loyalty.models import Tally
from loyalty.registry import Fact
from members.groups import segments
from tests.loyalty.conditions import population
from tests.loyalty.conditions.population import DAYS, EDGES, HANGING, METRICS, TREES, WINDOWS

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module", params=[1, 2, 3])
def ids(
    request: pytest.FixtureRequest, django_db_setup: None, django_db_blocker: DjangoDbBlocker, probes: None
) -> Iterator[list[int]]:
    """A population that every example of this module shares; gone afterwards."""
    with django_db_blocker.unblock(), transaction.atomic():
        yield population.settle(request.param)
        transaction.set_rollback(True)


def judged(tree: dict[str, Any], ids: list[int], as_of: date) -> set[int]:
    """The accounts for which the predicate holds, from facts and tallies loaded as for a batch."""
    holds = conditions.compile(tree)
    crowds = conditions.Crowds(holds.leaves)
    leaves = [*holds.leaves, *crowds.leaves]
    facts = conditions.load_facts(ids, conditions.facts(leaves))
    sheet = conditions.load_sheet(ids, conditions.needs(leaves, first_day=as_of))

    def lookup(leaf: Leaf) -> Any:
        if leaf.window is not None:
            anchor = facts[account_id].get(leaf.window.anchor)
            return sheet.value(account_id, leaf.name, leaf.window, as_of, anchor)
        found = facts[account_id][leaf.fact]
        return crowds.value(leaf.fact, lookup, found, as_of) if leaf.fact in crowds else found

    chosen = set()
    for account_id in ids:
        if holds(lookup, as_of):
            chosen.add(account_id)
            assert holds.first_failure(lookup, as_of) is None
        else:
            failure = holds.first_failure(lookup, as_of)
            assert failure in [finding for finding in holds.explain(lookup, as_of) if not finding.ok]
    return chosen


@settings(max_examples=150, suppress_health_check=[HealthCheck.too_slow])
@given(tree=TREES, as_of=DAYS)
def test_predicate_and_sql_choose_the_same_accounts(ids: list[int], tree: dict[str, Any], as_of: date) -> None:
    chosen = conditions.accounts(tree, as_of=as_of).filter(pk__in=ids).values_list("pk", flat=True)

    assert sorted(chosen) == sorted(judged(tree, ids, as_of))


ASKED = {"one": "t-gold", "two": [1, 5], "many": ["t-gold", "t-list"], "date": "2025-02-28", "days": 40, "ahead": 9}


@pytest.mark.parametrize("fact", population.FACTS, ids=lambda fact: fact.code)
def test_every_fact_is_asked_alike_by_each_of_its_comparisons(ids: list[int], fact: Fact) -> None:
    as_of = date(2025, 3, 1)
    for operator in operators.suiting(fact.type, counted=fact.code == segments.FACT):
        value = {**ASKED, "nothing": None, "month": 2}[operator.takes]
        if operator.takes == "one" and fact.type in operators.NUMERIC:
            value = 1
        tree = {"fact": fact.code, "op": operator.code, "value": value}
        chosen = conditions.accounts(tree, as_of=as_of).filter(pk__in=ids).values_list("pk", flat=True)
        assert sorted(chosen) == sorted(judged(tree, ids, as_of)), operator.code


@settings(max_examples=80)
@given(window=HANGING, op=st.sampled_from(["gte", "lt", "eq"]), value=st.integers(0, 6), as_of=DAYS)
def test_both_count_alike_since_a_date_of_one_s_own(
    ids: list[int], window: dict[str, Any], op: str, value: int, as_of: date
) -> None:
    """E66: a year of membership begins on the anniversary, that of 29 February on the 28th in common years."""
    tree = {"fact": "metric.t_orders", "op": op, "value": value, "window": window}
    chosen = conditions.accounts(tree, as_of=as_of).filter(pk__in=ids).values_list("pk", flat=True)

    assert sorted(chosen) == sorted(judged(tree, ids, as_of))


@settings(max_examples=60)
@given(tree=TREES, other=TREES, as_of=DAYS)
def test_filters_combine_like_any_other(
    ids: list[int], tree: dict[str, Any], other: dict[str, Any], as_of: date
) -> None:
    both = conditions.where(tree, as_of=as_of) & ~conditions.where(other, as_of=as_of)

    chosen = conditions.accounts({}, as_of=as_of).filter(both, pk__in=ids).values_list("pk", flat=True)

    assert sorted(chosen) == sorted(judged(tree, ids, as_of) - judged(other, ids, as_of))


@settings(max_examples=60)
@given(window=WINDOWS, first=DAYS, later=st.integers(0, 400), code=st.sampled_from(METRICS))
def test_a_sheet_answers_any_later_day_of_the_batch_as_the_rows_do(
    ids: list[int], window: dict[str, Any], first: date, later: int, code: str
) -> None:
    leaf = conditions.compile({"fact": f"metric.{code}", "op": "eq", "value": 0, "window": window}).leaves[0]
    assert leaf.window is not None
    as_of = first + timedelta(days=later)
    sheet = conditions.load_sheet(ids, conditions.needs([leaf], first_day=first))
    begin, last = conditions.bounds(leaf.window, as_of)

    answers = [sheet.value(account_id, code, leaf.window, as_of) for account_id in ids]

    rows = list(Tally.objects.filter(account__in=ids, metric__code=code).values_list("account", "day", "value"))
    inside = [(owner, value) for owner, day, value in rows if (begin or date.min) <= day <= last]
    if leaf.window.counts_days:
        inside = [(owner, 1) for owner, value in inside if value > 0]
    assert answers == [sum(value for owner, value in inside if owner == account_id) for account_id in ids]


@pytest.mark.parametrize("as_of", EDGES, ids=date.isoformat)
def test_both_keep_birthdays_alike_around_the_edges_of_months_and_years(ids: list[int], as_of: date) -> None:
    """E63: born on 29 February."""
    asked = [("on_day", None), ("within_days", 1), ("within_days", 60), ("month_is", "current"), ("month_is", 2)]

    for op, value in asked:
        tree = {"fact": "member.birthday", "op": op, "value": value}
        chosen = conditions.accounts(tree, as_of=as_of).filter(pk__in=ids).values_list("pk", flat=True)
        assert sorted(chosen) == sorted(judged(tree, ids, as_of)), op


def test_every_comparison_is_known_to_both_compilers_and_to_the_sentence() -> None:
    codes = set(operators.OPERATORS)

    assert set(predicate.TESTS) == codes
    assert set(query.BUILDS) | {"empty", "not_empty"} == codes
    assert set(wording.PHRASES) == codes
