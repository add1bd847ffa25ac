"""The stage the apps plant the demo on: the clock, the dice, the people, the diary."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from random import Random
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from loyalty import clock
from loyalty.models import Partner

DAYS = 730
SEED = 20240518
ZONE = "Asia/Shanghai"
EVERYBODY = "*"


class Login(NamedTuple):
    """Something to sign in with, as ``demo_logins`` tells it."""

    role: str
    name: str
    login: str
    secret: str


class Note(NamedTuple):
    """Something that happens: ``code`` names who carries it out, ``who`` whom it is about."""

    at: datetime
    code: str
    who: str
    what: Any


class Performer(NamedTuple):
    """Carries out notes of one code: many at once, or where not ``in_batches`` each by itself.

    Called with (at, what) pairs in order of time and the instant the last of them happens.
    """

    in_batches: bool
    perform: Callable[[Sequence[tuple[datetime, Any]], datetime], None]


@dataclass(slots=True)
class Shopper:
    """A customer as the tills know them. ``account_id`` is filled when they join.

    ``gap_days`` is their usual time between purchases, ``size`` scales their baskets, ``species``
    is whom they buy for; ``first_buy_days`` after joining, or ``None`` for those who never buy.
    """

    reference: str
    joins_at: datetime
    species: str
    gap_days: float
    size: float
    loses_interest: float
    first_buy_days: float | None
    home_store: str
    plays: float = 0.0
    is_star: bool = False
    account_id: int | None = None
    spent_yuan: int = 0
    bought_at: list[datetime] = field(default_factory=list)


@dataclass(slots=True)
class Stage:
    """What ``DemoData.plant`` is given. ``now`` is the last instant of the history of ``people``."""

    now: datetime
    people: int = 300
    partner: Partner | None = None
    random: Random = field(default_factory=lambda: Random(SEED))
    shoppers: list[Shopper] = field(default_factory=list)
    performers: dict[str, Performer] = field(default_factory=dict)
    diary: list[Note] = field(default_factory=list)

    @property
    def today(self) -> date:
        return clock.business_day(self.now, ZONE)

    @property
    def opening_day(self) -> date:
        """The first day of the history."""
        return self.today - timedelta(days=DAYS)

    def dice(self, name: str) -> Random:
        """A generator of one's own, so that one app's draws don't shift another's."""
        return Random(f"{SEED}:{name}")

    def cast(self, code: str, perform: Callable[..., None], *, in_batches: bool = True) -> None:
        """Says who carries out the notes called ``code``."""
        self.performers[code] = Performer(in_batches, perform)

    def note(self, code: str, at: datetime, what: Any, *, who: str) -> bool:
        """Notes that ``what`` happens to ``who``; the future is left out. Says whether it was taken.

        ``who`` is a till's customer, ``EVERYBODY``, or empty for people without a card.
        """
        if at < self.now:
            self.diary.append(Note(at, code, who, what))
        return at < self.now

    def at(self, day: date, hour: int, random: Random) -> datetime:
        """A random minute and second of that local hour."""
        local = time(hour, random.randrange(60), random.randrange(60))
        return datetime.combine(day, local, tzinfo=ZoneInfo(ZONE))
