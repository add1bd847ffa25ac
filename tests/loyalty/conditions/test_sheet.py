"""The sheet: moved in memory, exact about what it knows, silent about nothing."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from loyalty import conditions
from loyalty.conditions.sheet import Need, TallySheet, load_sheet
from loyalty.conditions.windows import LIFETIME, Window
from loyalty.models import Account, Metric, Tally

DAY = date(2026, 5, 17)
WEEK = Window("days", 7)
WEEK_DAYS = Window("days", 7, counts_days=True)
LIFETIME_DAYS = Window("lifetime", counts_days=True)


@pytest.fixture
def store(db: None) -> Callable[..., Account]:
    """Writes an account with the days of one metric."""
    metric, _made = Metric.objects.get_or_create(code="t_visits", defaults={"name_zh": "v", "name_en": "v"})

    def write(number: str, **days: int) -> Account:
        account = Account.objects.create(number=number, opened_at=datetime(2026, 1, 1, tzinfo=UTC))
        for day, value in days.items():
            Tally.objects.create(account=account, metric=metric, day=date.fromisoformat(day[1:]), value=value)
        return account

    return write


def test_what_is_added_is_seen_at_once_and_noted_as_a_change() -> None:
    sheet = TallySheet({"visits": Need(date(2026, 5, 1))})

    sheet.add(7, "visits", DAY, 3)
    sheet.add(7, "visits", date(2026, 5, 11), 1)
    sheet.add(7, "visits", date(2026, 5, 10), 50)
    sheet.add(7, "visits", DAY, -1)
    sheet.add(7, "unasked", DAY, 4)

    assert sheet.value(7, "visits", WEEK, DAY) == 3
    assert sheet.value(7, "visits", WEEK_DAYS, DAY) == 2
    assert sheet.sum_between(7, "visits", date(2026, 5, 10), date(2026, 5, 10)) == 50
    assert sheet.value(8, "visits", WEEK, DAY) == 0
    assert sheet.changes == {
        (7, "visits", DAY): 2,
        (7, "visits", date(2026, 5, 11)): 1,
        (7, "visits", date(2026, 5, 10)): 50,
        (7, "unasked", DAY): 4,
    }


def test_an_earlier_event_of_the_batch_does_not_see_later_days() -> None:
    sheet = TallySheet({"visits": Need(date(2026, 5, 1), lifetime=True)})

    sheet.add(7, "visits", DAY, 3)

    assert sheet.value(7, "visits", LIFETIME, date(2026, 5, 16)) == 0
    assert sheet.value(7, "visits", LIFETIME, DAY) == 3


@pytest.mark.parametrize(
    ("window", "as_of"),
    [(LIFETIME, DAY), (Window("days", 18), DAY), (WEEK, date(2026, 5, 6))],
)
def test_asking_beyond_what_was_loaded_is_an_error_not_a_wrong_answer(window: Window, as_of: date) -> None:
    sheet = TallySheet({"visits": Need(date(2026, 5, 1))})

    with pytest.raises(LookupError, match="visits is asked for"):
        sheet.value(7, "visits", window, as_of)
    with pytest.raises(LookupError, match="other was not loaded"):
        sheet.value(7, "other", window, as_of)


def test_a_day_before_the_batch_moves_the_lifetime_sum_and_makes_its_days_unknown() -> None:
    sheet = TallySheet({"visits": Need(DAY, lifetime=True)})
    sheet.place_before(7, "visits", 10, 4)

    sheet.add(7, "visits", date(2026, 1, 1), -2)
    sheet.place_before(8, "visits", 1, 1)

    assert sheet.value(7, "visits", LIFETIME, DAY) == 8
    assert sheet.value(8, "visits", LIFETIME_DAYS, DAY) == 1
    with pytest.raises(LookupError, match="a day before 2026-05-17 moved"):
        sheet.value(7, "visits", LIFETIME_DAYS, DAY)


def test_needs_reach_back_to_the_longest_window_of_each_metric() -> None:
    def leaf(code: str, window: dict[str, Any]) -> dict[str, Any]:
        return {"fact": f"metric.{code}", "op": "gte", "value": 1, "window": window}

    raw = {
        "all": [
            leaf("visits", {"days": 30}),
            leaf("visits", {"calendar": "year"}),
            leaf("visits", {"lifetime": True}),
            leaf("spend", {"days": 1}),
            {"fact": "member.tier", "op": "eq", "value": "gold"},
        ]
    }

    wanted = conditions.needs(conditions.compile(raw).leaves, first_day=DAY)

    assert wanted == {"visits": Need(date(2026, 1, 1), lifetime=True), "spend": Need(DAY)}


def test_loading_takes_two_queries_for_any_number_of_accounts_and_metrics(store: Callable[..., Account]) -> None:
    accounts = [store(f"T{place}", d20260517=place, d20251224=2, d20251225=0) for place in range(5)]
    wanted = {"t_visits": Need(DAY, lifetime=True), "t_other": Need(DAY)}

    with CaptureQueriesContext(connection) as one:
        load_sheet([accounts[0].pk], wanted)
    with CaptureQueriesContext(connection) as five:
        sheet = load_sheet([account.pk for account in accounts], wanted)

    assert (len(one), len(five)) == (2, 2)
    assert [sheet.value(account.pk, "t_visits", LIFETIME, DAY) for account in accounts] == [2, 3, 4, 5, 6]
    assert [sheet.value(account.pk, "t_visits", LIFETIME_DAYS, DAY) for account in accounts] == [1, 2, 2, 2, 2]
    assert sheet.changes == {}


def test_nothing_is_asked_of_the_database_where_nothing_is_needed(store: Callable[..., Account]) -> None:
    account = store("T1", d20260517=1)

    with CaptureQueriesContext(connection) as queries:
        load_sheet([account.pk], {})
        load_sheet([], {"t_visits": Need(DAY)})

    assert len(queries) == 0
