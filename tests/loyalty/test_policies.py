"""Policies over time: what was in force when, changed by version, with a reason, never for the past."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from loyalty import policies, policybook
from loyalty import programme as programmes
from loyalty.errors import LoyaltyError
from loyalty.models import Currency, PolicyVersion, Programme
from tests.cast import NOW

pytestmark = pytest.mark.django_db

HOUR = timedelta(hours=1)


def publish(changes: dict[str, Any], **more: Any) -> PolicyVersion:
    return policies.publish(**{"changes": changes, "by": None, "now": NOW, "reason": "为了周年庆"} | more)


def stacking(name: str) -> dict[str, Any]:
    return {"programme": {"stacking": name}}


def refusal(changes: dict[str, Any], **more: Any) -> tuple[str, str | None]:
    with pytest.raises(LoyaltyError) as caught:
        publish(changes, **more)
    return caught.value.code, caught.value.param


def test_while_nothing_was_published_the_row_counts_for_all_time() -> None:
    Programme.objects.filter(pk=1).update(stacking="multiplicative")

    found = policybook.in_force(NOW - 400 * 24 * HOUR, programmes.current())

    assert (found.stacking, found.version) == ("multiplicative", 0)


def test_a_change_is_a_version_and_the_past_keeps_its_own() -> None:
    """What happened before is decided as before; the receipt will name the version."""
    publish(stacking("multiplicative"))

    house = programmes.current()
    before, at, after = (policybook.in_force(NOW + step, house) for step in (-HOUR / 3600, 0 * HOUR, HOUR))
    assert [(each.stacking, each.version) for each in (before, at, after)] == [
        ("additive", 1),
        ("multiplicative", 2),
        ("multiplicative", 2),
    ]
    assert house.stacking == "multiplicative"
    assert after.note["version"] == 2


def test_a_version_says_what_it_changed_from_what() -> None:
    version = publish({"programme": {"multiplier_ceiling": "2.20"}, "currencies": {"points": {"grace_days": 5}}})

    assert version.terms["changed"] == {
        "programme": {"multiplier_ceiling": "2.2"},
        "currencies": {"points": {"grace_days": 5}},
    }
    assert version.terms["before"] == {
        "programme": {"multiplier_ceiling": None},
        "currencies": {"points": {"grace_days": 0}},
    }
    assert set(version.terms["programme"]) == set(policybook.PROGRAMME)
    assert programmes.current().multiplier_ceiling == Decimal("2.2")
    assert Currency.objects.get(code="points").grace_days == 5


def test_a_change_for_later_waits_for_its_instant() -> None:
    publish(stacking("multiplicative"), effective_from=NOW + HOUR)
    publish({"programme": {"rounding_mode": "ceil"}}, now=NOW + HOUR / 2)

    house = programmes.current()
    early, late = (policybook.in_force(NOW + hours * HOUR, house) for hours in (0.75, 1))
    assert (house.stacking, house.rounding_mode) == ("additive", "ceil")
    assert (early.stacking, early.rounding_mode) == ("additive", "ceil")
    assert (late.stacking, late.rounding_mode, late.version) == ("multiplicative", "ceil", 2)


def test_the_rows_follow_when_the_time_has_come_and_only_once() -> None:
    publish(stacking("multiplicative") | {"currencies": {"points": {"expiry_length": 24}}}, effective_from=NOW + HOUR)

    moved = [policies.apply_due(now=NOW + hours * HOUR) for hours in (0.5, 1, 2)]

    assert moved == [0, 2, 0]
    assert programmes.current().stacking == "multiplicative"
    assert Currency.objects.get(code="points").expiry_length == 24


def test_a_later_change_is_not_undone_by_one_that_came_into_force_before() -> None:
    publish(stacking("multiplicative"), effective_from=NOW + HOUR)
    policies.apply_due(now=NOW + HOUR)
    publish(stacking("additive"), now=NOW + 2 * HOUR)

    policies.apply_due(now=NOW + 3 * HOUR)

    assert programmes.current().stacking == "additive"


def test_what_was_decided_is_not_decided_anew() -> None:
    assert refusal(stacking("multiplicative"), effective_from=NOW - HOUR) == ("policy_in_the_past", "effective_from")


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, ("policy_unchanged", None)),
        (stacking("additive"), ("policy_unchanged", None)),
        ({"house": {}}, ("policy_unknown", "house")),
        ({"programme": {"name_zh": "x"}}, ("policy_unknown", "programme.name_zh")),
        ({"currencies": {"gold": {}}}, ("policy_unknown", "currencies.gold")),
        (stacking("sideways"), ("policy_invalid", "programme.stacking")),
        ({"programme": {"multiplier_ceiling": "0.5"}}, ("policy_invalid", "programme.multiplier_ceiling")),
        ({"programme": {"timezone": "Moon/Base"}}, ("policy_invalid", "programme.timezone")),
        ({"programme": {"currency": "XYZW"}}, ("policy_invalid", "programme.currency")),
        ({"programme": {"currency": "QQQ"}}, ("unknown_currency", "currency")),
        ({"currencies": {"points": {"recoup_percent": 0}}}, ("policy_invalid", "currencies.points.recoup_percent")),
        ({"currencies": {"points": {"expiry_dates": ["30-06"]}}}, ("policy_invalid", "currencies.points.expiry_dates")),
        ({"currencies": {"points": {"expiry_mode": "dates"}}}, ("policy_invalid", "currencies.points.expiry_dates")),
    ],
)
def test_what_cannot_stand_is_refused_and_nothing_is_written(
    changes: dict[str, Any], expected: tuple[str, str]
) -> None:
    assert refusal(changes) == expected
    assert not PolicyVersion.objects.exists()


def test_a_change_without_a_reason_is_refused() -> None:
    assert refusal(stacking("multiplicative"), reason="  ") == ("policy_reason", "reason")


def test_the_same_change_twice_is_one_version() -> None:
    publish(stacking("multiplicative"))

    assert refusal(stacking("multiplicative"))[0] == "policy_unchanged"
    assert PolicyVersion.objects.count() == 2


def test_every_policy_is_a_column() -> None:
    """The declared lists name columns, each once."""
    for model, names in ((Programme, policybook.PROGRAMME), (Currency, policybook.CURRENCY)):
        columns = {field.name for field in model._meta.get_fields()}
        assert set(names) <= columns
        assert len(set(names)) == len(names)
