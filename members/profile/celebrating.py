"""Days of honor, told to the rules once a year: birthdays of members and of their pets, years of joining.

Every night each job looks at the day and the day before (or, by the brand's choice, at the whole month), so
who tells a birthday in the course of it is not passed over. The event's key holds the year, so whatever is
edited, and however often a job runs, there is one a year. Pieces are ranges of 500 in order of id with a
constant number of statements each. Nothing of a birthday goes into an event but that it was one.
"""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import date, datetime
from functools import partial
from typing import Any, NamedTuple

from django.utils.translation import gettext_lazy as _

from loyalty import bulk, periods, retrying
from loyalty.events import intake
from loyalty.models import Account, Event
from loyalty.registry import EventField, EventKind, Happening, Job, Stride, ValueType
from members import choices
from members.models import Member, MemberSettings, Pet
from members.profile import anniversaries
from members.profile.anniversaries import Feast

RANGE = 500
RANGES_A_STRIDE = 10


def _field(name: str) -> Callable[[Mapping[str, Any]], Any]:
    return lambda payload: payload[name]


BIRTHDAY = EventKind("member.birthday", _("member's birthday"), dict, title=_("Happy birthday"), icon="cake")
PET_BIRTHDAY = EventKind(
    "pet.birthday",
    _("pet's birthday"),
    dict,
    fields=(
        EventField("species", _("species"), ValueType.CHOICE, _field("species"), lambda: Pet.Species.choices),
        EventField("age", _("years of age"), ValueType.NUMBER, _field("age")),
        EventField("nth", _("which of the member's pets this year"), ValueType.NUMBER, _field("nth")),
    ),
    title=_("Your pet's birthday"),
    icon="paw",
)
ANNIVERSARY = EventKind(
    "member.anniversary",
    _("anniversary of joining"),
    dict,
    fields=(EventField("years", _("years with us"), ValueType.NUMBER, _field("years")),),
    title=_("Another year together"),
    icon="heart",
)
KINDS = (BIRTHDAY, PET_BIRTHDAY, ANNIVERSARY)


class Piece(NamedTuple):
    """A range that was looked at: how many rows, the last id, and what is to be told of them."""

    seen: int
    last: int
    told: list[Happening]


Look = Callable[[Feast, int, datetime], Piece]


def member_birthdays(as_of: datetime, period: str, cursor: str) -> Stride:
    """Members' birthdays of business day ``period``."""
    return _walk(_feasts(period), cursor, as_of, _members)


def pet_birthdays(as_of: datetime, period: str, cursor: str) -> Stride:
    """Birthdays of pets that are alive and shown, as many a member as the brand celebrates in a year."""
    return _walk(_feasts(period), cursor, as_of, _pets)


def joining_days(as_of: datetime, period: str, cursor: str) -> Stride:
    """Years since joining, on the day; of who joined on 29 February on 28 February in common years."""
    return _walk(anniversaries.of_day(date.fromisoformat(period), in_march=False), cursor, as_of, _joined)


def _feasts(period: str) -> list[Feast]:
    day, choice = date.fromisoformat(period), choices.current()
    if choice.birthday_on == MemberSettings.BirthdayOn.MONTH:
        return anniversaries.of_month(day)
    return anniversaries.of_days(day, in_march=in_march(choice))


def in_march(choice: MemberSettings) -> bool:
    return choice.leap_day == MemberSettings.LeapDay.MARCH


def _walk(feasts: list[Feast], cursor: str, as_of: datetime, look: Look) -> Stride:
    """Some thousand rows from ``cursor`` ("which feast|last id") on."""
    place, last = (int(part) for part in (cursor or "0|0").split("|"))
    seen = told = 0
    for _range in range(RANGES_A_STRIDE):
        if place >= len(feasts):
            return Stride("", {"seen": seen, "celebrated": told})
        piece = retrying.atomically(partial(_celebrate, look, feasts[place], last, as_of))
        seen, told = seen + piece.seen, told + len(piece.told)
        place, last = (place, piece.last) if piece.seen == RANGE else (place + 1, 0)
    return Stride(f"{place}|{last}" if place < len(feasts) else "", {"seen": seen, "celebrated": told})


def _celebrate(look: Look, feast: Feast, after: int, now: datetime) -> Piece:
    piece = look(feast, after, now)
    if piece.told:
        intake.record(piece.told, now=now)
    return piece


def _members(feast: Feast, after: int, now: datetime) -> Piece:
    rows = Member.objects.filter(birthday__in=feast.births(), pk__gt=after)
    ids = list(rows.exclude(account__status=Account.Status.CLOSED).order_by("pk").values_list("pk", flat=True)[:RANGE])
    keys = {f"{BIRTHDAY.code}:{account_id}:{feast.year}": account_id for account_id in ids}
    fresh = [Happening(BIRTHDAY.code, key, keys[key], now, {"year": feast.year}) for key in _unknown(keys)]
    return Piece(len(ids), ids[-1] if ids else 0, fresh)


def _joined(feast: Feast, after: int, now: datetime) -> Piece:
    rows = Member.objects.filter(joined_on__in=feast.births(), pk__gt=after)
    found = rows.exclude(account__status=Account.Status.CLOSED).order_by("pk").values_list("pk", "joined_on")[:RANGE]
    keys = {
        f"{ANNIVERSARY.code}:{account_id}:{feast.year - joined.year}": (account_id, feast.year - joined.year)
        for account_id, joined in found
    }
    fresh = [Happening(ANNIVERSARY.code, key, keys[key][0], now, {"years": keys[key][1]}) for key in _unknown(keys)]
    return Piece(len(found), found[len(found) - 1][0] if found else 0, fresh)


def _pets(feast: Feast, after: int, now: datetime) -> Piece:
    rows = Pet.objects.filter(removed_at=None, passed_on=None, birthday__in=feast.births(), pk__gt=after)
    open_ones = rows.exclude(member__account__status=Account.Status.CLOSED).order_by("pk")
    found = list(open_ones.values_list("pk", "member_id", "species", "birthday")[:RANGE])
    done, counted = _celebrated({row[1] for row in found}, feast.year)
    cap = choices.current().pet_birthdays_a_year
    told = []
    for pet_id, member_id, species, born in found:
        if pet_id in done or (cap and counted[member_id] >= cap) or born is None:
            continue
        counted[member_id] += 1
        payload = {"pet": pet_id, "species": species, "age": feast.year - born.year, "nth": counted[member_id]}
        told.append(Happening(PET_BIRTHDAY.code, _pet_key(pet_id, feast.year), member_id, now, payload))
    return Piece(len(found), found[-1][0] if found else 0, told)


def _celebrated(member_ids: Collection[int], year: int) -> tuple[set[int], Counter[int]]:
    """Which pets of these members had their day this year already, and how many each member.

    Pets that were taken out or passed away since count as well. Two queries.
    """
    owners = dict(Pet.objects.filter(bulk.among("member_id", member_ids)).values_list("pk", "member_id"))
    keys = {_pet_key(pet_id, year): pet_id for pet_id in owners}
    done = {keys[key] for key in keys.keys() - set(_unknown(keys))}
    return done, Counter(owners[pet_id] for pet_id in done)


def _pet_key(pet_id: int, year: int) -> str:
    return f"{PET_BIRTHDAY.code}:{pet_id}:{year}"


def _unknown(keys: Iterable[str]) -> list[str]:
    """Those keys no event has yet, in their order. One query."""
    wanted = list(keys)
    there = set(Event.objects.filter(bulk.among("key", wanted)).values_list("key", flat=True))
    return [key for key in wanted if key not in there]


JOBS = (
    Job("member_birthdays", _("Celebrate members' birthdays"), periods.day, walk=member_birthdays),
    Job("pet_birthdays", _("Celebrate pets' birthdays"), periods.day, walk=pet_birthdays),
    Job("joining_days", _("Celebrate years of joining"), periods.day, walk=joining_days),
)
