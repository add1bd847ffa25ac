"""Tags: labels on members, given by people, rules, tills, or each night by a condition.

A member has a tag once. Given again it stays, and its end moves. Each giving is the event ``tag.given``,
on which rules may act. An automatic tag is settled in two statements whatever the number of members: given
to whom its condition holds for, taken from whom it does not; with an end, it stays that many days after
the last night it held. What people, rules and tills gave it leaves alone.
"""

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import CharField, Count, DateTimeField, IntegerField, Q, QuerySet, Value
from django.utils.translation import gettext_lazy as _

from loyalty import bulk, programme, statements
from loyalty.errors import LoyaltyError, NotFound
from loyalty.events import intake
from loyalty.models import User
from loyalty.registry import Happening
from members.groups import segments
from members.models import Member, Tag, Tagging

GIVEN = "tag.given"
RANGE = 500
LONGEST_DAYS = 3660
Source = Tagging.Source


class TagUnknown(NotFound):
    code = "tag_not_found"
    sentence = _("There is no tag of that code. Please check it.")


class TagRetired(LoyaltyError):
    code = "tag_retired"
    sentence = _("This tag is retired. Please choose another one.")


class TagSetsItself(LoyaltyError):
    code = "tag_sets_itself"
    sentence = _("This tag follows its condition, so it can't be set or taken by hand.")


def by_code(code: str) -> Tag:
    """The tag of that code, in use; raises ``TagUnknown``."""
    found = Tag.objects.filter(code=code, archived_at=None).first()
    if found is None:
        raise TagUnknown(param="tag")
    return found


def on(account_id: int, *, now: datetime) -> QuerySet[Tagging]:
    """The tags a member has at this instant."""
    running = Q(expires_at=None) | Q(expires_at__gt=now)
    return Tagging.objects.filter(running, member_id=account_id).select_related("tag").order_by("tag__code")


def ending(tag: Tag, *, now: datetime, days: int | None = None) -> datetime | None:
    """When a tag given now ends: after ``days``, or after the tag's own; ``None`` where it stays."""
    length = days or tag.expires_days
    return now + timedelta(days=min(length, LONGEST_DAYS)) if length else None


def give(
    *,
    tag: Tag,
    account_ids: Collection[int],
    source: str,
    now: datetime,
    days: int | None = None,
    by: User | None = None,
) -> list[int]:
    """Gives a tag and tells the rules; returns who did not have it before, ascending.

    Who has it keeps it, with the later end. Raises ``TagRetired``, or ``TagSetsItself`` for a person or a
    till on an automatic one.
    """
    with transaction.atomic():
        new = put(tag=tag, account_ids=account_ids, source=source, now=now, days=days, by=by)
        for start in range(0, len(new), RANGE):
            intake.record([happening(tag, each, source, now) for each in new[start : start + RANGE]], now=now)
    return new


def put(
    *,
    tag: Tag,
    account_ids: Collection[int],
    source: str,
    now: datetime,
    days: int | None = None,
    by: User | None = None,
) -> list[int]:
    """The rows alone, for who tells of it themselves (a rule's effect)."""
    _refuse(tag, source)
    ids = sorted(set(account_ids))
    ends = ending(tag, now=now, days=days)
    with transaction.atomic():
        Tagging.objects.filter(bulk.among("member_id", ids), tag=tag, expires_at__lte=now).delete()
        held = Tagging.objects.filter(bulk.among("member_id", ids), tag=tag)
        before = set(held.values_list("member_id", flat=True))
        if ends is None:
            held.update(expires_at=None)
        else:
            held.filter(expires_at__lt=ends).update(expires_at=ends)
        known = Member.objects.filter(bulk.among("pk", ids)).values_list("pk", flat=True)
        new = sorted(set(known) - before)
        rows = [Tagging(member_id=each, tag=tag, source=source, by=by, given_at=now, expires_at=ends) for each in new]
        Tagging.objects.bulk_create(rows, ignore_conflicts=True, batch_size=1000)
        # Who was tagged by another at the same moment is theirs to tell of.
        mine = Tagging.objects.filter(bulk.among("member_id", new), tag=tag, given_at=now)
        return sorted(mine.values_list("member_id", flat=True))


def take(*, tag: Tag, account_ids: Collection[int], source: str) -> int:
    """Takes a tag; returns from how many. Raises ``TagSetsItself`` as ``give`` does."""
    if tag.is_automatic and source in {Source.STAFF, Source.PARTNER}:
        raise TagSetsItself
    return Tagging.objects.filter(bulk.among("member_id", sorted(set(account_ids))), tag=tag).delete()[0]


def _refuse(tag: Tag, source: str) -> None:
    if tag.archived_at is not None:
        raise TagRetired
    if tag.is_automatic and source in {Source.STAFF, Source.PARTNER}:
        raise TagSetsItself


def happening(tag: Tag, account_id: int, source: str, at: datetime, key: str = "") -> Happening:
    """What the rules are told of a giving."""
    key = key or f"{GIVEN}:{tag.pk}:{account_id}:{at.isoformat()}"
    return Happening(GIVEN, key, account_id, at, {"tag": tag.code, "source": source})


def settle(tag: Tag, *, now: datetime) -> tuple[int, int]:
    """Makes an automatic tag true: (given or renewed, taken). Two statements and the date on the tag."""
    fits = segments.fitting(tag.condition, as_of=programme.day_of(now))
    ends = ending(tag, now=now)
    with statements.wide():
        given = _insert(tag, fits, now, ends)
        taken = 0
        if ends is None:
            mine = Tagging.objects.filter(tag=tag, source=Source.CONDITION)
            taken = mine.exclude(member_id__in=fits.values("pk")).delete()[0]  # asked once, not for each tagging
        Tag.objects.filter(pk=tag.pk).update(settled_at=now)
    return given, taken


def _insert(tag: Tag, fits: QuerySet[Member], now: datetime, ends: datetime | None) -> int:
    known = {
        "the_tag": Value(tag.pk, output_field=IntegerField()),
        "the_source": Value(Source.CONDITION.value, output_field=CharField()),
        "at": Value(now, output_field=DateTimeField()),
        "until": Value(ends, output_field=DateTimeField()),
    }
    columns = ("member", "tag", "source", "given_at", "expires_at")
    rows = fits.order_by().annotate(**known).values_list(*("pk", "the_tag", "the_source", "at", "until"))
    mine = f"members_tagging.source = '{Source.CONDITION.value}'"
    tail = "ON CONFLICT DO NOTHING"
    if ends is not None:
        tail = f"ON CONFLICT (member_id, tag_id) DO UPDATE SET expires_at = excluded.expires_at WHERE {mine}"
    return bulk.insert_from(Tagging, columns, rows, tail=tail)


def tell(tag: Tag, *, since: datetime, after: int, now: datetime) -> int:
    """Tells the rules of one range of those an automatic tag was given to since then, in order of id from
    ``after`` on; the last id, or 0 where nobody is left. May be repeated: each giving is told once.
    """
    rows = Tagging.objects.filter(tag=tag, source=Source.CONDITION, given_at__gte=since, pk__gt=after)
    found = list(rows.order_by("pk").values_list("pk", "member_id", "given_at")[:RANGE])
    if found:
        intake.record([happening(tag, each, Source.CONDITION, at) for _pk, each, at in found], now=now)
    return found[-1][0] if len(found) == RANGE else 0


def expire(*, now: datetime) -> int:
    """Takes off what has ended."""
    return Tagging.objects.filter(expires_at__lte=now).delete()[0]


def counts() -> Mapping[int, int]:
    """Tag id → how many have it, for the list. One query."""
    rows = Tagging.objects.order_by().values("tag")
    return {row["tag"]: row["members"] for row in rows.annotate(members=Count("pk"))}
