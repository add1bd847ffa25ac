"""What the benchmarks of the one road play on: a programme with twenty live rules, members and orders.

The usual case: a base rate in points and one in growth, tiers, categories of goods, thresholds, happy
hours and days of the month, windows over tallies, and limits. Five to eight rules apply to an order.
Members stand on the rung that their growth has reached, so no batch moves them.
"""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

from django.db import connection, transaction

from loyalty import accounts, rules
from loyalty.events.incoming import Incoming
from loyalty.ledger import store
from loyalty.ledger.book import Book, Purse, Stamp
from loyalty.models import Account, Partner, Rule, Store
from members.climbing import ladders
from members.entering import numbers
from members.models import Ladder, LadderVersion, Member, Tier

NOW = datetime(2026, 3, 18, 4, tzinfo=UTC)
OPENED = NOW - timedelta(days=400)
STEP = 10_000_000
TIERS = ("base", "silver", "gold", "diamond")
CATEGORIES = ("tea", "coffee", "cups", "sweets", "gifts", "books", "lamps", "towels", "snacks", "cards", "pens", "pots")


def _is(fact: str, op: str, value: Any = None, **more: Any) -> dict[str, Any]:
    return {"fact": fact, "op": op, **({} if value is None else {"value": value}), **more}


def _rate(currency: str) -> list[dict[str, Any]]:
    return [{"effect": "points.rate", "currency": currency, "points": 1, "per_minor": 100}]


def _times(factor: str, currency: str = "points", **more: Any) -> list[dict[str, Any]]:
    return [{"effect": "points.multiply", "currency": currency, "factor": factor, **more}]


def _fixed(points: int, currency: str = "points", **more: Any) -> list[dict[str, Any]]:
    return [{"effect": "points.fixed", "currency": currency, "points": points, **more}]


def _of(*categories: str) -> dict[str, Any]:
    return {"lines": {"include": {"category": list(categories)}}}


def _most(limit: int, per: str, currency: str = "points") -> dict[str, Any]:
    return {"caps": [{"per": per, "currency": currency, "limit": limit, "over": "clip"}]}


_LIFETIME, _MONTH = {"lifetime": True}, {"days": 30}
_HIGH = _is("member.tier", "in", ["gold", "diamond"])
_LOYAL = {"all": [_is("metric.spend", "gte", 100_000, window=_MONTH), _is("event.amount", "gte", 5000)]}
RULES: tuple[dict[str, Any], ...] = (
    {"effects": _rate("points"), "priority": 10},
    {"effects": _rate("growth"), "priority": 11},
    {"effects": _times("1.1"), "condition": _is("member.tier", "eq", "silver")},
    {"effects": _times("1.2"), "condition": _is("member.tier", "eq", "gold")},
    {"effects": _times("1.5"), "condition": _is("member.tier", "eq", "diamond")},
    {"effects": _times("1.1", "growth"), "condition": _HIGH},
    {"effects": _times("1.2", **_of("tea"))},
    {"effects": _times("2", **_of("gifts")), **_most(300, "day")},
    {"effects": _fixed(5, **_of("sweets")), **_most(50, "month")},
    {"effects": _fixed(10), "condition": _is("event.amount", "gte", 20_000)},
    {"effects": _fixed(40), "condition": _is("event.amount", "gte", 40_000)},
    {"effects": _fixed(80), "condition": _is("event.amount", "gte", 60_000)},
    {"effects": _times("1.1"), "schedule": {"hours": [["14:00", "16:00"]]}},
    {"effects": _times("1.1"), "schedule": {"weekdays": [6, 7]}},
    {"effects": _times("2"), "schedule": {"days_of_month": [18]}, **_most(500, "day")},
    {"effects": _fixed(50), "condition": _is("metric.orders", "eq", 0, window=_LIFETIME), **_most(50, "lifetime")},
    {"effects": _fixed(20), "condition": _LOYAL, **_most(100, "month")},
    {"effects": _fixed(5), "condition": _is("event.store", "eq", "B01"), **_most(20, "day")},
    {"effects": _times("2"), "condition": _is("member.birthday", "month_is", "current"), **_most(1000, "month")},
    {"effects": _fixed(5, "growth"), "condition": _is("event.channel", "eq", "app"), **_most(50, "day", "growth")},
)


def programme(code: str) -> Partner:
    """Twenty live rules, four tiers and a till; made once for all benchmarks of a run."""
    for rank, tier in enumerate(TIERS):
        Tier.objects.get_or_create(
            code=tier, defaults={"rank": rank, "threshold": rank * STEP, "name_zh": tier, "name_en": tier}
        )
    if not LadderVersion.objects.exists():
        ladders.publish(Ladder.objects.get(is_main=True), by=None, now=OPENED)
    for number in range(4):
        Store.objects.get_or_create(code=f"B{number:02}", defaults={"name": f"Store {number}"})
    for number, columns in enumerate(RULES, start=1):
        if not Rule.objects.filter(code=f"bench-{number}").exists():
            rule = Rule.objects.create(
                code=f"bench-{number}",
                name_zh=f"规则{number}",
                name_en=f"Rule {number}",
                kind="order.paid",
                **{"priority": 20 + number, **columns},
            )
            rules.publish(rule, by=None, now=OPENED)
    return Partner.objects.get_or_create(code=code, defaults={"name": code, "rate_per_minute": 10**6})[0]


@transaction.atomic
def members(count: int) -> list[Account]:
    """Members on all four rungs, with the growth that carries them there."""
    rungs = list(Tier.objects.order_by("rank"))
    opened = Account.objects.bulk_create(Account(number=number, opened_at=OPENED) for number in numbers.draw(count))
    Member.objects.bulk_create(
        Member(
            account=account,
            source=Member.Source.IMPORT,
            joined_at=OPENED,
            joined_on=OPENED.date(),
            birthday=date(1990, 1 + place % 12, 1),
            tier=rungs[place % 4],
        )
        for place, account in enumerate(opened)
    )
    book, growth = Book(), accounts.currencies()["growth"].pk
    for place, account in enumerate(opened):
        if place % 4:
            stamp, purse = Stamp(OPENED, OPENED.date(), OPENED), Purse(account.pk, growth)
            book.credit(purse, place % 4 * STEP, counter="adjusted", stamp=stamp, available_at=OPENED, expires_at=None)
    store.write(book)
    return opened


def order(order_id: str, number: int, account: Account, at: datetime) -> Incoming:
    """An order of two to four lines, as a till tells it."""
    lines = []
    for position in range(2 + number % 3):
        category = CATEGORIES[(number + 5 * position) % len(CATEGORIES)]
        lines.append(
            {
                "sku": f"{category.upper()}-{number * 7 % 90:02}",
                "title": f"好物 {category} {number % 97}",
                "category": category,
                "quantity": 1 + (number + position) % 3,
                "amount": f"{5 + (number * 7919 + position * 31) % 180}.{number % 100:02}",
            }
        )
    payload = {
        "order_id": order_id,
        "currency": "CNY",
        "store": f"B{number % 4:02}",
        "channel": "app" if number % 3 else "pos",
        "customer": f"m:{account.number}",
        "lines": lines,
        "metadata": {"till": number % 9},
    }
    return Incoming("order.paid", payload, at)


def batch(name: str, holders: Sequence[Account], size: int, day: int) -> list[Incoming]:
    """An order of each of the first ``size`` members, over ten hours of a day so long after ``NOW``."""
    morning = NOW + timedelta(days=day, hours=-3)
    return [
        order(f"{name}-{number}", number + day, holder, morning + timedelta(seconds=number * 36))
        for number, holder in enumerate(holders[:size])
    ]


def evening(day: int) -> datetime:
    """When the till tells what it sold on that day."""
    return NOW + timedelta(days=day, hours=8)


def analyze() -> None:
    """What a server that has run for a while knows about its tables."""
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
