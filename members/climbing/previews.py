"""Who would move if a ladder's draft were in force and everybody judged by it today. Writes nothing.

One statement over all members, whatever their number, read as it comes. Where a ladder counts since each member's
own day (anniversary, since the tier was reached) members are judged range by range instead.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.db.models import (
    BigIntegerField,
    BooleanField,
    Case,
    Expression,
    F,
    FilteredRelation,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Sum,
    Value,
    When,
)
from django.db.models.functions import Coalesce, Greatest

from loyalty import conditions, programme
from loyalty.models import Account, Balance, Currency, Entry
from loyalty.models.accounts import NET
from members.climbing import figures, judging, ladders, tiers
from members.climbing.terms import Rung, Terms
from members.models import Ladder, Member, Tier

RANGE = 2000
SAMPLE = 12
_NOBODY = -1
_Pair = tuple[int, int]  # rank held, rank earned
_Demand = tuple[int | None, Mapping[str, Any]]


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
    terms, today = ladders.draft_terms(ladder), programme.day_of(now)
    by_own_days = terms.policy.window in {"anniversary", "since_reached"}
    pairs = _judged(terms, today) if by_own_days else _placed(terms, today)
    counts: Counter[_Pair] = Counter()
    ids: dict[_Pair, list[int]] = {}
    for pk, pair in pairs:
        counts[pair] += 1
        if counts[pair] <= SAMPLE:
            ids.setdefault(pair, []).append(pk)
    return _told(terms, counts, ids)


def _told(terms: Terms, counts: Counter[_Pair], ids: dict[_Pair, list[int]]) -> Preview:
    by_rank = _tiers(terms, counts)
    moving = sorted((pair for pair in counts if pair[0] != pair[1]), key=lambda pair: (-counts[pair], pair))
    flows = [Flow(by_rank.get(a), by_rank.get(b), counts[a, b], is_rise=b > a) for a, b in moving]
    falling = sorted(moving, key=lambda pair: pair[1] > pair[0])
    wanted = [(pk, pair) for pair in falling for pk in ids[pair]][:SAMPLE]
    people = Member.objects.select_related("account").in_bulk([pk for pk, _pair in wanted])
    sample = [Mover(people[pk], by_rank.get(a), by_rank.get(b), is_rise=b > a) for pk, (a, b) in wanted if pk in people]
    staying = sum(count for pair, count in counts.items() if pair[0] == pair[1])
    return Preview(flows, sample, staying)


def _tiers(terms: Terms, counts: Counter[_Pair]) -> dict[int, Tier]:
    rows = Tier.objects.in_bulk([rung.tier_id for rung in terms.rungs]) if counts else {}
    return {rung.rank: rows[rung.tier_id] for rung in terms.rungs if rung.tier_id in rows}


def _placed(terms: Terms, today: date) -> Iterator[tuple[int, _Pair]]:
    """Every member with the rank held and the rank that would be earned, the newest first.

    What a tier asks is seen once a member, in one statement; the ranks are made of it here, since SQL
    would count the score anew for each tier.
    """
    trees = [tree for rung in terms.rungs for _threshold, tree in _demands(rung) if tree]
    flags = {f"holds_{place}": _holds(tree, today) for place, tree in enumerate(trees)}
    rows = _members(terms).annotate(score=_score(terms, today), **flags)
    columns = rows.order_by("-pk").values_list("pk", "held", "score", *flags)
    with transaction.atomic():
        for pk, held, score, *holding in columns.iterator(chunk_size=RANGE):
            yield pk, (terms.rank(held), _earned(terms, held, score, iter(holding)))


def _demands(rung: Rung) -> tuple[_Demand, _Demand]:
    """What a tier asks to be reached, and to be kept; the second is empty where the first counts for both."""
    return rung.asks, rung.keeps or (None, {})


def _earned(terms: Terms, held: int | None, score: int, holding: Iterator[bool]) -> int:
    """The highest rank whose demand is met; ``holding`` says for each tree, in order, whether it holds."""
    best = _NOBODY
    for rung in terms.rungs:
        reached, kept = (_is_met(demand, score, holding) for demand in _demands(rung))
        keeps = kept if rung.keeps else reached
        if (rung.reach and reached) or (rung.keep and held == rung.tier_id and keeps):
            best = max(best, rung.rank)
    return best


def _is_met(demand: _Demand, score: int, holding: Iterator[bool]) -> bool:
    threshold, tree = demand
    holds = next(holding) if tree else True
    return holds and (threshold is None or score >= threshold)


def _members(terms: Terms) -> "QuerySet[Account]":
    """The accounts of all who have not left, with the tier they hold by what they earned (``held``)."""
    start: Any = F("member__tier_id") if terms.is_main else Value(None)
    standing = FilteredRelation("member__standings", condition=Q(member__standings__ladder=terms.ladder_id))
    held = Case(
        When(standing__isnull=False, then=F("standing__earned_id")), default=start, output_field=BigIntegerField()
    )
    rows = Account.objects.filter(member__isnull=False).exclude(status=Account.Status.CLOSED)
    return rows.annotate(standing=standing).annotate(held=held)


def _holds(tree: Mapping[str, Any], today: date) -> Expression:
    return Case(
        When(conditions.where(tree, as_of=today), then=Value(True)), default=Value(False), output_field=BooleanField()
    )


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


def _judged(terms: Terms, today: date) -> Iterator[tuple[int, _Pair]]:
    """The same by the judge himself, range by range."""
    for ids in _ranges():
        places = tiers.places(ids, [terms])
        shelf = figures.load(
            {place.standing.member_id: {terms.ladder_id: place.stand} for place in places}, [terms], today
        )
        for place in places:
            own = shelf.of(place.standing.member_id, terms)
            verdict = judging.judge(terms, place.stand, own, today, force=True)
            yield place.standing.member_id, (terms.rank(place.stand.earned), terms.rank(verdict.stand.earned))


def _ranges() -> Iterator[list[int]]:
    open_ones = Member.objects.exclude(account__status=Account.Status.CLOSED).order_by("-pk")
    ids = list(open_ones.values_list("pk", flat=True)[:RANGE])
    while ids:
        yield ids
        ids = list(open_ones.filter(pk__lt=ids[-1]).values_list("pk", flat=True)[:RANGE])
