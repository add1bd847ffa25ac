"""The nightly review."""

from datetime import date, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from loyalty import jobs
from loyalty.models import Account, Event, JobRun
from members.climbing import reviewing, tiers
from members.models import Member, Standing
from tests import cast

pytestmark = pytest.mark.django_db
NEW_YEAR = datetime(2026, 12, 31, 16, 30, tzinfo=cast.NOW.tzinfo)  # half past midnight of 1 January in Shanghai
YEARLY = {"window": "calendar_year", "validity": "calendar_year"}


def risen(count: int, growth: int = 2500, **policies: object) -> list[Member]:
    """Members who reached gold by growth this March."""
    cast.ladder(**{**YEARLY, **policies})
    members = [cast.member(f"M{place}", phone=f"138{place:08d}") for place in range(count)]
    for member in members:
        cast.give(member.pk, growth, currency="growth")
    tiers.review([member.pk for member in members], {}, cast.NOW)
    return members


def review(at: datetime = NEW_YEAR, day: str = "2027-01-01") -> dict[str, int]:
    return dict(reviewing.review_due(at, day, "").counts)


def code(member: Member) -> str:
    member.refresh_from_db()
    return member.tier.code if member.tier else ""


def test_a_tier_is_reviewed_after_its_last_day() -> None:
    [member] = risen(1)
    standing = Standing.objects.get()

    before = review(day="2026-12-31")
    due = review()

    assert (standing.valid_through, standing.next_review_on) == (date(2026, 12, 31), date(2027, 1, 1))
    assert (before, due) == ({"reviewed": 0, "moved": 0}, {"reviewed": 1, "moved": 0})
    assert (code(member), Standing.objects.get().valid_through) == ("gold", date(2027, 12, 31))


def test_one_step_down_a_year() -> None:
    """E53: nothing earned in a year costs one tier, the next year one more."""
    [member] = risen(1, growth=6000, downgrade="one_step")
    seen = []

    for year in (2027, 2028, 2029, 2030):
        review(NEW_YEAR.replace(year=year - 1), f"{year}-01-01")
        seen.append(code(member))

    assert seen == ["platinum", "gold", "silver", "starter"]
    assert list(member.tier_changes.order_by("pk").values_list("reason", flat=True)) == ["earned", *["review"] * 3]


def test_a_fall_is_told_once_and_has_a_receipt() -> None:
    [member] = risen(1)
    review()
    review(NEW_YEAR.replace(year=2027), "2028-01-01")
    review(NEW_YEAR.replace(year=2027), "2028-01-01")

    change = member.tier_changes.get(reason="review")
    assert Event.objects.filter(kind="tier.downgraded").count() == 1
    assert (change.previous and change.previous.code, change.receipt["outcome"]) == ("gold", "fell")
    assert [(each["value"], each["actual"], each["ok"]) for each in change.receipt["findings"]] == [(2000, 0, False)]


def test_statements_do_not_grow_with_the_range() -> None:
    def cost(count: int) -> int:
        Standing.objects.update(next_review_on=date(2027, 1, 1))
        with CaptureQueriesContext(connection) as seen:
            assert review()["reviewed"] == count
        return len(seen)

    risen(1)
    one = cost(1)
    members = [cast.member(f"N{place}", phone=f"139{place:08d}") for place in range(20)]
    for member in members:
        cast.give(member.pk, 2500, currency="growth")
    tiers.review([member.pk for member in members], {}, cast.NOW)

    assert cost(21) == one


def test_the_walk_goes_on_where_it_was_cut_short(monkeypatch: pytest.MonkeyPatch) -> None:
    risen(5)
    monkeypatch.setattr(reviewing, "RANGE", 2)
    monkeypatch.setattr(reviewing, "RANGES_A_STRIDE", 1)

    runs = jobs.run_due(now=NEW_YEAR, codes={"review_tiers"})

    assert [(run.state, run.counts) for run in runs] == [(JobRun.State.DONE, {"reviewed": 5, "moved": 0})]
    assert not Standing.objects.filter(next_review_on__lte=date(2027, 1, 1)).exists()


def test_closed_memberships_are_not_looked_at_again() -> None:
    [member] = risen(1)
    Account.objects.filter(pk=member.pk).update(status=Account.Status.CLOSED)

    review()

    assert (code(member), Standing.objects.get().next_review_on) == ("gold", None)


def test_spending_a_rolling_year_ends_on_its_day() -> None:
    """E52: growth of 18 March counts through 17 March of the next year."""
    [member] = risen(1, window="rolling", validity="open", window_length=12, window_unit="months")
    standing = Standing.objects.get()

    review(cast.NOW + timedelta(days=364), "2027-03-17")
    eve = code(member)
    review(cast.NOW + timedelta(days=365), "2027-03-18")

    assert standing.next_review_on == date(2027, 3, 18)
    assert (eve, code(member)) == ("gold", "starter")


def test_a_check_in_after_a_fall_takes_no_further_step() -> None:
    """E53: a tier one came down to was not reached by figures, so nothing that happens undoes it before its review."""
    [member] = risen(1, growth=6000, downgrade="one_step")
    review()
    review(NEW_YEAR.replace(year=2027), "2028-01-01")

    tiers.review([member.pk], {}, NEW_YEAR.replace(year=2027) + timedelta(days=40))

    assert code(member) == "gold"


def test_counting_anew_takes_nothing_that_led_to_the_tier() -> None:
    """A ladder that counts since the tier was reached: what came before that day led there and still counts."""
    cast.ladder(window="since_reached", validity="open")
    member = cast.member()
    for days, growth in ((9, 1900), (5, 200)):
        cast.give(member.pk, growth, currency="growth", now=cast.NOW - timedelta(days=days))
        tiers.review([member.pk], {}, cast.NOW - timedelta(days=days))

    tiers.review([member.pk], {}, cast.NOW)

    assert code(member) == "gold"
