"""Segments: groups of members by a condition, or by a list that was frozen.

Who is in one is asked of the database each time; ``count`` on the row is what was last counted. Members
whose account is closed are in none. A segment that others lean on can't be retired. Conditions name
segments through the fact ``member.segments``; ``trees`` gives what stands behind it.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.db.models import DateTimeField, Exists, IntegerField, OuterRef, Q, QuerySet, Value
from django.utils.translation import gettext_lazy as _

from loyalty import bulk, conditions, periods, programme, statements
from loyalty.conditions import tree
from loyalty.errors import InvalidInput, LoyaltyError, NotFound
from loyalty.events import customers
from loyalty.models import Account, Lifetime, RuleVersion
from loyalty.registry import Job
from members.models import Member, Segment, SegmentMember, Tag, Tier

FACT = "member.segments"
LONGEST_LIST = 100_000
STATIC, DYNAMIC = Segment.Kind.STATIC, Segment.Kind.DYNAMIC


class SegmentUnknown(NotFound):
    code = "segment_not_found"
    sentence = _("There is no segment of that code. Please check it.")


class SegmentInUse(LoyaltyError):
    code = "segment_in_use"
    sentence = _("This segment is named by %(names)s. Take it out there first.")


class ListNeeded(LoyaltyError):
    code = "segment_is_no_list"
    sentence = _("Only a fixed list can be added to by hand. This segment follows its condition.")


class ListTooLong(InvalidInput):
    code = "segment_list_too_long"
    sentence = _("A list may name at most %(limit)s members at a time. Please split it.")


class CodeTaken(InvalidInput):
    code = "segment_code_taken"
    sentence = _("A segment of that code exists already. Please choose another one.")


@dataclass(frozen=True, slots=True)
class Found:
    """Who was meant by a list of references, and the words that name nobody."""

    account_ids: list[int]
    unknown: list[str]


@dataclass(frozen=True, slots=True)
class Overlap:
    """How many are in one, the other and both."""

    first: int
    second: int
    both: int

    @property
    def only_first(self) -> int:
        return self.first - self.both

    @property
    def only_second(self) -> int:
        return self.second - self.both

    @property
    def either(self) -> int:
        return self.first + self.second - self.both


def trees(codes: Collection[str]) -> Mapping[str, Any]:
    """The conditions of those that follow one. One query."""
    rows = Segment.objects.filter(code__in=list(codes), kind=DYNAMIC)
    return dict(rows.values_list("code", "condition"))


def everyone() -> QuerySet[Member]:
    """All members whose account is open."""
    return Member.objects.exclude(account__status=Account.Status.CLOSED)


def fitting(condition: Any, *, as_of: date) -> QuerySet[Member]:
    """The members for whom a condition holds; raises a ``ConditionError``."""
    fits = conditions.accounts(condition, as_of=as_of).filter(pk=OuterRef("pk"))
    return everyone().filter(Exists(fits)) if tree.read(condition) else everyone()


def people(segment: Segment, *, as_of: date) -> QuerySet[Member]:
    """The members of a segment on a business day."""
    if segment.kind == DYNAMIC:
        return fitting(segment.condition, as_of=as_of)
    return everyone().filter(Exists(SegmentMember.objects.filter(segment=segment, member=OuterRef("pk"))))


def validate(condition: Any, *, code: str) -> None:
    """Checks the condition of segment ``code``, which may not lead back to itself; raises a ``ConditionError``."""
    conditions.validate(condition, kind=None, inside=code)


def recount(segment: Segment, *, now: datetime) -> int:
    """Counts and keeps the number on the row."""
    with statements.wide():
        segment.count, segment.counted_at = people(segment, as_of=programme.day_of(now)).count(), now
    Segment.objects.filter(pk=segment.pk).update(count=segment.count, counted_at=now)
    return segment.count


def overlap(first: Segment, second: Segment, *, now: datetime) -> Overlap:
    """Three counts as of today."""
    day = programme.day_of(now)
    one, two = people(first, as_of=day), people(second, as_of=day)
    with statements.wide():
        return Overlap(one.count(), two.count(), (one & two).count())


def read_list(text: str) -> list[str]:
    """Member numbers or phones as people paste them: one on each line, or with commas between."""
    words = text.replace("，", "\n").replace(",", "\n").replace(";", "\n").replace("；", "\n").splitlines()
    return list(dict.fromkeys(word for line in words if (word := line.strip())))


def find(references: Sequence[str]) -> Found:
    """Who is meant; spaces within a number don't matter. Raises ``ListTooLong``. A few queries."""
    if len(references) > LONGEST_LIST:
        raise ListTooLong(limit=LONGEST_LIST)
    written = {reference: reference.replace(" ", "") for reference in references}
    known = customers.resolve(set(written.values()), partner_id=None)
    ids = {known[word] for word in written.values() if word in known}
    members = set(everyone().filter(bulk.among("pk", sorted(ids))).values_list("pk", flat=True))
    return Found(sorted(members), [each for each, word in written.items() if known.get(word) not in members])


def add(segment: Segment, account_ids: Collection[int], *, now: datetime) -> int:
    """Puts members on a fixed list; who is on it stays. Returns how many are new. Raises ``ListNeeded``."""
    wanted = Member.objects.filter(bulk.among("pk", sorted(set(account_ids))))
    return _list(segment, wanted, now) if account_ids else 0


def take(segment: Segment, account_ids: Collection[int], *, now: datetime) -> int:
    """Takes members off a fixed list; returns how many were on it. Raises ``ListNeeded``."""
    if segment.kind != STATIC:
        raise ListNeeded
    with transaction.atomic():
        rows = SegmentMember.objects.filter(bulk.among("member_id", sorted(set(account_ids))), segment=segment)
        taken = rows.delete()[0] if account_ids else 0
        recount(segment, now=now)
    return taken


def freeze(segment: Segment, *, code: str, name_zh: str, name_en: str, now: datetime) -> Segment:
    """A fixed list of who is in the segment now. Raises ``CodeTaken``."""
    if Segment.objects.filter(code=code).exists():
        raise CodeTaken(param="code")
    with transaction.atomic():
        kept = Segment.objects.create(code=code, name_zh=name_zh, name_en=name_en, note=segment.note, kind=STATIC)
        _list(kept, people(segment, as_of=programme.day_of(now)), now)
    return kept


def _list(segment: Segment, wanted: QuerySet[Member], now: datetime) -> int:
    """Two statements, whatever the number."""
    if segment.kind != STATIC:
        raise ListNeeded
    known = {
        "in_segment": Value(segment.pk, output_field=IntegerField()),
        "at": Value(now, output_field=DateTimeField()),
    }
    rows = wanted.order_by().annotate(**known).values_list(*("in_segment", "pk", "at"))
    with transaction.atomic():
        columns = ("segment", "member", "added_at")
        new = bulk.insert_from(SegmentMember, columns, rows, tail="ON CONFLICT DO NOTHING")
        recount(segment, now=now)
    return new


def retire(segment: Segment, *, now: datetime) -> None:
    """No longer offered; raises ``SegmentInUse`` where something names it."""
    if names := uses(segment.code):
        raise SegmentInUse(names=", ".join(names))
    segment.archived_at = now
    segment.save(update_fields=["archived_at"])


def uses(code: str) -> list[str]:
    """Names of what leans on a segment: segments, tags, rules in force, lifetimes, tiers."""
    trees_of: Iterable[tuple[str, Any]] = (
        *((row.name, row.condition) for row in Segment.objects.filter(archived_at=None, kind=DYNAMIC)),
        *((row.name, row.condition) for row in Tag.objects.filter(archived_at=None, is_automatic=True)),
        *((row.name, row.condition) for row in Lifetime.objects.filter(is_active=True)),
        *(
            (row.name, part)
            for row in Tier.objects.filter(archived_at=None)
            for part in (row.requirement, row.retention)
        ),
        *((_rule_name(row), row.definition.get("condition")) for row in _rules()),
    )
    return list(dict.fromkeys(name for name, written in trees_of if written and _names(written, code)))


def _rules() -> QuerySet[RuleVersion]:
    return RuleVersion.objects.filter(effective_until=None).select_related("rule")


def _rule_name(version: RuleVersion) -> str:
    return version.rule.name


def _names(written: Any, code: str) -> bool:
    leaves = tree.leaves(tree.read(written))
    return any(leaf.fact == FACT and code in leaf.value for leaf in leaves)


def held_by(account_id: int, *, now: datetime) -> list[Segment]:
    """The segments a member is in: one query for the segments, and one that asks all of them at once."""
    segments = list(Segment.objects.filter(archived_at=None))
    day = programme.day_of(now)
    inside = {f"s{each.pk}": Exists(people(each, as_of=day).filter(pk=OuterRef("pk"))) for each in segments}
    row = Member.objects.filter(pk=account_id).annotate(**inside).values(*inside).first() if inside else None
    return [each for each in segments if row and row[f"s{each.pk}"]]


def recount_all(as_of: datetime, _period: str) -> Mapping[str, int]:
    """Counts every segment anew, for lists and menus."""
    rows = Segment.objects.filter(archived_at=None).filter(Q(counted_at=None) | Q(counted_at__lt=as_of))
    return {"segments": sum(1 for each in rows if recount(each, now=as_of) >= 0)}


JOBS = (Job("count_segments", _("Count segments"), periods.day, recount_all, catch_up=0),)
