"""Pairs of members that look like one person, with what speaks for it. Nothing is merged by itself."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from django.db.models import Count, F

from loyalty.models import Account, AccountReference
from members.models import Member

SHOWN = 100


@dataclass(frozen=True, slots=True)
class Suspect:
    """Two members, the older first. ``by`` is "person" (name and birthday) or "reference" (a till's id)."""

    first: Member
    second: Member
    by: str
    evidence: str


def pairs(limit: int = SHOWN) -> list[Suspect]:
    """The likeliest, at most ``limit``: same name and birthday, or called the same by two partners."""
    found = [*_by_person(limit), *_by_reference(limit)]
    seen: set[tuple[int, int]] = set()
    unique = []
    for each in found:
        key = (each.first.pk, each.second.pk)
        if key not in seen:
            seen.add(key)
            unique.append(each)
    return unique[:limit]


def _by_person(limit: int) -> Iterable[Suspect]:
    known = Member.objects.exclude(name="").exclude(birthday=None).exclude(account__status=Account.Status.CLOSED)
    twice = known.order_by().values("name", "birthday").annotate(times=Count("pk")).filter(times__gt=1)
    groups = {(row["name"], row["birthday"]) for row in twice.order_by("name", "birthday")[:limit]}
    rows = known.filter(name__in={name for name, _day in groups}, birthday__in={day for _name, day in groups})
    people: dict[tuple[str, date | None], list[Member]] = {}
    for member in rows.select_related("account", "tier").order_by("joined_at", "pk"):
        if (member.name, member.birthday) in groups:
            people.setdefault((member.name, member.birthday), []).append(member)
    for (_name, day), members in people.items():
        for other in members[1:]:
            yield Suspect(members[0], other, "person", day.isoformat() if day else "")


def _by_reference(limit: int) -> Iterable[Suspect]:
    """Two partners call two accounts the same; short numbers say nothing, since every till counts from one."""
    rows = AccountReference.objects.exclude(external_id__startswith="erased:").filter(
        external_id__regex=r"^.{8,}$", account__status=Account.Status.ACTIVE, account__member__isnull=False
    )
    twice = rows.order_by().values("external_id").annotate(times=Count("account", distinct=True)).filter(times__gt=1)
    words = [row["external_id"] for row in twice.order_by("external_id")[:limit]]
    called: dict[str, list[int]] = {}
    for word, account_id in (
        rows.filter(external_id__in=words).order_by(F("account")).values_list("external_id", "account_id")
    ):
        called.setdefault(word, []).append(account_id)
    people = Member.objects.select_related("account", "tier").in_bulk({pk for ids in called.values() for pk in ids})
    for word, ids in called.items():
        first, *others = dict.fromkeys(ids)
        for other in others:
            yield Suspect(people[first], people[other], "reference", word)
