"""The week of check-ins as it is drawn: stamps, what today gives, and the next gift ahead."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from babel.dates import get_day_names
from django.utils import translation
from django.utils.translation import gettext as _

from community import checkins
from community.checkins import DayStamp
from community.models import CheckinDay
from loyalty import programme
from loyalty.events import promising
from members.models import Member

LOOK_AHEAD = 31
FRESH_FOR = timedelta(seconds=10)


@dataclass(frozen=True, slots=True)
class Day:
    """``state``: done, missed, today or ahead; ``bonus`` days give more than the days before."""

    label: str
    on: date
    state: str
    points: int
    bonus: bool
    fresh: bool


@dataclass(frozen=True, slots=True)
class NextGift:
    """``days`` more check-ins from now bring it."""

    days: int
    label: str


@dataclass(frozen=True, slots=True)
class CheckIn:
    streak: int
    done_today: bool
    points_today: int
    days: list[Day]
    next_gift: NextGift | None


def panel(member: Member, now: datetime) -> Mapping[str, Any]:
    """For the home page and the tasks page alike."""
    return {"check_in": check_in(member, now)}


def check_in(member: Member, now: datetime) -> CheckIn:
    """A constant number of queries; what days ahead give is asked of the rules in force."""
    today = programme.day_of(now)
    week, streak = checkins.week(member.pk, today), checkins.streak(member.pk, today)
    done = next(stamp.is_done for stamp in week if stamp.is_today)
    ahead = _promised(member, now, streak, done)
    usual = min(ahead.values())
    return CheckIn(
        streak=streak,
        done_today=done,
        points_today=ahead.get(today, 0),
        days=_days(week, ahead, usual, is_fresh=done and _is_fresh(member, today, now)),
        next_gift=_next_gift(list(ahead.values()), usual),
    )


def _promised(member: Member, now: datetime, streak: int, done: bool) -> dict[date, int]:
    """Day → what a check-in gives if no day is missed; today only while it is open."""
    first = 1 if done else 0
    at = [now + timedelta(days=step) for step in range(first, LOOK_AHEAD)]
    moments = [(each, {"streak": streak + place}) for place, each in enumerate(at, start=1)]
    points = promising.points("checkin.done", moments, account_id=member.pk)
    return {programme.day_of(each): given for each, given in zip(at, points, strict=True)}


def _days(week: Sequence[DayStamp], ahead: Mapping[date, int], usual: int, *, is_fresh: bool) -> list[Day]:
    return [
        Day(
            label=_("Today") if stamp.is_today else _weekday(stamp.day),
            on=stamp.day,
            state=_state(stamp),
            points=ahead.get(stamp.day, 0),
            bonus=ahead.get(stamp.day, 0) > usual,
            fresh=stamp.is_today and is_fresh,
        )
        for stamp in week
    ]


def _weekday(day: date) -> str:
    """``Mon``, ``周一``: short enough for a seventh of a phone."""
    locale = translation.to_locale(translation.get_language() or "zh-hans")
    return str(get_day_names("abbreviated", locale=locale)[day.weekday()])


def _state(stamp: DayStamp) -> str:
    if stamp.is_done:
        return "done"
    if stamp.is_today:
        return "today"
    return "ahead" if stamp.is_ahead else "missed"


def _is_fresh(member: Member, today: date, now: datetime) -> bool:
    """Whether today's stamp was set just now, so that it may be seen landing."""
    since = now - FRESH_FOR
    return CheckinDay.objects.filter(account_id=member.pk, day=today, created_at__gte=since).exists()


def _next_gift(ahead: Sequence[int], usual: int) -> NextGift | None:
    place = next((place for place, points in enumerate(ahead, start=1) if points > usual), None)
    if place is None:
        return None
    return NextGift(place, _("%(points)s extra") % {"points": f"+{ahead[place - 1] - usual}"})
