"""How a member stands on a ladder, in bars and sentences: towards each tier ahead, and what keeps the present one.

Every comparison of a tier's demand is a bar: what there is, what is needed, what is missing in words.
Read as of ``now`` by the same judge that moves tiers, so a page never promises what a review denies.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from django.utils import formats
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from loyalty import conditions
from loyalty import programme as programmes
from loyalty.conditions.tree import AT_LEAST, Group
from members.climbing import bars, figures, ladders, tiers, weighing
from members.climbing.bars import Bar
from members.climbing.figures import Own
from members.climbing.stands import Stand
from members.climbing.terms import Rung, Terms
from members.models import Member, Standing, Tier

DAY = timedelta(days=1)
EARNED, GRANTED, PAID = "earned", "granted", "paid"


@dataclass(frozen=True, slots=True)
class Goal:
    """A tier ahead. ``needed`` of its bars must be full; ``percent`` is rounded down."""

    tier: Tier
    bars: list[Bar]
    needed: int
    percent: int

    @property
    def missing(self) -> list[Bar]:
        return [bar for bar in self.bars if not bar.is_met]

    @property
    def hint(self) -> str:
        """How the bars combine, where that is not plain."""
        if len(self.bars) < 2:
            return ""
        if self.needed >= len(self.bars):
            return _("All of these together:")
        text = ngettext("Any %(count)s of these is enough:", "Any %(count)s of these are enough:", self.needed)
        return text % {"count": self.needed}

    @property
    def sentence(self) -> str:
        """What is still missing, in words."""
        told = [bar.missing_text for bar in self.missing]
        if not told:
            return _("You have all it takes for %(tier)s.") % {"tier": self.tier.name}
        joined = (_(" and ") if self.needed >= len(self.bars) else _(" or ")).join(told)
        return _("%(missing)s, and you are %(tier)s.") % {"missing": joined, "tier": self.tier.name}


@dataclass(frozen=True, slots=True)
class Keep:
    """What keeps the present tier. ``through`` is its last day so far, ``final`` the last one of grace."""

    tier: Tier
    through: date
    final: date
    bars: list[Bar]
    is_safe: bool
    is_near: bool
    is_locked: bool
    days_left: int

    @property
    def sentence(self) -> str:
        on = formats.date_format(self.final, "DATE_FORMAT")
        words = {"tier": self.tier.name, "on": on}
        if self.is_locked:
            return _("%(tier)s is yours through %(on)s, whatever happens.") % words
        if self.is_safe:
            return _("You have what it takes: %(tier)s stays yours after %(on)s.") % words
        told = [bar.missing_text for bar in self.bars if not bar.is_met]
        if not told:
            return _("%(tier)s is yours through %(on)s.") % words
        return _("%(missing)s by %(on)s, and %(tier)s stays yours.") % {**words, "missing": _(" and ").join(told)}


@dataclass(frozen=True, slots=True)
class Path:
    """A member's place on one ladder; ``tier`` is the one that counts, ``source`` says by what right."""

    ladder_id: int
    rungs: list[Tier]
    tier: Tier | None
    source: str = EARNED
    source_through: date | None = None
    earned: Tier | None = None
    goals: list[Goal] = field(default_factory=list)
    keep: Keep | None = None
    since: datetime | None = None

    @property
    def next(self) -> Goal | None:
        return self.goals[0] if self.goals else None

    @property
    def sentence(self) -> str:
        """What is missing for the next tier, in words; at the top, that nothing is."""
        if self.next is None:
            return _("You are on the highest rung. Thank you for staying with us.")
        return self.next.sentence


@dataclass(frozen=True, slots=True)
class Progress:
    """The main ladder in short: what is counted, what the next tier asks, how far it is."""

    path: Path
    tier: Tier | None
    next: Tier | None
    growth: int
    missing: int
    percent: int

    @property
    def sentence(self) -> str:
        return self.path.sentence


def towards_next(member: Member, *, now: datetime) -> Progress | None:
    """Where the member stands on the main ladder; ``None`` where none is published."""
    path = next(iter(paths(member, now=now)), None)
    if path is None or not path.rungs:
        return None
    goal = path.next
    first = next((bar for bar in goal.bars if not bar.is_met), goal.bars[0]) if goal else None
    return Progress(
        path=path,
        tier=path.tier,
        next=goal.tier if goal else None,
        growth=first.have if first else 0,
        missing=first.missing if first else 0,
        percent=goal.percent if goal else 100,
    )


def paths(member: Member, *, now: datetime) -> list[Path]:
    """Where the member stands on every ladder in use, the main one first. A constant number of queries."""
    in_force = ladders.in_force(now)
    today = programmes.day_of(now)
    places = tiers.places([member.pk], in_force)
    shelf = figures.load({member.pk: {place.terms.ladder_id: place.stand for place in places}}, in_force, today)
    known = Tier.objects.filter(ladder_id__in=[each.ladder_id for each in in_force]).in_bulk() if in_force else {}
    units = bars.Units(programmes.current().currency)
    return [
        _Reading(place.terms, place.standing, place.stand, shelf.of(member.pk, place.terms), today, known, units).path()
        for place in places
    ]


@dataclass(slots=True)
class _Reading:
    """One ladder read for one member."""

    terms: Terms
    standing: Standing
    stand: Stand
    own: Own
    today: date
    known: dict[int, Tier]
    units: bars.Units

    def path(self) -> Path:
        here = weighing.effective(self.terms, self.stand, self.today)
        ahead = [rung for rung in self.terms.rungs if rung.reach is not None and rung.rank > self.terms.rank(here)]
        source, through = self.source(here)
        return Path(
            ladder_id=self.terms.ladder_id,
            rungs=[self.known[rung.tier_id] for rung in self.terms.rungs if self.is_shown(rung, here)],
            tier=self.known.get(here or 0),
            source=source,
            source_through=through,
            earned=self.known.get(self.stand.earned or 0),
            goals=[self.goal(rung, here) for rung in ahead if rung.tier_id in self.known],
            keep=self.keeping() if source == EARNED else None,
            since=self.standing.effective_at,
        )

    def is_shown(self, rung: Rung, here: int | None) -> bool:
        """Open tiers, and the member's own; tiers by invitation stay a secret until one is there."""
        return rung.tier_id in self.known and (rung.reach is not None or rung.tier_id == here)

    def source(self, here: int | None) -> tuple[str, date | None]:
        if here is None or here == self.stand.earned:
            return EARNED, None
        is_given = here == self.stand.granted and weighing.is_running(self.stand.granted_through, self.today)
        return (GRANTED, self.stand.granted_through) if is_given else (PAID, self.stand.paid_through)

    def drawn(self, predicate: conditions.Predicate, as_of: date) -> list[Bar]:
        found = weighing.explain(self.terms, predicate, self.stand, self.own, as_of)
        return [bars.bar(finding, self.terms.policy, self.units) for finding in found]

    def goal(self, rung: Rung, here: int | None) -> Goal:
        assert rung.reach is not None  # noqa: S101 -- only tiers that figures lead to are goals
        found = self.drawn(rung.reach, self.today)
        needed = _needed(rung.reach, len(found))
        current = self.terms.by_id.get(here or 0)
        start = current.threshold or 0 if current else 0
        return Goal(self.known[rung.tier_id], found, needed, _percent(found, needed, start))

    def keeping(self) -> Keep | None:
        rung, through = self.terms.by_id.get(self.stand.earned or 0), self.stand.valid_through
        tier = self.known.get(self.stand.earned or 0)
        if rung is None or rung.keep is None or through is None or tier is None:
            return None
        policy = self.terms.policy
        is_locked = self.stand.floor == self.stand.earned and weighing.is_running(self.stand.locked_through, self.today)
        if is_locked and self.stand.locked_through is not None:
            through = max(through, self.stand.locked_through)
        final = through + policy.grace_days * DAY
        found = self.drawn(rung.keep, through if policy.validity != "open" else through + DAY)
        is_safe = policy.downgrade == "never" or sum(bar.is_met for bar in found) >= _needed(rung.keep, len(found))
        left = (final - self.today).days
        is_near = not is_safe and left <= policy.warn_days
        return Keep(tier, through, final, found, is_safe, is_near, is_locked, left)


def _needed(predicate: conditions.Predicate, count: int) -> int:
    """How many of the bars make it, as the outermost group says."""
    node = predicate.node
    if isinstance(node, Group) and node.way == "any":
        return 1
    if isinstance(node, Group) and node.way == AT_LEAST:
        return node.least
    return count


def _percent(found: Sequence[Bar], needed: int, start: int) -> int:
    """Of the way: of a single figure, from where the present tier began; of several, the mean of the fullest."""
    if len(found) == 1:
        bar = found[0]
        if bar.is_counted and bar.need > start:
            return min(100, max(0, bar.have - start) * 100 // (bar.need - start))
        return bar.percent
    fullest = sorted((bar.percent for bar in found), reverse=True)[:needed]
    return sum(fullest) // len(fullest) if fullest else 100
