"""Counting segments on a grown programme: three from easy to hard, and how the time grows with the members.

Each member has a tier, a tag (every fifth), four days of spending within two years, two orders and their
lines. Segments are counted as the pages count them, three times, the best time told; the tag that follows
the hardest one is settled once. Sizes are 10,000 and 100,000 members; ``EVERGREEN_BENCH_SCALE=1000000`` adds
one. A million should count in seconds; growth 1.0 is linear.
"""

import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import partial
from typing import Any

from django.db import connection

from benchmarks.measures import Measure
from benchmarks.sweeping import sizes
from loyalty import programme, statements
from loyalty.models import Metric, Partner
from members.groups import segments, tags
from members.models import MAIN, Tag, Tier

NOW = datetime(2026, 3, 18, tzinfo=UTC)
DAY = programme.day_of
ROUNDS = 3
TIERS = ("starter", "silver", "gold", "black")
GOLD = {"fact": "member.tier", "op": "in", "value": ["gold", "black"]}
SPENT = {"fact": "metric.spend", "op": "gte", "value": 50_000, "window": {"days": 365}}
TAGGED = {"fact": "member.tags", "op": "has_any", "value": ["vip"]}
CATS = {"fact": "order.categories", "op": "has_any", "value": ["cat-food"]}
LATELY = {"fact": "order.last_on", "op": "in_last_days", "value": 365}
ASKED: dict[str, Any] = {
    "tier": GOLD,
    "tier and spend of a year": {"all": [GOLD, SPENT]},
    "spend of a year alone": SPENT,
    "tier, spend, tag, goods bought": {"all": [GOLD, SPENT, TAGGED, CATS]},
    "any of spend, tag, last order": {"any": [SPENT, TAGGED, LATELY]},
}


def plant(first: int, last: int) -> None:
    """Members ``first`` to ``last``, made within the database."""
    tiers = [tier.pk for tier in Tier.objects.order_by("rank")]
    known: dict[str, Any] = {
        "first": first,
        "last": last,
        "tiers": tiers,
        "tag": Tag.objects.get(code="vip").pk,
        "spend": Metric.objects.get(code="spend").pk,
        "till": Partner.objects.get(code="bench").pk,
    }
    with connection.cursor() as cursor:
        for statement in PLANTING:
            cursor.execute(statement, known)
        cursor.execute("VACUUM ANALYZE")


# <IDS> are the members to make, <KEY> is the id of their order k, <PLACED> gives when it was placed.
IDS = "generate_series(%(first)s, %(last)s) AS n"
KEY = "(lpad(to_hex(n), 8, '0') || substr(md5(k::text || n::text), 9))::uuid"
PLACED = "LATERAL (SELECT timestamptz '2024-04-01' + ((n * 31 + k * 300) %% 716) * interval '1 day' AS at) AS placed"
PLANTING = tuple(
    each.replace("<IDS>", IDS).replace("<KEY>", KEY).replace("<PLACED>", PLACED)
    for each in (
        """INSERT INTO loyalty_account (id, kind, number, status, timezone, opened_at)
            SELECT n, 'member', 'G' || n, 'active', '', timestamptz '2024-01-01' FROM <IDS>""",
        """INSERT INTO members_member (account_id, name, phone, email, birthday, language, source, joined_at,
                joined_on, guardian_name, guardian_contact, has_no_pet, tier_id)
            SELECT n, '', NULL, NULL, NULL, 'zh-hans', 'api', timestamptz '2024-01-01', date '2024-01-01', '', '',
                false, (%(tiers)s::bigint[])[1 + n %% 100 * 19 %% 100 / 40 + n %% 100 * 19 %% 100 / 80] FROM <IDS>""",
        """INSERT INTO members_tagging (member_id, tag_id, source, given_at)
            SELECT n, %(tag)s, 'staff', timestamptz '2026-01-01' FROM <IDS> WHERE n %% 5 = 0""",
        """INSERT INTO loyalty_tally (account_id, metric_id, day, value)
            SELECT n, %(spend)s, date '2024-04-01' + ((n * 31 + k * 181) %% 716)::int, 5000 + (n * 13 + k) %% 40000
            FROM <IDS>, generate_series(0, 3) AS k ON CONFLICT DO NOTHING""",
        """INSERT INTO loyalty_event (id, kind, key, partner_id, account_id, state, occurred_at, occurred_on,
                recorded_at, payload, fingerprint)
            SELECT <KEY>, 'order.paid', 'bench:' || n || ':' || k, %(till)s, n, 'decided', at, at::date, at, '{}', ''
            FROM <IDS>, generate_series(0, 1) AS k, <PLACED>""",
        """INSERT INTO loyalty_order (id, partner_id, external_id, account_id, customer_ref, event_id, currency,
                total_minor, freight_minor, points_paid_minor, refunded_minor, clawed, points_returned, reversals,
                version, placed_at, placed_on)
            SELECT <KEY>, %(till)s, n || ':' || k, n, '', <KEY>, 'CNY', 20000, 0, 0, 0, '{}', 0, '[]', 0, at, at::date
            FROM <IDS>, generate_series(0, 1) AS k, <PLACED>""",
        """INSERT INTO loyalty_orderline (order_id, position, kind, sku, title, category, quantity, amount_minor,
                is_voided)
            SELECT <KEY>, 1, 'goods', 'S' || n %% 50, '',
                CASE n %% 3 WHEN 0 THEN 'cat-food' WHEN 1 THEN 'dog-food' ELSE 'toy' END, 1, 20000, false
            FROM <IDS>, generate_series(0, 1) AS k""",
    )
)


def fastest(deed: Callable[[], int]) -> tuple[float, int]:
    """Best of some rounds in seconds, and what it answered."""
    found = []
    for _round in range(ROUNDS):
        began = time.perf_counter()
        answer = deed()
        found.append((time.perf_counter() - began, answer))
    return min(found)


def counted(condition: Any) -> int:
    with statements.wide():
        return segments.fitting(condition, as_of=DAY(NOW)).count()


def run() -> Iterator[Measure]:
    if connection.vendor != "postgresql":
        yield Measure("left out", 0, "", "members are planted by PostgreSQL; say --postgres")
        return
    for rank, code in enumerate(TIERS):
        Tier.objects.create(code=code, name_zh=code, name_en=code, rank=rank, threshold=rank * 1000, ladder_id=MAIN)
    Tag.objects.create(code="vip", name_zh="vip", name_en="vip")
    hard = ASKED["tier, spend, tag, goods bought"]
    tag = Tag.objects.create(code="auto", name_zh="auto", name_en="auto", is_automatic=True, condition=hard)
    Partner.objects.create(code="bench", name="bench")
    there, spent = 0, dict[tuple[str, int], float]()
    for size in sizes():
        plant(there + 1, size)
        there = size
        for name, condition in ASKED.items():
            seconds, count = fastest(partial(counted, condition))
            spent[name, size] = seconds
            yield Measure(f"{name}, {size:,}", seconds * 1000, "ms", f"{count:,} members")
        began = time.perf_counter()
        given, _taken = tags.settle(tag, now=NOW)
        yield Measure(f"settle a tag, {size:,}", (time.perf_counter() - began) * 1000, "ms", f"{given:,} tagged")
    smallest, *others = sizes()
    for size in others:
        for name in ASKED:
            ratio = spent[name, size] / size / (spent[name, smallest] / smallest)
            yield Measure(f"growth to {size:,}: {name}", ratio, "times", "1.00 is linear")
