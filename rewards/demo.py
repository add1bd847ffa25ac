"""The demo's mall, and who has taken what from it."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from random import Random
from typing import Any, NamedTuple

from loyalty import programme
from loyalty.demo.stage import Shopper, Stage
from loyalty.ledger import reading
from loyalty.registry import DemoData
from members.models import Benefit
from rewards import redemptions
from rewards.models import Privilege, Reward

Does = Privilege.Does
SHARE_AFTER_PURCHASE = 0.16
STAR_KEEPS = 3000


class _Offer(NamedTuple):
    code: str
    zh: str
    en: str
    text_zh: str
    text_en: str
    points: int
    stock: int
    limit: int = 0


_OFFERS = (
    _Offer("wipes", "宠物湿巾 80 抽", "Pet wipes, 80 sheets", "出门散步好帮手。", "Handy on every walk.", 160, 400),
    _Offer(
        "cat-sticks",
        "猫条尝鲜装 6 支",
        "Cat treat sticks, 6 pieces",
        "四种口味随机。",
        "Four flavors, mixed.",
        220,
        300,
    ),
    _Offer(
        "salmon",
        "三文鱼冻干 80g",
        "Freeze-dried salmon, 80 g",
        "原切三文鱼，无添加。",
        "Pure salmon, nothing added.",
        450,
        260,
    ),
    _Offer("litter", "豆腐猫砂 6L", "Tofu cat litter, 6 l", "可冲厕所。", "Can be flushed.", 320, 200),
    _Offer("name-tag", "定制名牌", "Engraved name tag", "刻上名字和电话。", "With name and phone.", 480, 150, 2),
    _Offer(
        "grooming",
        "洗护到店券",
        "Grooming voucher",
        "任一门店可用，请提前预约。",
        "At any of our stores. Please book ahead.",
        600,
        180,
        4,
    ),
    _Offer("toy", "逗猫棒限定款", "Cat wand, limited edition", "会员限定配色。", "In members' colors.", 880, 60, 1),
    _Offer("tote", "星球帆布包", "Planet tote bag", "插画师联名款。", "Drawn by an illustrator.", 1200, 40, 1),
    _Offer(
        "checkup",
        "年度体检一次",
        "Yearly health check",
        "合作宠物医院，含血常规。",
        "At our partner clinic, blood count included.",
        2600,
        30,
        1,
    ),
    _Offer("carrier", "太空舱猫包", "Capsule carrier", "大视窗，双侧透气。", "Large window, airy sides.", 3600, 12, 1),
)


def plant(stage: Stage) -> None:
    """Fills the shelf and notes when members come to redeem."""
    opened = stage.at(stage.opening_day, 9, stage.dice("shelf"))
    for offer in _OFFERS:
        _make(offer, starts_at=opened)
    _make(
        _Offer("blanket", "冬日毛毯", "Winter blanket", "即将开放，限量。", "Opens soon, few only.", 900, 50, 1),
        starts_at=stage.now + timedelta(days=5),
    )
    _make(
        _Offer("calendar", "宠物台历", "Pet desk calendar", "已全部送出。", "All gone.", 300, 0, 1),
        starts_at=stage.now - timedelta(days=30),
    )
    random = stage.dice("redemptions")
    stage.cast("redeem", lambda notes, _at: _redeem_all(random, notes), in_batches=False)
    for shopper in stage.shoppers:
        _note_visits(stage, random, shopper)


def _make(offer: _Offer, *, starts_at: datetime) -> None:
    Reward.objects.create(
        code=offer.code,
        name_zh=offer.zh,
        name_en=offer.en,
        text_zh=offer.text_zh,
        text_en=offer.text_en,
        price_points=offer.points,
        stock_left=offer.stock,
        limit_per_member=offer.limit,
        starts_at=starts_at,
    )


def _note_visits(stage: Stage, random: Random, shopper: Shopper) -> None:
    """Some days after some purchases; nobody redeems more than once a month or so."""
    for bought_at in shopper.bought_at:
        if random.random() < SHARE_AFTER_PURCHASE:
            at = bought_at + timedelta(days=random.randint(0, 12), minutes=random.randint(10, 600))
            stage.note("redeem", at, shopper, who=shopper.reference)


def _redeem_all(random: Random, notes: Sequence[tuple[datetime, Any]]) -> None:
    for at, shopper in notes:
        if shopper.account_id is not None:
            _redeem(random, shopper.account_id, at, keeps=STAR_KEEPS if shopper.is_star else 0)


def _redeem(random: Random, account_id: int, at: datetime, *, keeps: int) -> None:
    """Takes one thing the member can afford, the better ones more gladly."""
    position = reading.position(account_id, now=at, programme=programme.current())["points"]
    offers = [
        reward for reward in Reward.objects.order_by("price_points") if _fits(reward, position.available - keeps, at)
    ]
    if not offers:
        return
    reward = random.choices(offers, weights=[place + 1 for place in range(len(offers))])[0]
    try:
        redemptions.place(
            account_id=account_id,
            reward_code=reward.code,
            quantity=1,
            token=f"demo-{at.isoformat()}",
            quoted_points=reward.price_points,
            now=at,
        )
    except redemptions.LimitReached:
        return


def _fits(reward: Reward, points: int, at: datetime) -> bool:
    return redemptions.is_open(reward, at) and reward.stock_left > 0 and reward.price_points <= points


class _Does(NamedTuple):
    """What a benefit does at a reward."""

    reward: str
    benefit: str
    does: str
    hours: int | None = None
    points: int | None = None


_PRIVILEGES = (
    _Does("blanket", "first-look", Does.EARLY, hours=7 * 24),
    _Does("carrier", "adviser", Does.RESERVED),
    _Does("grooming", "grooming", Does.PRICE, points=0),
    _Does("checkup", "adviser", Does.PRICE, points=1800),
    _Does("cat-sticks", "snack-box", Does.PRICE, points=0),
)


def plant_privileges(_stage: Stage) -> None:
    """After everything was taken: what benefits do from now on."""
    for each in _PRIVILEGES:
        Privilege.objects.create(
            reward=Reward.objects.get(code=each.reward),
            benefit=Benefit.objects.get(code=each.benefit),
            does=each.does,
            hours=each.hours,
            price_points=each.points,
        )


DEMO = (DemoData("mall", 70, plant), DemoData("mall-benefits", 94, plant_privileges))
