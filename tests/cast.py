"""The people that tests play with: always the same, made through the product's own doors.

Plain functions, called by the tests that need them. ``NOW`` is a quiet Wednesday noon in Shanghai;
nobody in the cast depends on the real clock.
"""

from datetime import UTC, date, datetime, timedelta

from loyalty import rules
from loyalty.ledger import adjusting
from loyalty.models import Account, Partner, PartnerKey, Rule, User
from members.climbing import ladders
from members.entering import enrolment
from members.models import Consent, Ladder, Member, Tier
from rewards.models import Reward

NOW = datetime(2026, 3, 18, 4, 0, tzinfo=UTC)
PASSWORD = "a-quiet-green-cat"
LADDER = (("starter", "新手", 0), ("silver", "银卡", 500), ("gold", "金卡", 2000), ("platinum", "铂金", 5000))


def ladder(**policies: object) -> dict[str, Tier]:
    """Four tiers at 0, 500, 2,000 and 5,000 growth, by code; in force for years, with these policies."""
    rungs = {
        code: Tier.objects.get_or_create(
            code=code, defaults={"name_zh": name, "name_en": code.title(), "rank": rank, "threshold": threshold}
        )[0]
        for rank, (code, name, threshold) in enumerate(LADDER)
    }
    main = Ladder.objects.get(is_main=True)
    if policies or not main.versions.exists():
        Ladder.objects.filter(pk=main.pk).update(**policies)
        ladders.publish(main, by=None, now=NOW - timedelta(days=3650))
    return rungs


def member(
    name: str = "林小满",
    *,
    phone: str = "13800138000",
    points: int = 0,
    growth: int = 0,
    now: datetime = NOW - timedelta(days=300),
    password: str | None = None,
) -> Member:
    """Somebody who joined on the page, holding that much, growth already judged by the ladder."""
    person = enrolment.enrol(
        name=name,
        phone=phone,
        birthday=date(1994, 5, 21),
        source=Member.Source.WEB,
        password=password,
        consents={Consent.Purpose.TERMS: True},
        now=now,
    )
    give(person.account_id, points, now=now)
    if growth:
        give(person.account_id, growth, currency="growth", now=now)
        person.tier = Tier.objects.filter(threshold__lte=growth).order_by("threshold").last()
        person.save(update_fields=["tier"])
    return person


def gold_member(*, points: int = 3280, password: str | None = None) -> Member:
    """林小满: gold, with many points."""
    ladder()
    return member("林小满", phone="13800138000", points=points, growth=3400, password=password)


def new_member(*, password: str | None = None) -> Member:
    """周一诺: joined an hour ago and has nothing yet."""
    ladder()
    return member("周一诺", phone="13900139000", now=NOW - timedelta(hours=1), password=password)


def suspended_member(*, points: int = 500, password: str | None = None) -> Member:
    """陈默: suspended by staff; the points are there but can't move."""
    ladder()
    person = member("陈默", phone="13700137000", points=points, password=password)
    Account.objects.filter(pk=person.account_id).update(status=Account.Status.FROZEN)
    person.account.refresh_from_db()
    return person


def operator() -> User:
    """Somebody of the staff who may do everything."""
    return User.objects.create_superuser("operator", password=PASSWORD, display_name="安然")


def partner(code: str = "till", *, unknown_member: str = Partner.UnknownMember.REFUSE) -> Partner:
    """A till."""
    return Partner.objects.get_or_create(code=code, defaults={"name": "收银", "unknown_member": unknown_member})[0]


def key(*scopes: str, code: str = "till") -> str:
    """A fresh key of that partner, with all scopes unless some are named."""
    made: str = PartnerKey.objects.create_key(
        name="test", partner=partner(code), scopes=list(scopes or PartnerKey.Scope.values)
    )[1]
    return made


def give(account_id: int, amount: int, *, currency: str = "points", now: datetime = NOW) -> None:
    """Puts points into a purse by hand; 0 gives nothing."""
    if amount:
        adjusting.adjust(account_id=account_id, amount=amount, currency=currency, reason="test", now=now)


def reward(code: str = "toy", *, points: int = 800, stock: int = 10, limit: int = 0) -> Reward:
    """Something on the shelf for a month already."""
    return Reward.objects.create(
        code=code,
        name_zh="逗猫棒",
        name_en="Cat wand",
        price_points=points,
        stock_left=stock,
        limit_per_member=limit,
        starts_at=NOW - timedelta(days=30),
    )


def rule(code: str, kind: str, *, points: int, condition: dict[str, object] | None = None) -> Rule:
    """A live rule that gives a fixed number of points, in force for years."""
    made = Rule.objects.create(
        code=code,
        name_zh=code,
        kind=kind,
        condition=condition or {},
        effects=[{"effect": "points.fixed", "currency": "points", "points": points}],
    )
    rules.publish(made, by=None, now=NOW - timedelta(days=3650))
    return made


def available(account_id: int, currency: str = "points") -> int:
    """What the purse's balance says."""
    balance = Account.objects.get(pk=account_id).balances.filter(currency__code=currency).first()
    return balance.available if balance else 0
