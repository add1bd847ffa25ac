"""The nightly review of tiers at two sizes, so that the growth of its cost shows.

Every member is due: a calendar year has ended in which two thirds earned their tier again. The walk
judges all, moves a third one step down, records their events and writes standings, history and tiers.
Sizes are 20,000 and 100,000 members; EVERGREEN_BENCH_SCALE=10 makes the larger one a million.
"""

import os
import time
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

from benchmarks.measures import Measure
from loyalty import bulk
from loyalty.models import Account, Balance, Currency, Entry
from members.climbing import ladders, previews, reviewing
from members.models import Ladder, Member, Standing, Tier

SMALL, LARGE = 20_000, 100_000
NOW = datetime(2026, 12, 31, 16, 30, tzinfo=UTC)  # 1 January in Shanghai
EARNED_AT = datetime(2026, 6, 1, 4, tzinfo=UTC)
RUNGS = (("starter", 0), ("silver", 500), ("gold", 2000), ("platinum", 5000))
CHUNK = 10_000


def run() -> Iterator[Measure]:
    large = int(LARGE * float(os.environ.get("EVERGREEN_BENCH_SCALE", "1")))
    main = Ladder.objects.get(is_main=True)
    Ladder.objects.filter(pk=main.pk).update(window="calendar_year", validity="calendar_year", downgrade="one_step")
    rungs = [
        Tier.objects.create(code=code, name_zh=code, name_en=code, rank=rank, threshold=threshold)
        for rank, (code, threshold) in enumerate(RUNGS)
    ]
    ladders.publish(main, by=None, now=NOW - timedelta(days=900))
    rates = []
    for size in (SMALL, large):
        plant(size, rungs[2])
        began = time.perf_counter()
        counts = walk()
        rates.append(counts["reviewed"] / (time.perf_counter() - began))
        yield Measure(f"review of {size:,}", rates[-1], "members/s", f"{counts['moved']:,} moved")
    yield Measure("cost a member, large against small", rates[0] / rates[1], "times", "1 is linear")
    main.refresh_from_db()
    Tier.objects.filter(code="gold").update(threshold=3000)
    began = time.perf_counter()
    found = previews.preview(main, now=NOW)
    note = f"{found.staying + found.rising + found.falling:,} members"
    yield Measure("preview of a new version", (time.perf_counter() - began) * 1000, "ms", note)


def walk() -> dict[str, int]:
    """The whole job, stride by stride."""
    total = {"reviewed": 0, "moved": 0}
    cursor = ""
    while True:
        stride = reviewing.review_due(NOW, "2027-01-01", cursor)
        total = {name: total[name] + stride.counts[name] for name in total}
        cursor = stride.cursor
        if not cursor:
            return total


def plant(size: int, gold: Tier) -> None:
    """So many gold members whose year is over; two of three have earned it again."""
    growth = Currency.objects.get(code="growth")
    start = Account.objects.count()
    for first in range(start, start + size, CHUNK):
        numbers = range(first, min(first + CHUNK, start + size))
        accounts = Account.objects.bulk_create(Account(number=f"B{number}", opened_at=EARNED_AT) for number in numbers)
        Member.objects.bulk_create(
            Member(account=row, source="api", joined_at=EARNED_AT, joined_on=date(2025, 6, 1), tier=gold)
            for row in accounts
        )
        Standing.objects.bulk_create(_standing(row, gold) for row in accounts)
        rows = [_entry(row, growth, 2500 if place % 3 else 100) for place, row in enumerate(accounts)]
        bulk.insert(Entry, _ENTRY, rows)
        Balance.objects.bulk_create(
            Balance(account=row, currency=growth, available=2500 if place % 3 else 100, version=1)
            for place, row in enumerate(accounts)
        )


_ENTRY = (
    "id",
    "account_id",
    "currency_id",
    "version",
    "counter",
    "amount",
    "balance_after",
    "effective_at",
    "effective_on",
    "recorded_at",
    "memo",
)


def _entry(account: Account, growth: Currency, amount: int) -> tuple[object, ...]:
    key = Entry._meta.get_field("id").get_default()
    day = date(2026, 6, 1)
    return (key, account.pk, growth.pk, 1, "issued", amount, amount, EARNED_AT, day, EARNED_AT, "")


def _standing(account: Account, gold: Tier) -> Standing:
    return Standing(
        member_id=account.pk,
        ladder=gold.ladder,
        earned=gold,
        effective=gold,
        reached_on=date(2025, 6, 1),
        reached_at=EARNED_AT,
        term_from=date(2026, 1, 1),
        valid_through=date(2026, 12, 31),
        next_review_on=date(2027, 1, 1),
    )
