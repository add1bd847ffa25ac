"""The demo's people: pet owners, the day each joined and how they like to shop."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from random import Random
from typing import Any, NamedTuple

from loyalty.demo import seasons
from loyalty.demo.stage import Login, Shopper, Stage
from loyalty.models import Account
from loyalty.registry import DemoData
from members import finding
from members.climbing import ladders
from members.entering import enrolment, referrals
from members.models import Consent, Ladder, Member, Tier

PASSWORD = "furball-2026"  # noqa: S105 -- a demo's, told on every start
STAR_PHONE, NEWCOMER_PHONE = "13800138000", "13900139000"
INVITED = ("C10005", "C10007", "C10088")

_TIERS = (
    ("starter", "新手", "Starter", 0, "#8aa399", "#4d6b60", "每消费 1 元得 1 积分", "1 point for every yuan"),
    (
        "silver",
        "银卡",
        "Silver",
        500,
        "#9aa7b5",
        "#5b6776",
        "生日礼 · 每月洗护券",
        "Birthday gift · A grooming coupon each month",
    ),
    (
        "gold",
        "金卡",
        "Gold",
        2000,
        "#d9a441",
        "#8f5f14",
        "积分 1.2 倍 · 优先预约洗护",
        "1.2 times the points · Grooming first in line",
    ),
    (
        "black",
        "黑金",
        "Black Gold",
        5000,
        "#4a4036",
        "#15110d",
        "专属顾问 · 新品内测 · 积分 1.5 倍",
        "Your own adviser · New products first · 1.5 times the points",
    ),
)
_SURNAMES = "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林高罗郑梁谢宋唐许韩冯邓曹彭曾萧田董潘袁蔡蒋余于杜叶程魏苏吕丁沈任姚卢"
_SINGLES = "敏磊娟洋静涛颖鑫倩凯"
_DOUBLES = (
    "梓涵雨桐思远子墨欣怡浩然诗涵宇轩佳怡一诺晨曦若曦明轩雅琪俊杰静怡志强美玲晓峰婷婷文博丽娜嘉豪思琪"
    "天宇慧敏建国小雨子轩可馨海涛雪梅立新玉兰泽洋梦瑶承志心怡家栋语嫣"
)
_GIVEN = (*_SINGLES, *(_DOUBLES[place : place + 2] for place in range(0, len(_DOUBLES), 2)))


class _Person(NamedTuple):
    shopper: Shopper
    name: str
    phone: str
    birthday: date | None
    source: str
    wants_offers: bool


def plant_ladder(stage: Stage) -> None:
    """The four rungs, before any rule names them; published before the first day."""
    for rank, (code, zh, en, threshold, near, far, benefits_zh, benefits_en) in enumerate(_TIERS):
        Tier.objects.create(
            code=code,
            name_zh=zh,
            name_en=en,
            rank=rank,
            threshold=threshold,
            color_from=near,
            color_to=far,
            benefits_zh=benefits_zh,
            benefits_en=benefits_en,
        )
    opened = stage.at(stage.opening_day, 0, stage.dice("ladder")) - timedelta(days=1)
    ladders.publish(Ladder.objects.get(is_main=True), by=None, now=opened)


def plant_people(stage: Stage) -> None:
    """Draws everybody and notes the instant each joins; joining itself happens as the days pass."""
    random = stage.dice("people")
    people = [_draw(stage, random, number) for number in range(stage.people - 2)]
    people += [_star(stage), _newcomer(stage)]
    stage.shoppers += [person.shopper for person in people]
    stage.cast("join", lambda notes, _at: _join_all(stage, notes), in_batches=False)
    for person in people:
        stage.note("join", person.shopper.joins_at, person, who=person.shopper.reference)


def logins() -> list[Login]:
    """The two members one can be, newest state; for ``demo_logins``."""
    roles = {STAR_PHONE: "member", NEWCOMER_PHONE: "new member"}
    rows = Member.objects.filter(phone__in=[f"+86{phone}" for phone in roles]).order_by("joined_at")
    return [Login(roles[str(row.phone)[3:]], row.name, str(row.phone)[3:], PASSWORD) for row in rows]


def _draw(stage: Stage, random: Random, number: int) -> _Person:
    """One person. More join as the shop grows; most on weekends, in the store."""
    days = (stage.today - stage.opening_day).days
    launch = random.random() < 0.3  # the cards of the first weeks
    day = stage.opening_day + timedelta(
        days=round(random.random() ** 1.5 * 60 if launch else days * random.random() ** 0.9)
    )
    day = seasons.shopping_day(random, min(day, stage.today - timedelta(days=4)))
    in_store = random.random() < 0.72
    store = random.choices(["SH01", "SH02", "HZ01"], weights=[5, 4, 3])[0] if in_store else "online"
    if store == "HZ01" and day < stage.opening_day + timedelta(days=300):
        store = "SH01"
    hour = seasons.shopping_hour(random, in_store=in_store)
    shopper = Shopper(
        reference=f"C{10001 + number}",
        joins_at=stage.at(day, hour, random),
        species="cat" if random.random() < 0.58 else "dog",
        gap_days=min(200.0, max(9.0, random.lognormvariate(3.82, 0.66))),
        size=min(1.8, max(0.5, random.lognormvariate(0, 0.3))),
        loses_interest=random.betavariate(1.0, 30),
        first_buy_days=_first_buy(random),
        home_store=store,
        plays=max(0.0, random.gauss(-0.15, 0.35)),
    )
    return _Person(
        shopper,
        name=random.choice(_SURNAMES) + random.choice(_GIVEN),
        phone=f"199000{random.randrange(10)}{number:04d}",
        birthday=_birthday(random, day) if random.random() < 0.7 else None,
        source=Member.Source.STAFF if in_store else Member.Source.WEB,
        wants_offers=random.random() < 0.6,
    )


def _first_buy(random: Random) -> float | None:
    """Most buy as they join; some later; one in twelve never."""
    draw = random.random()
    if draw < 0.083:
        return None
    return 0.0 if draw < 0.62 else random.expovariate(1 / 14) + 1


def _birthday(random: Random, day: date) -> date:
    return date(day.year - round(random.triangular(18, 62, 29)), random.randint(1, 12), random.randint(1, 28))


def _star(stage: Stage) -> _Person:
    """A gold member of long standing who checks in, redeems and has an order every month."""
    random = stage.dice("star")
    shopper = Shopper(
        reference="C10000",
        joins_at=stage.at(stage.opening_day + timedelta(days=12), 15, random),
        species="cat",
        gap_days=24.0,
        size=1.0,
        loses_interest=0.0,
        first_buy_days=0.0,
        home_store="SH01",
        plays=0.75,
        is_star=True,
    )
    return _Person(shopper, "林小满", STAR_PHONE, date(1994, 5, 21), Member.Source.WEB, wants_offers=True)


def _newcomer(stage: Stage) -> _Person:
    """Joined two days ago and has everything before them."""
    random = stage.dice("newcomer")
    shopper = Shopper(
        reference="C10999",
        joins_at=stage.at(stage.today - timedelta(days=2), 20, random),
        species="dog",
        gap_days=40.0,
        size=1.0,
        loses_interest=0.0,
        first_buy_days=None,
        home_store="online",
    )
    return _Person(shopper, "周一诺", NEWCOMER_PHONE, date(1999, 11, 8), Member.Source.WEB, wants_offers=False)


def _join_all(stage: Stage, notes: Sequence[tuple[datetime, Any]]) -> None:
    assert stage.partner is not None  # noqa: S101 -- planted first
    for at, person in notes:
        has_login = person.phone in {STAR_PHONE, NEWCOMER_PHONE}
        member = enrolment.enrol(
            name=person.name,
            phone=person.phone,
            birthday=person.birthday,
            language="zh-hans",
            source=person.source,
            password=PASSWORD if has_login else None,
            consents={Consent.Purpose.TERMS: True, Consent.Purpose.MARKETING: person.wants_offers},
            referral_code=_invitation(person),
            partner_id=stage.partner.pk,
            external_id=person.shopper.reference,
            now=at,
        )
        person.shopper.account_id = member.account_id


def _invitation(person: _Person) -> str:
    """The star brings a few friends, once she is a member herself."""
    star = finding.by_phone(STAR_PHONE) if person.shopper.reference in INVITED else None
    return referrals.code_of(star) if star else ""


def suspend_one(stage: Stage) -> None:
    """One membership is suspended, so that staff can see what that looks like."""
    quiet = (
        Member.objects.filter(user=None, joined_at__lt=stage.now - timedelta(days=200)).order_by("joined_at").first()
    )
    if quiet:
        Account.objects.filter(pk=quiet.pk).update(status=Account.Status.FROZEN)


DEMO = (
    DemoData("ladder", 20, plant_ladder),
    DemoData("people", 40, plant_people, logins),
    DemoData("people-after", 95, suspend_one),
)
