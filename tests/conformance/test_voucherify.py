"""C5: the figures of Voucherify's documents: tiers by balance and by what was earned, and when both expire."""

from datetime import UTC, date, datetime, timedelta

import pytest

from loyalty import clock
from loyalty.ledger import lifetimes
from loyalty.models import Currency, Programme
from members.climbing import judging
from members.climbing.stands import Stand
from tests.members.bench import BASIC, GOLD, JOINED, PLATINUM, SILVER, Known, terms, tier

SHANGHAI = "Asia/Shanghai"
BANDS = (tier(BASIC, 0), tier(SILVER, 100), tier(GOLD, 500), tier(PLATINUM, 1000))
JULY_20, JULY_25 = date(2026, 7, 20), date(2026, 7, 25)
NEW = Stand(joined_on=JOINED, earned=BASIC, reached_on=JOINED, term_from=JOINED)


def walk(known: list[tuple[date, Known]], **policy: object) -> tuple[list[int | None], Stand]:
    rules, stand, seen = terms(*BANDS, **policy), NEW, []
    for day, figures in known:
        stand = judging.judge(rules, stand, figures, day).stand
        seen.append(stand.earned)
    return seen, stand


def test_by_balance_a_tier_goes_with_the_points() -> None:
    """C5: +100 silver, −50 basic, +500 (550) gold."""
    seen, _stand = walk([(JULY_20, Known(balance=held)) for held in (100, 50, 550)], basis="balance")

    assert seen == [SILVER, BASIC, GOLD]


def test_by_what_was_earned_spending_takes_no_tier() -> None:
    """C5: 100 silver, it stays, 600 gold."""
    grown = [Known({JULY_20: 100}), Known({JULY_20: 100}), Known({JULY_20: 600})]

    seen, _stand = walk([(JULY_20, figures) for figures in grown])

    assert seen == [SILVER, SILVER, GOLD]


@pytest.mark.parametrize(
    ("validity", "ends"),
    [
        ({"validity_length": 30, "validity_unit": "days"}, "2026-08-19T16:00:00+00:00"),
        ({"validity_length": 1, "validity_unit": "months"}, "2026-08-19T16:00:00+00:00"),
        ({"validity_length": 1, "validity_unit": "months", "rounding": "month"}, "2026-08-31T16:00:00+00:00"),
    ],
    ids=["30 days", "one month", "rounded to the month"],
)
def test_a_tier_with_a_duration_outlives_its_points(validity: dict[str, object], ends: str) -> None:
    """C5: reached 20 July, lost 25 July: until 00:00 on 20 August local; rounded, through 31 August."""
    rich, poor = Known(balance=250), Known(balance=50)
    policy = {"basis": "balance", "validity": "since_reached", **validity}

    seen, stand = walk([(JULY_20, rich), (JULY_25, poor)], **policy)
    last = stand.valid_through
    assert last is not None
    eve = judging.judge(terms(*BANDS, **policy), stand, poor, last)
    day = judging.judge(terms(*BANDS, **policy), stand, poor, last + timedelta(days=1))

    assert seen == [SILVER, SILVER]
    assert clock.end_of_day(last, SHANGHAI) == datetime.fromisoformat(ends)
    assert (eve.stand.earned, day.stand.earned) == (SILVER, BASIC)


def test_without_grace_it_goes_at_once() -> None:
    """C5: gold on 20 July, 50 left on 25 July: down at once."""
    seen, _stand = walk([(JULY_20, Known(balance=500)), (JULY_25, Known(balance=50))], basis="balance")

    assert seen == [GOLD, BASIC]


@pytest.mark.parametrize(
    ("earned", "mode", "length", "last"),
    [
        (date(2026, 1, 25), "months", 1, date(2026, 2, 25)),
        (date(2026, 1, 31), "months", 1, date(2026, 2, 28)),
        (date(2026, 1, 25), "month_end", 1, date(2026, 2, 28)),
    ],
)
def test_points_last_through_a_whole_day(earned: date, mode: str, length: int, last: date) -> None:
    """C5: 25 January and one month: the end of 25 February; 31 January: of 28 February; rounded: of February."""
    unit = Currency(code="points", expiry_mode=mode, expiry_length=length)
    at = datetime(earned.year, earned.month, earned.day, 4, tzinfo=UTC)

    _available, expires = lifetimes.span(unit, Programme(timezone=SHANGHAI), at)

    assert expires == clock.end_of_day(last, SHANGHAI)
