"""When rules are awake, to the second, by the programme's clock and the member's."""

from datetime import UTC, datetime
from typing import Any

import pytest

from loyalty.deciding.schedule import compile_schedule
from tests.loyalty.deciding.desk import event, multiply, order, rate, rule, worth

ELEVENTH = {"dates": ["11-11"]}
LAST_SECOND = datetime(2026, 11, 11, 15, 59, 59, tzinfo=UTC)
MIDNIGHT = datetime(2026, 11, 11, 16, 0, tzinfo=UTC)
TOKYO_MIDNIGHT = datetime(2026, 11, 11, 15, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("at", "clock", "member_zone", "expected"),
    [
        (LAST_SECOND, "programme", "", 200),
        (MIDNIGHT, "programme", "", 100),
        (TOKYO_MIDNIGHT, "programme", "Asia/Tokyo", 200),
        (TOKYO_MIDNIGHT, "member", "Asia/Tokyo", 100),
        (TOKYO_MIDNIGHT, "member", "", 200),
    ],
)
def test_a_double_day_ends_at_midnight_of_its_clock(at: datetime, clock: str, member_zone: str, expected: int) -> None:
    """E12: 11 November in Shanghai, and by a member's clock in Tokyo."""
    double = rule(2, multiply("2"), schedule=ELEVENTH | {"clock": clock})

    decided = worth(order(10000), rule(1, rate()), double, at=at, member_zone=member_zone)

    assert decided.total() == expected


def fault(raw: dict[str, Any], at: str) -> str:
    schedule = compile_schedule(raw)
    return schedule.fault(event({}, at=datetime.fromisoformat(at))) if schedule else ""


@pytest.mark.parametrize(
    ("raw", "at", "expected"),
    [
        ({"from": "2026-11-01"}, "2026-10-31T15:59:59Z", "from"),
        ({"from": "2026-11-01"}, "2026-10-31T16:00:00Z", ""),
        ({"until": "2026-11-02T00:00"}, "2026-11-01T15:59:59Z", ""),
        ({"until": "2026-11-02T00:00"}, "2026-11-01T16:00:00Z", "until"),
        ({"until": "2026-11-02T00:00+09:00"}, "2026-11-01T15:00:00Z", "until"),
        ({"weekdays": [6, 7]}, "2026-11-01T04:00:00Z", ""),
        ({"weekdays": [6, 7]}, "2026-11-02T04:00:00Z", "weekdays"),
        ({"days_of_month": [18]}, "2026-11-18T04:00:00Z", ""),
        ({"days_of_month": [18]}, "2026-11-19T04:00:00Z", "days_of_month"),
        ({"dates": ["02-29"]}, "2028-02-29T04:00:00Z", ""),
        ({"hours": [["10:00", "14:00"]]}, "2026-11-01T02:00:00Z", ""),
        ({"hours": [["10:00", "14:00"]]}, "2026-11-01T06:00:00Z", "hours"),
        ({"hours": [["22:00", "02:00"]]}, "2026-11-01T17:59:59Z", ""),
        ({"hours": [["22:00", "02:00"]]}, "2026-11-01T18:00:00Z", "hours"),
        ({"hours": [["22:00", "24:00"]]}, "2026-11-01T15:59:59Z", ""),
        ({"weekdays": [7], "hours": [["10:00", "14:00"]]}, "2026-11-01T15:00:00Z", "hours"),
        ({"clock": "member", "weekdays": []}, "2026-11-01T15:00:00Z", ""),
    ],
)
def test_every_part_must_hold_and_every_end_is_open(raw: dict[str, Any], at: str, expected: str) -> None:
    assert fault(raw, at) == expected
