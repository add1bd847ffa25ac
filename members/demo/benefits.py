"""The demo's benefits: what tiers bring every day, two packs by quarter, and who claimed and used them."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from random import Random
from typing import Any, NamedTuple

from loyalty import clock, rules
from loyalty.demo.stage import EVERYBODY, ZONE, Shopper, Stage
from loyalty.models import Rule
from loyalty.registry import DemoData
from members.benefits import claiming, granting, holdings, lapsing, quotas, using
from members.benefits.using import Scan
from members.models import Benefit, BenefitClaim, BenefitOffer, BenefitSeason, BenefitSet, Tier

Kind, Way, Place, Period = Benefit.Kind, Benefit.Way, Benefit.Place, BenefitOffer.Period
SHARE_ASKING, SHARE_LOOKING, SHARE_CLAIMED, SHARE_USED = 0.35, 0.6, 0.6, 0.65
RECENT = timedelta(days=140)
_DAY = timedelta(days=1)


class _Perk(NamedTuple):
    """A benefit and its lines: (set, tier or nobody's, times, period)."""

    code: str
    zh: str
    en: str
    summary: tuple[str, str]
    details: tuple[str, str]
    kind: str
    way: str
    used_in: str
    lines: tuple[tuple[str, str, int, str], ...]
    columns: dict[str, Any] = {}


_PERKS = (
    _Perk(
        "returns",
        "30 天无忧退换",
        "30 days to return",
        ("未拆封商品，门店线上都能退", "Unopened goods, in any shop or online"),
        ("带上商品和会员码，到任一门店即可办理。", "Bring the goods and your member code to any of our shops."),
        Kind.RETURNS,
        Way.STANDING,
        Place.ANYWHERE,
        (("everyday", "", 1, Period.YEAR),),
    ),
    _Perk(
        "birthday-cake",
        "生日月宠物蛋糕",
        "A birthday cake for your pet",
        ("生日当月到店领取，4 寸鲜肉蛋糕", "In your birthday's month, a small meat cake"),
        (
            "请提前一天告诉门店，我们现做。\n有忌口也请一并说明。",
            "Tell the shop a day ahead; we bake it fresh.\nPlease mention any allergies.",
        ),
        Kind.GIFT,
        Way.CLAIMED,
        Place.TILL,
        (("everyday", "silver", 1, Period.YEAR),),
        {"birthday_month": True, "cost_minor": 2800},
    ),
    _Perk(
        "delivery",
        "免运费券",
        "Free delivery",
        ("线上下单免运费", "For one order online"),
        ("下单时填写权益码，运费立减。", "Give the code with your order, and delivery is free."),
        Kind.DELIVERY,
        Way.CLAIMED,
        Place.ANYWHERE,
        (
            ("everyday", "silver", 1, Period.MONTH),
            ("everyday", "gold", 2, Period.MONTH),
            ("everyday", "black", 4, Period.MONTH),
        ),
        {"cost_minor": 800},
    ),
    _Perk(
        "first-look",
        "新品优先购",
        "New products first",
        ("新品上架前 24 小时开放购买", "Open to you 24 hours before everyone"),
        ("上新前一天，首页会为你打开入口。", "The day before a launch, the door opens on your home page."),
        Kind.EARLY,
        Way.STANDING,
        Place.ANYWHERE,
        (("everyday", "gold", 1, Period.YEAR),),
    ),
    _Perk(
        "adviser",
        "专属养宠顾问",
        "Your own pet adviser",
        ("喂养、护理、行为问题一对一解答", "Feeding, care and behavior, one to one"),
        ("添加门店企业微信，报会员号即可。", "Add our shop in WeChat and tell your member number."),
        Kind.ADVISER,
        Way.STANDING,
        Place.STAFF,
        (("everyday", "black", 1, Period.YEAR),),
    ),
    _Perk(
        "grooming",
        "洗护体验",
        "Grooming session",
        ("基础洗护一次，任一门店", "One basic grooming at any shop"),
        (
            "请提前一天预约，到店出示权益码。\n20 kg 以上补差价。",
            "Book a day ahead and show the code.\nOver 20 kg at a small extra.",
        ),
        Kind.SERVICE,
        Way.CLAIMED,
        Place.ANYWHERE,
        (("experience", "silver", 1, Period.QUARTER), ("experience", "gold", 2, Period.QUARTER)),
        {"use_days": 60, "cost_minor": 6000},
    ),
    _Perk(
        "tasting",
        "新粮品鉴会席位",
        "A seat at our tasting",
        ("每季一场，可带毛孩子", "Once a quarter, pets are welcome"),
        ("凭权益码入场，名额有限，请准时到。", "Your code is the ticket. Seats are few, please be on time."),
        Kind.SEAT,
        Way.CLAIMED,
        Place.STAFF,
        (("experience", "gold", 1, Period.QUARTER),),
        {"cost_minor": 5000},
    ),
    _Perk(
        "snack-box",
        "季度零食试吃盒",
        "Snack box of the season",
        ("季初自动到账，到店领取", "Comes by itself, pick it up in the shop"),
        ("到店出示权益码领取，口味随机。", "Show the code in the shop. The flavors are a surprise."),
        Kind.GOODS,
        Way.GRANTED,
        Place.ANYWHERE,
        (("practical", "silver", 1, Period.QUARTER),),
        {"cost_minor": 1500},
    ),
    _Perk(
        "nail-trim",
        "到店剪指甲",
        "Nail trim",
        ("随到随剪，约 10 分钟", "No booking, about ten minutes"),
        ("到店出示权益码即可。", "Just show the code in the shop."),
        Kind.PRIORITY,
        Way.CLAIMED,
        Place.STAFF,
        (("practical", "", 1, Period.MONTH), ("practical", "silver", 2, Period.MONTH)),
        {"cost_minor": 500},
    ),
)
_SETS = (
    ("everyday", "常享权益", "Every day"),
    ("experience", "体验包", "Experience pack"),
    ("practical", "实用包", "Practical pack"),
)


def plant(stage: Stage) -> None:
    """The sets and their seasons, a rule for the birthday, and the notes of who claims and uses when."""
    sets = {code: BenefitSet.objects.create(code=code, name_zh=zh, name_en=en) for code, zh, en in _SETS}
    tiers = {tier.code: tier for tier in Tier.objects.all()}
    for perk in _PERKS:
        _make(perk, sets, tiers)
    first = _plan_seasons(sets, stage.today)
    _birthday_points(stage.at(first, 0, stage.dice("seasons")))
    random = stage.dice("benefits")
    stage.cast("benefit-grant", lambda notes, _at: _grant(notes), in_batches=False)
    stage.cast("benefit-claim", lambda notes, _at: _claim(random, notes), in_batches=False)
    stage.cast("benefit-use", lambda notes, _at: _use(stage, random, notes), in_batches=False)
    last_quarter = quotas.span(Period.QUARTER, _quarter_first(stage.today) - _DAY).first
    if last_quarter is not None:
        stage.note("benefit-grant", stage.at(last_quarter, 2, random), None, who=EVERYBODY)
    for shopper in stage.shoppers:
        _note_visits(stage, random, shopper)


def _quarter_first(day: date) -> date:
    """The first day of the quarter."""
    return quotas.span(Period.QUARTER, day).first or day


def _make(perk: _Perk, sets: dict[str, BenefitSet], tiers: dict[str, Tier]) -> None:
    made = Benefit.objects.create(
        code=perk.code,
        name_zh=perk.zh,
        name_en=perk.en,
        summary_zh=perk.summary[0],
        summary_en=perk.summary[1],
        details_zh=perk.details[0],
        details_en=perk.details[1],
        kind=perk.kind,
        way=perk.way,
        used_in=perk.used_in,
        **perk.columns,
    )
    for code, tier, quota, period in perk.lines:
        BenefitOffer.objects.create(
            set=sets[code], benefit=made, tier=tiers[tier] if tier else None, quota=quota, period=period
        )


def _plan_seasons(sets: dict[str, BenefitSet], today: date) -> date:
    """Packs take turns: this quarter's is the experience pack. Two quarters back, two ahead; the first day of all."""
    this = _quarter_first(today)
    firsts = [clock.add_months(this, 3 * step) for step in range(-2, 4)]
    for place, first in enumerate(firsts[:-1]):
        pack = sets["experience" if place % 2 == 0 else "practical"]
        BenefitSeason.objects.create(set=pack, from_on=first, through_on=firsts[place + 1] - _DAY)
    BenefitSeason.objects.create(set=sets["everyday"], from_on=firsts[0])
    return firsts[0]


def _birthday_points(since: datetime) -> None:
    """The cake brings points, too: by a rule, as all points come."""
    rule = Rule.objects.create(
        code="birthday-cake",
        name_zh="领生日蛋糕加赠 88",
        name_en="88 points with the birthday cake",
        kind="benefit.claimed",
        condition={"fact": "event.benefit", "op": "eq", "value": "birthday-cake"},
        effects=[{"effect": "points.fixed", "currency": "points", "points": 88}],
        priority=120,
    )
    rules.publish(rule, by=None, now=since)


def _note_visits(stage: Stage, random: Random, shopper: Shopper) -> None:
    """Some use what they have as they buy; more look at their benefits afterwards, and come back for them."""
    for bought_at in shopper.bought_at:
        if bought_at < stage.now - RECENT:
            continue
        if random.random() < SHARE_ASKING:
            minutes = timedelta(minutes=random.randint(2, 40))
            stage.note("benefit-use", bought_at + minutes, shopper, who=shopper.reference)
        if random.random() < SHARE_LOOKING:
            later = timedelta(days=random.randint(0, 4), minutes=random.randint(60, 600))
            stage.note("benefit-claim", bought_at + later, shopper, who=shopper.reference)
            again = later + timedelta(days=random.randint(1, 14))
            stage.note("benefit-use", bought_at + again, shopper, who=shopper.reference)


def _grant(notes: Sequence[tuple[datetime, Any]]) -> None:
    for at, _nothing in notes:
        cursor = "0"
        while cursor:
            cursor = granting.walk(at, "", cursor).cursor


def _claim(random: Random, notes: Sequence[tuple[datetime, Any]]) -> None:
    for at, shopper in notes:
        waiting = [each for each in holdings.one(shopper.account_id or 0, now=at) if each.is_waiting]
        for holding in waiting:
            if random.random() < SHARE_CLAIMED:
                claiming.claim(account_id=shopper.account_id, benefit=holding.benefit.code, now=at)


def _use(stage: Stage, random: Random, notes: Sequence[tuple[datetime, Any]]) -> None:
    for at, shopper in notes:
        mine = BenefitClaim.objects.filter(member_id=shopper.account_id, state=BenefitClaim.State.OPEN)
        for row in mine.select_related("benefit").order_by("usable_through", "pk"):
            if random.random() > SHARE_USED or using.is_over(row, clock.business_day(at, ZONE)):
                continue
            place = Place.TILL if row.benefit.used_in == Place.ANYWHERE else row.benefit.used_in
            partner = stage.partner if place == Place.TILL else None
            using.use(Scan(row.code, place, partner=partner), now=at)


def plant_after(stage: Stage) -> None:
    """The last night's work; and the star has one to use and some left to claim."""
    _grant([(stage.now, None)])
    while lapsing.walk(stage.now, stage.today.isoformat(), "").cursor:
        pass
    star = next((shopper.account_id for shopper in stage.shoppers if shopper.is_star), None)
    held = holdings.one(star, now=stage.now) if star is not None else []
    if star is not None and any(each.benefit.code == "grooming" and each.left for each in held):
        claiming.claim(account_id=star, benefit="grooming", now=stage.now)


DEMO = (DemoData("benefits", 72, plant), DemoData("benefits-after", 93, plant_after))
