"""The nightly walk of birthdays at two sizes: how fast one is celebrated, and how that grows with the members.

Members with birthdays spread over 60 years and all days, four pets for five of them, one live rule that gives
points. Measured are the usual night (one day in 366), its repetition (which finds everybody celebrated) and a
night where the brand celebrates by the month. Sizes are 20,000 and 100,000 members; EVERGREEN_BENCH_SCALE=10
makes the larger one a million.
"""

import os
import time
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta

from django.db import connection, transaction

from benchmarks.measures import Measure
from loyalty import rules
from loyalty.models import Account, Rule
from loyalty.registry import Stride
from members.models import Member, MemberSettings, Pet
from members.profile import celebrating

SMALL, LARGE = 20_000, 100_000
FIRST = date(2026, 3, 18)
JOINED = datetime(2025, 6, 1, 4, tzinfo=UTC)
Walk = Callable[[datetime, str, str], Stride]


def run() -> Iterator[Measure]:
    if connection.vendor != "postgresql":
        yield Measure("left out", 0, "", "members are made by PostgreSQL; say --postgres")
        return
    for kind in ("member.birthday", "pet.birthday"):
        effects = [{"effect": "points.fixed", "currency": "points", "points": 50}]
        rule = Rule.objects.create(code=kind.replace(".", "-"), name_zh=kind, kind=kind, effects=effects)
        rules.publish(rule, by=None, now=JOINED)
    large = int(LARGE * float(os.environ.get("EVERGREEN_BENCH_SCALE", "1")))
    found: dict[str, list[float]] = {}
    for night, size in enumerate((SMALL, large)):
        plant(size - Member.objects.count())
        for name, measure in _nights(FIRST + timedelta(days=100 * night), size):
            found.setdefault(name, []).append(measure.value)
            yield measure
    for name, (small, big) in found.items():
        yield Measure(f"{name}, growth of the cost of one", small / big, "times", "1 is linear; above is worse")


def _nights(day: date, size: int) -> Iterator[tuple[str, Measure]]:
    for name, walk in (("members", celebrating.member_birthdays), ("pets", celebrating.pet_birthdays)):
        told, seconds = _night(walk, day)
        yield (
            name,
            Measure(f"{name}' birthdays of {size:,}", told / seconds, "celebrated/s", f"{told:,}, {seconds:.1f} s"),
        )
    seen, seconds = _night(celebrating.member_birthdays, day, count="seen")
    yield (
        "again",
        Measure(f"the same night again of {size:,}", seen / seconds, "looked at/s", f"{seen:,}, {seconds:.2f} s"),
    )
    MemberSettings.objects.update(birthday_on=MemberSettings.BirthdayOn.MONTH)
    later = day.replace(day=1) + timedelta(days=32)
    told, seconds = _night(celebrating.member_birthdays, later)
    yield (
        "month",
        Measure(f"a month's birthdays of {size:,}", told / seconds, "celebrated/s", f"{told:,}, {seconds:.1f} s"),
    )
    MemberSettings.objects.update(birthday_on=MemberSettings.BirthdayOn.DAY)


def _night(walk: Walk, day: date, count: str = "celebrated") -> tuple[int, float]:
    """The whole job of one night; how many, and how long it took."""
    at = datetime(day.year, day.month, day.day, 4, tzinfo=UTC)
    began, total, cursor = time.perf_counter(), 0, ""
    while True:
        stride = walk(at, day.isoformat(), cursor)
        total, cursor = total + stride.counts[count], stride.cursor
        if not cursor:
            return total, time.perf_counter() - began


def plant(more: int) -> None:
    """So many more members with their pets, made within the database."""
    born = "date '1950-01-01' + mod(n::bigint * 7919, 21915)::int"
    with transaction.atomic(), connection.cursor() as cursor:
        start = Account.objects.count()
        cursor.execute(
            f"INSERT INTO {Account._meta.db_table} (number, opened_at, kind, status, timezone)"  # noqa: S608  # ours
            " SELECT 'D' || lpad(n::text, 11, '0'), %s, 'member', 'active', '' FROM generate_series(%s, %s) n",
            [JOINED, start + 1, start + more],
        )
        cursor.execute(
            f"INSERT INTO {Member._meta.db_table} (account_id, name, source, joined_at, joined_on, language,"  # noqa: S608  # ours
            " guardian_name, guardian_contact, has_no_pet, birthday)"
            f" SELECT id, '', 'api', %s, %s, '', '', '', false, {born}"
            f" FROM (SELECT id, substr(number, 2)::int n FROM {Account._meta.db_table}"
            " WHERE number LIKE 'D%%' AND substr(number, 2)::int > %s) a",
            [JOINED, JOINED.date(), start],
        )
        cursor.execute(
            f"INSERT INTO {Pet._meta.db_table} (member_id, name, species, breed, sex, is_birthday_guessed, birthday,"  # noqa: S608  # ours
            " added_at)"
            " SELECT account_id, 'M', 'cat', '', '', false, date '2015-01-01' + mod(account_id * 6211, 3650)::int, %s"
            f" FROM {Member._meta.db_table} WHERE mod(account_id, 5) > 0"
            f" AND NOT EXISTS (SELECT FROM {Pet._meta.db_table} p WHERE p.member_id = account_id)",
            [JOINED],
        )
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
