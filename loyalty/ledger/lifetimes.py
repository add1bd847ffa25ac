"""When points become spendable and when they go. Pure calendar arithmetic."""

from datetime import date, datetime, timedelta

from loyalty import clock
from loyalty.models import Currency, Programme


def last_day(mode: str, length: int, earned_on: date) -> date | None:
    """The last business day on which points of ``earned_on`` can be spent, or ``None`` for ever.

    ``months``: 31 Jan + 1 month is 28 (29) Feb; 0 months or days is the earning day itself.
    ``month_end``/``quarter_end``/``year_end``: the end of the period ``length`` periods on; 0 is
    the period of earning.
    """
    match mode:
        case Currency.ExpiryMode.DAYS:
            return earned_on + timedelta(days=length)
        case Currency.ExpiryMode.MONTHS:
            return clock.add_months(earned_on, length)
        case Currency.ExpiryMode.MONTH_END:
            return _end_of_month(clock.add_months(earned_on.replace(day=1), length))
        case Currency.ExpiryMode.QUARTER_END:
            first = earned_on.replace(month=(earned_on.month - 1) // 3 * 3 + 1, day=1)
            return _end_of_month(clock.add_months(first, 3 * length + 2))
        case Currency.ExpiryMode.YEAR_END:
            return date(earned_on.year + length, 12, 31)
    return None


def _end_of_month(day: date) -> date:
    return clock.add_months(day.replace(day=1), 1) - timedelta(days=1)


def span(currency: Currency, programme: Programme, earned_at: datetime) -> tuple[datetime, datetime | None]:
    """(available from, expires at) of points earned at ``earned_at``, both in UTC.

    The expiry clock starts when the points become available; ``expires_at`` is the 24:00 that ends
    the last day, in the programme's zone.
    """
    available_at = earned_at + timedelta(days=currency.pending_days)
    day = clock.business_day(available_at, programme.timezone, programme.day_start_hour)
    last = last_day(currency.expiry_mode, currency.expiry_length, day)
    ends = clock.end_of_day(last, programme.timezone, programme.day_start_hour) if last else None
    return available_at, ends
