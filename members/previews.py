"""Who would move if a ladder's draft were in force and everybody judged by it today. Writes nothing.

One grouped statement over all members, whatever their number. Where a ladder counts since each member's
own day (anniversary, since the tier was reached) members are judged range by range instead.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import reduce
from operator import and_
from typing import Any

from django.db.models import (
    BigIntegerField,
    Case,
    Count,
    Exists,
    Expression,
    F,
    IntegerField,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Sum,
    Value,
    When,
)
from django.db.models.functions import Coalesce, Greatest
from django.db.models.lookups import Exact, GreaterThanOrEqual

from loyalty import conditions
from loyalty.models import Account, Balance, Currency, Entry
from loyalty.models.accounts import NET
from members import figures, judging, ladders, tiers
from members.models import Ladder, Member, Standing, Tier
from members.terms import Terms

RANGE = 2000
SAMPLE = 12
_NOBODY = -1


@dataclass(frozen=True, slots=True)
class Flow:
    """So many members go from one tier to another; ``None`` is no tier."""

    before: Tier | None
    after: Tier | None
    members: int
    is_rise: bool


@dataclass(frozen=True, slots=True)
class Mover:
    """One of those who would move."""

    member: Member
    before: Tier | None
    after: Tier | None
    is_rise: bool


@dataclass(frozen=True, slots=True)
class Preview:
    """Flows, the biggest first, a few of those who fall and rise, and how many stay."""

    flows: list[Flow] = field(default_factory=list)
    sample: list[Mover] = field(default_factory=list)
    staying: int = 0

    @property
    def rising(self) -> int:
        return sum(flow.members for flow in self.flows if flow.is_rise)

    @property
    def falling(self) -> int:
        return sum(flow.members for flow in self.flows if not flow.is_rise)


def preview(ladder: Ladder, *, now: datetime) -> Preview:
    """What publishing the draft and moving everybody now would do to what members have earned."""
    terms, today = ladders.draft_terms(ladder), tiers.business_day(now)
    if terms.policy.window in {"anniversary", "since_reached"}:
        moves = _judged(terms, today)
        counts = Counter({(before, after): len(ids) for (before, after), ids in moves.items()})
        ids = {pair: found[:SAMPLE] for pair, found in moves.items()}
    else:
        rows = _placed(terms, today)
        here, there = F("here"), F("there")
        grouped = rows.order_by().values_list(here, there).annotate(members=Count("pk"))
        counts = Counter({(row[0], row[1]): row[2] for row in grouped})
        ids = {pair: [] for pair in counts}
        for pair in [pair for pair in counts if pair[0] != pair[1]]:
            chosen = rows.filter(Q(Exact(here, pair[0])) & Q(Exact(there, pair[1]))).order_by("-pk")
            ids[pair] = list(chosen.values_list("pk", flat=True)[:SAMPLE])
    return _told(terms, counts, ids)


def _told(terms: Terms, counts: Counter[tuple[int, int]], ids: dict[tuple[int, int], list[int]]) -> Preview:
    by_rank = _tiers(terms, counts)
    moving = sorted((pair for pair in counts if pair[0] != pair[1]), key=lambda pair: (-counts[pair], pair))
    flows = [Flow(by_rank.get(a), by_rank.get(b), counts[a, b], is_rise=b > a) for a, b in moving]
    falling = sorted(moving, key=lambda pair: pair[1] > pair[0])
    wanted = [(pk, pair) for pair in falling for pk in ids[pair]][:SAMPLE]
    people = Member.objects.select_related("account").in_bulk([pk for pk, _pair in wanted])
    sample = [Mover(people[pk], by_rank.get(a), by_rank.get(b), is_rise=b > a) for pk, (a, b) in wanted if pk in people]
    staying = sum(count for pair, count in counts.items() if pair[0] == pair[1])
    return Preview(flows, sample, staying)


def _tiers(terms: Terms, counts: Counter[tuple[int, int]]) -> dict[int, Tier]:
    rows = Tier.objects.in_bulk([rung.tier_id for rung in terms.rungs]) if counts else {}
    return {rung.rank: rows[rung.tier_id] for rung in terms.rungs if rung.tier_id in rows}


def _placed(terms: Terms, today: date) -> "QuerySet[Account]":
    """Every member's account with the rank held (``here``) and the rank that would be earned (``there``)."""
    standing = Standing.objects.filter(member=OuterRef("pk"), ladder_id=terms.ladder_id)
    start: Any = F("member__tier_id") if terms.is_main else Value(None)
    earned = Subquery(standing.values("earned_id")[:1])
    held = Case(When(Exists(standing), then=earned), default=start, output_field=BigIntegerField())
    score = _score(terms, today)
    reach = [When(_asked(*rung.asks, score, today), then=rung.rank) for rung in reversed(terms.rungs) if rung.reach]
    keep = [
        When(Q(held=rung.tier_id) & _asked(*(rung.keeps or rung.asks), score, today), then=rung.rank)
        for rung in terms.rungs
        if rung.keep
    ]
    here = [When(held=rung.tier_id, then=rung.rank) for rung in terms.rungs]
    rows = Account.objects.filter(member__isnull=False).exclude(status=Account.Status.CLOSED)
    return rows.annotate(held=held).annotate(
        here=_case(here), there=Greatest(_case(reach), _case(keep), output_field=IntegerField())
    )


def _case(whens: list[When]) -> Expression:
    return Case(*whens, default=Value(_NOBODY), output_field=IntegerField())


def _asked(threshold: int | None, tree: Mapping[str, Any], score: Expression, today: date) -> Q:
    """A tier's demand as a filter: the threshold by ``score``, the tree as conditions choose people."""
    parts = [] if threshold is None else [Q(GreaterThanOrEqual(score, threshold))]
    if tree:
        parts.append(conditions.where(tree, as_of=today))
    return reduce(and_, parts, Q())


def _score(terms: Terms, today: date) -> Expression:
    """What the ladder counts, as the judge would find it today."""
    policy = terms.policy
    balances = Balance.objects.filter(account=OuterRef("pk"), currency__code=policy.currency)
    if policy.basis == "balance":
        return Coalesce(Subquery(balances.values("available")[:1]), 0)
    spent = Currency.objects.filter(code=policy.currency, is_spendable=True).exists()
    if policy.window == "ever" and not spent:
        return Greatest(Coalesce(Subquery(balances.values(net=NET)[:1]), 0), 0)
    entries = Entry.objects.filter(
        account=OuterRef("pk"), currency__code=policy.currency, counter__in=figures.COUNTED
    ).annotate(day=Coalesce("reverses__effective_on", "effective_on"))
    first = policy.counted_from(today, joined_on=today, reached_on=None)
    if first is not None:
        entries = entries.filter(day__gte=first)
    total = entries.order_by().values("account").annotate(total=Sum("amount")).values("total")
    return Greatest(Coalesce(Subquery(total), 0), 0)


def _judged(terms: Terms, today: date) -> dict[tuple[int, int], list[int]]:
    """The same by the judge himself, range by range: (rank held, rank earned) → members."""
    found: dict[tuple[int, int], list[int]] = {}
    for ids in _ranges():
        places = tiers.places(ids, [terms])
        shelf = figures.load(
            {place.standing.member_id: {terms.ladder_id: place.stand} for place in places}, [terms], today
        )
        for place in places:
            stand = place.stand
            own = shelf.of(place.standing.member_id, terms)
            verdict = judging.judge(terms, stand, own, today, force=True)
            pair = (terms.rank(stand.earned), terms.rank(verdict.stand.earned))
            found.setdefault(pair, []).append(place.standing.member_id)
    return found


def _ranges() -> Iterator[list[int]]:
    last = 0
    open_ones = Member.objects.exclude(account__status=Account.Status.CLOSED).order_by("pk")
    while ids := list(open_ones.filter(pk__gt=last).values_list("pk", flat=True)[:RANGE]):
        yield ids
        last = ids[-1]
