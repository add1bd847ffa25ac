"""I23: a member's tier is what their entries and figures make of it, by the version in force.

Three things are asked. The tier everybody sees is the effective one of the main ladder (of all members, in the
database). The effective one is the highest of earned, granted and bought that still run. And what is earned
is what the judge makes of it: judged again, nothing moves. Grants, locks, validity, grace and what a policy keeps
are in the standing that the judge is handed, so they are part of the function and not left out.

Judged again are those whose entries or tier changed within two days, a hundredth drawn by lot, and whoever has
an open finding. What no judgement has been asked to settle yet is allowed for, and no more:

- A review that has come is the nightly job's for 36 hours; till then the sources are asked as of the day before.
- A new version counts for a member from their next event on, unless it moved everybody: until then any version
  since their last may speak for the standing.
- Facts, and a balance that is held, change without an event: a demand on either has no figure to be held to.

A suspect is judged once more with the account locked, so deeds under way raise no alarm.
"""

import secrets
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import islice

from django.db import transaction
from django.db.models import F, Max, Q, QuerySet
from django.db.models.functions import Mod
from django.utils.translation import gettext_lazy as _

from loyalty import accounts as purses
from loyalty import programme, resting
from loyalty.bookkeeping import Breach, Check
from loyalty.ledger.laws.weighing import CUT
from loyalty.models import Account, Entry, Finding
from members.climbing import figures, judging, ladders, tiers, weighing
from members.climbing.judging import KEPT
from members.climbing.stands import Stand, Verdict
from members.climbing.terms import Terms
from members.climbing.tiers import Place
from members.climbing.weighing import DAY
from members.models import Member, Standing, TierChange

CODE = "I23"
RANGE = 500
ONE_IN = 100
RECENT = timedelta(days=2)
LATE = timedelta(hours=36)
Versions = Mapping[int, Sequence[ladders.Era]]


@dataclass(frozen=True, slots=True)
class _Bench:
    """What some members are judged with: reviews due before ``patience`` are late, ``judged`` is when an event
    last moved points of an account.
    """

    today: date
    patience: date
    versions: Versions
    known: Mapping[int, Terms]
    shelf: figures.Shelf
    judged: Mapping[int, datetime]


def tiers_are_earned(now: datetime, accounts: Collection[int] | None) -> Iterator[Breach]:
    """I23, of these members; else of everybody's row and a part's standings. Memory does not grow."""
    versions = ladders.history(now)
    if not versions:
        return
    told = set()
    for breach in _shown(next(iter(versions)), accounts):
        told.add(breach.row)
        yield breach
    chosen = iter(_chosen(now, accounts))
    while account_ids := list(islice(chosen, RANGE)):
        for suspect in {breach.account_id for breach in _look(account_ids, now, versions)}:
            with transaction.atomic():
                purses.lock([suspect or 0])
                yield from (each for each in _look([suspect or 0], now, versions) if each.row not in told)


def _shown(main_id: int, accounts: Collection[int] | None) -> Iterator[Breach]:
    """The tier on the member's row is that of their standing. One question."""
    rows = Standing.objects.filter(ladder_id=main_id).exclude(member__account__status=Account.Status.CLOSED)
    same = Q(effective_id=F("member__tier_id")) | Q(effective=None, member__tier=None)
    differ = rows.exclude(same) if accounts is None else rows.filter(member_id__in=accounts).exclude(same)
    columns = ("member__account__number", "ladder__code", "member_id", "member__tier__code", "effective__code")
    for number, ladder, member_id, shown, effective in differ.order_by().values_list(*columns)[:CUT]:
        yield _breach(number, ladder, member_id, f"shown {shown or '-'}, standing {effective or '-'}")


def _chosen(now: datetime, accounts: Collection[int] | None) -> Iterable[int]:
    """Whom to judge again, each once: the database sorts, and keeps what does not fit in memory."""
    if accounts is not None:
        return sorted(accounts)
    moved = Entry.objects.filter(id__gte=resting.floor(now - RECENT)).values_list("account_id")
    changed = TierChange.objects.filter(changed_at__gte=now - RECENT).values_list("member_id")
    drawn = Member.objects.annotate(lot=Mod("pk", ONE_IN)).filter(lot=secrets.randbelow(ONE_IN)).values_list("pk")
    found = Finding.objects.filter(invariant=CODE, gone_at=None, account__isnull=False).values_list("account_id")
    every: QuerySet[Entry, tuple[int]] = moved.order_by().union(changed.order_by(), drawn.order_by(), found.order_by())
    return (row[0] for row in every.order_by("account_id").iterator(chunk_size=RANGE))


def _look(account_ids: Sequence[int], now: datetime, versions: Versions) -> list[Breach]:
    """All that is wrong with these standings; a constant number of questions."""
    there = Account.objects.filter(pk__in=account_ids).exclude(status=Account.Status.CLOSED)
    numbers = dict(there.values_list("pk", "number"))
    in_force = [eras[-1].terms for eras in versions.values()]
    places = tiers.places(sorted(numbers), in_force)
    known = {era.terms.version_id: era.terms for eras in versions.values() for era in eras}
    known |= ladders.older({each.standing.version_id for each in places if each.standing.version_id} - set(known))
    stands: dict[int, dict[int, Stand]] = {}
    for place in places:
        stands.setdefault(place.standing.member_id, {})[place.terms.ladder_id] = place.stand
    today, patience = programme.day_of(now), programme.day_of(now - LATE)
    shelf = figures.load(stands, list(known.values()), today)
    bench = _Bench(today, patience, versions, known, shelf, _judged(sorted(numbers)))
    faults = ((place, _fault(place, bench)) for place in places)
    return [
        _breach(numbers[place.standing.member_id], place.terms.ladder_code, place.standing.member_id, fault)
        for place, fault in faults
        if fault
    ]


def _breach(number: str, ladder: str, member_id: int, fault: str) -> Breach:
    return Breach(CODE, f"{number} {ladder}", fault, member_id)


def _judged(account_ids: Sequence[int]) -> dict[int, datetime]:
    rows = Entry.objects.filter(account_id__in=account_ids, event__isnull=False).order_by()
    return dict(rows.values("account_id").annotate(at=Max("recorded_at")).values_list("account_id", "at"))


def _fault(place: Place, bench: _Bench) -> str:
    """What is wrong with one standing, in figures; "" for nothing."""
    row, review = place.standing, place.standing.next_review_on
    is_due = review is not None and review <= bench.today
    if review is not None and review < bench.patience:
        return f"due {review}"
    day = review - DAY if is_due and review is not None else bench.today
    may_speak = _may_speak(place, bench)
    if not may_speak:
        return ""
    sources = [weighing.effective(terms, place.stand, day) for terms in may_speak]
    if row.effective_id not in sources:
        return f"effective {_code(place, row.effective_id)}, sources {_code(place, sources[-1])}"
    if is_due:
        return ""
    verdicts = [(terms, _verdict(terms, place, bench)) for terms in may_speak]
    if any(_is_settled(terms, place, verdict) for terms, verdict in verdicts):
        return ""
    return f"earned {_code(place, row.earned_id)}, judged {_code(place, verdicts[-1][1].stand.earned)}"


def _may_speak(place: Place, bench: _Bench) -> list[Terms]:
    """The version by which the member was last judged, as far as that is known, and all since; the newest last.

    None where nothing was ever asked: the ladder is newer than all that happened, and no tier is held.
    """
    row = place.standing
    times = (bench.judged.get(row.member_id), row.effective_at, row.reached_at)
    last = max((at for at in times if at is not None), default=None)
    eras = bench.versions[place.terms.ladder_id]
    moved = max((era.moved_at for era in eras if era.moved_at is not None), default=None)
    if moved is not None and (last is None or last < moved):
        last = moved
    if last is None or last < eras[0].since:
        return [] if row._state.adding and row.earned_id is None else [era.terms for era in eras]
    before = [place for place, era in enumerate(eras) if era.since <= last]
    return [era.terms for era in eras[before[-1] :]]


def _verdict(terms: Terms, place: Place, bench: _Bench) -> Verdict:
    own = bench.shelf.of(place.standing.member_id, terms)
    held = bench.known.get(place.standing.version_id or 0)
    return judging.judge(terms, place.stand, own, bench.today, held=held)


def _is_settled(terms: Terms, place: Place, verdict: Verdict) -> bool:
    """Whether nothing moves, or only what a demand on facts or on a balance would move."""
    if verdict.outcome == KEPT and verdict.stand.earned == place.standing.earned_id:
        return True
    if terms.policy.basis == "balance":
        return True
    rungs = (terms.by_id.get(tier_id or 0) for tier_id in (place.standing.earned_id, verdict.stand.earned))
    asked = [demand for rung in rungs if rung is not None for demand in (rung.reach, rung.keep) if demand is not None]
    return any(leaf.source == "fact" for demand in asked for leaf in demand.leaves)


def _code(place: Place, tier_id: int | None) -> str:
    rung = place.terms.by_id.get(tier_id or 0)
    return rung.code if rung else "-"


LAW = Check(
    CODE,
    _("Each member's tier is what their entries make of it."),
    tiers_are_earned,
    _("Look at the member's tier history. Their next event judges them anew; a tier given on purpose is a grant."),
    stops=False,
)
