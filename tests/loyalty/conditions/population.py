"""A few dozen accounts that differ in everything a condition can ask, and random trees about them."""

import random
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from typing import Any

from django.db.models import BooleanField, Case, CharField, F, OuterRef, Value, When
from django.db.models.functions import Cast
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from loyalty.conditions import operators
from loyalty.conditions.codes import Codes
from loyalty.conditions.operators import Operator
from loyalty.conditions.windows import ANCHORED
from loyalty.models import Account, Balance, Currency, Metric, Tally
from loyalty.registry import BuiltinMetric, Contribution, EventField, EventKind, Fact, ValueType, registry
from members.groups import segments
from members.models import Member, Segment, SegmentMember, Tag, Tagging, Tier

SIZE = 50
NAMES = ("", "Ann", "ann", "Änn", "常青", "常青树", "100%", "a_b", "O'Hara", "back\\slash", "Ann Lee")
BIRTHDAYS = tuple(date(1990 + place, *day) for place, day in enumerate([(1, 1), (12, 31), (2, 27), (3, 1), (7, 18)]))
LEAPLINGS = (date(2000, 2, 29), date(1996, 2, 29), date(1999, 2, 28))
EDGES = (
    *(date(2024, *day) for day in [(2, 28), (2, 29), (3, 1)]),
    *(date(2025, *day) for day in [(1, 1), (2, 27), (2, 28), (3, 1), (4, 1), (12, 31)]),
    date(2026, 6, 30),
)
METRICS = ("t_orders", "t_spend", "t_none")
TIERS = ("t-silver", "t-gold")
CHOICES = {
    "member.tier": TIERS,
    "member.language": ("zh-hans", "en"),
    "member.source": tuple(Member.Source.values),
    "account.status": tuple(Account.Status.values),
    "member.tags": ("t-quiet", "t-loud", "t-auto"),
    segments.FACT: ("t-list", "t-golden", "t-spenders", "t-nested", "t-everyone", "t-circle", "t-nobody"),
    "probe.days": ("2025-01-01", "2025-02-28"),
}
CROWDS = {
    "t-golden": {"fact": "member.tier", "op": "eq", "value": "t-gold"},
    "t-spenders": {"all": [{"fact": "metric.t_spend", "op": "gte", "value": 3, "window": {"days": 200}}]},
    "t-nested": {
        "any": [
            {"fact": segments.FACT, "op": "has_all", "value": ["t-list", "t-spenders"]},
            {"fact": "member.tags", "op": "has_any", "value": ["t-loud"]},
        ]
    },
    "t-everyone": {},
    "t-circle": {"any": [{"fact": segments.FACT, "op": "has_none", "value": ["t-circle"]}]},
}
PROBES = (
    Fact("probe.name", "name", ValueType.TEXT, lambda: F("member__name")),
    Fact("probe.born", "born", ValueType.DATE, lambda: F("member__birthday")),
    Fact("probe.rank", "rank", ValueType.NUMBER, lambda: F("member__tier__rank")),
    Fact(
        "probe.maybe",
        "maybe",
        ValueType.BOOLEAN,
        lambda: Case(
            When(status="active", then=Value(True)),
            When(status="frozen", then=Value(False)),
            output_field=BooleanField(),
        ),
    ),
    Fact(
        "probe.days",
        "days",
        ValueType.SET,
        lambda: Codes(Tally.objects.filter(account=OuterRef("pk")).annotate(text=Cast("day", CharField())), "text"),
    ),
)
FACTS = (*registry.all(Fact), *PROBES)
SALE = EventKind(
    "probe.sale",
    "sale",
    dict,
    fields=(
        EventField("amount", "sale amount", ValueType.MONEY, lambda payload: payload["amount"]),
        EventField("channel", "channel", ValueType.TEXT, lambda payload: payload["channel"]),
    ),
)
SPEND = BuiltinMetric("t_spend", "sales total", "probe.sale", lambda payload: payload["amount"], ValueType.MONEY)


@contextmanager
def contributed() -> Iterator[None]:
    """The registry with our probes in it, for as long as it lasts."""
    kept = registry._items
    registry._items = {cls: dict(shelf) for cls, shelf in kept.items()}
    items: tuple[Contribution, ...] = (*FACTS, SALE, SPEND)
    for item in items:
        registry._items.setdefault(type(item), {})[item.code] = item
    try:
        yield
    finally:
        registry._items = kept


def settle(seed: int) -> list[int]:
    """Writes the accounts of ``seed`` with members, tallies and balances; returns their ids."""
    dice = random.Random(seed)
    tiers = [
        Tier.objects.create(code=code, name_zh=code, name_en=code, rank=900 + place, threshold=10**9 + place)
        for place, code in enumerate(TIERS)
    ]
    accounts = Account.objects.bulk_create(
        Account(
            number=f"T{seed}-{place}",
            status=dice.choice(Account.Status.values),
            opened_at=datetime(2023, 1, 1, tzinfo=UTC),
        )
        for place in range(SIZE)
    )
    Member.objects.bulk_create(_member(dice, account, tiers) for account in accounts if dice.random() < 0.85)
    metrics = [Metric.objects.create(code=code, name_zh=code, name_en=code) for code in METRICS]
    for account in accounts:
        Tally.objects.bulk_create(_tallies(dice, account, metrics))
    for code in ("points", "growth"):
        currency, _made = Currency.objects.get_or_create(code=code, defaults={"name_zh": code, "name_en": code})
        holders = dice.sample(accounts, SIZE * 2 // 3)
        Balance.objects.bulk_create(
            Balance(account=holder, currency=currency, available=dice.choice([0, 1, 5, 100, 10**12]), pending=7)
            for holder in holders
        )
    _group(dice, Member.objects.filter(account__in=accounts).order_by("pk"))
    return [account.pk for account in accounts]


def _group(dice: random.Random, people: Iterable[Member]) -> None:
    """Tags and lists that differ; segments by a condition, nested, of everybody, and one that names itself."""
    at = datetime(2025, 1, 1, tzinfo=UTC)
    tags = [Tag.objects.create(code=code, name_zh=code, name_en=code) for code in CHOICES["member.tags"]]
    listed = Segment.objects.create(code="t-list", name_zh="l", name_en="l", kind=Segment.Kind.STATIC)
    for code, condition in CROWDS.items():
        Segment.objects.create(code=code, name_zh=code, name_en=code, condition=condition)
    for person in people:
        for tag in dice.sample(tags, dice.randrange(3)):
            Tagging.objects.create(member=person, tag=tag, source=Tagging.Source.STAFF, given_at=at)
        if dice.random() < 0.4:
            SegmentMember.objects.create(segment=listed, member=person, added_at=at)


def _member(dice: random.Random, account: Account, tiers: list[Tier]) -> Member:
    phone, email = dice.choice([None, f"+86{account.pk:011}"]), dice.choice([None, f"m{account.pk}@example.com"])
    joined = dice.choice([dice.choice(EDGES), date(2023, 6, 1) + timedelta(days=dice.randrange(1200))])
    return Member(
        account=account,
        name=dice.choice(NAMES),
        phone=phone,
        email=email,
        birthday=dice.choice([None, *BIRTHDAYS, *LEAPLINGS, date(1985, 1, 1) + timedelta(days=dice.randrange(365))]),
        language=dice.choice(["", "zh-hans", "en"]),
        source=dice.choice(Member.Source.values),
        joined_at=datetime.combine(joined, datetime.min.time(), tzinfo=UTC),
        joined_on=joined,
        tier=dice.choice([None, *tiers]),
    )


def _tallies(dice: random.Random, account: Account, metrics: list[Metric]) -> Iterator[Tally]:
    """Up to 12 days of the first two metrics: near the edges, on zero and below it too."""
    for metric in metrics[:2]:
        near = {dice.choice(EDGES) - timedelta(days=dice.randrange(-1, 9)) for _ in range(dice.randrange(7))}
        far = {date(2023, 1, 1) + timedelta(days=dice.randrange(1300)) for _ in range(dice.randrange(6))}
        for day in near | far:
            yield Tally(account=account, metric=metric, day=day, value=dice.choice([-3, 0, 1, 1, 2, 5, 100, 10**11]))


WINDOWS = st.one_of(
    st.builds(lambda days: {"days": days}, st.integers(1, 12) | st.integers(1, 900)),
    st.sampled_from([{"calendar": unit} for unit in ("month", "quarter", "year")]),
    st.just({"lifetime": True}),
).flatmap(lambda window: st.sampled_from([window, {**window, "count": "days"}]))
HANGING = st.builds(
    lambda unit, anchor, count: {unit: anchor, **count},
    st.sampled_from(ANCHORED),
    st.sampled_from(["probe.born", "member.joined_on"]),
    st.sampled_from([{}, {"count": "days"}]),
)
NUMBERS = st.sampled_from([-3, 0, 1, 2, 3, 5, 7, 100, 900, 901, 10**11, 10**12]) | st.integers(-5, 10)
DAYS = st.sampled_from(EDGES) | st.dates(date(2023, 6, 1), date(2026, 9, 1))


def _values(operator: Operator, code: str, type_: ValueType) -> SearchStrategy[Any]:
    words = st.sampled_from(CHOICES.get(code, (*NAMES[1:], "n", "青", "%", "_", "'", "\\", "\U0001f332")))
    one = words if type_ in {*operators.WORDED, ValueType.SET} else NUMBERS
    return {
        "nothing": st.none(),
        "one": one,
        "two": st.tuples(NUMBERS, NUMBERS).map(sorted),
        "many": st.lists(words, min_size=1, max_size=4),
        "date": DAYS.map(date.isoformat),
        "days": st.integers(1, 40) | st.integers(1, 900),
        "ahead": st.integers(0, 10) | st.integers(0, 364),
        "month": st.integers(1, 12) | st.just("current"),
    }[operator.takes]


def _leaf(code: str, type_: ValueType) -> SearchStrategy[dict[str, Any]]:
    counted = code.startswith("metric.")
    suiting = operators.suiting(type_, counted=counted or code == segments.FACT)
    return st.sampled_from(suiting).flatmap(
        lambda operator: st.fixed_dictionaries(
            {
                "fact": st.just(code),
                "op": st.just(operator.code),
                **({} if operator.takes == "nothing" else {"value": _values(operator, code, type_)}),
                **({"window": WINDOWS | HANGING} if counted else {}),
            }
        )
    )


LEAVES = st.one_of(
    *(_leaf(fact.code, fact.type) for fact in FACTS),
    *(_leaf(f"metric.{code}", ValueType.NUMBER) for code in METRICS),
)
TREES = st.recursive(
    LEAVES,
    lambda inner: (
        st.builds(
            lambda way, parts: {way: parts},
            st.sampled_from(["all", "any", "none"]),
            st.lists(inner, min_size=1, max_size=4),
        )
        | st.lists(inner, min_size=1, max_size=4).flatmap(
            lambda parts: st.integers(1, len(parts)).map(lambda least: {"at_least": least, "of": parts})
        )
    ),
    max_leaves=12,
)
