"""The demo's tags and segments: two tags that set themselves, four that people set, and groups to compare."""

from typing import Any

from loyalty.demo.stage import Stage
from loyalty.registry import DemoData
from members.groups import segments, tags
from members.models import Member, Segment, Tag, Tagging

_ORDERS = "metric.orders"
_OFTEN = {"fact": _ORDERS, "op": "gte", "value": 3, "window": {"days": 90}}
_QUIET = {
    "all": [
        {"fact": "order.count", "op": "gte", "value": 1},
        {"fact": "order.last_on", "op": "not_in_last_days", "value": 120},
    ]
}
_TAGS: tuple[tuple[str, str, str, str, str, int | None, Any], ...] = (
    ("often", "常客", "Regular", "#1d6b52", "近 90 天至少 3 单，每晚自动更新", None, _OFTEN),
    ("quiet", "久未光顾", "Long not seen", "#8f5f14", "120 天没有下单，每晚自动更新", None, _QUIET),
    ("taster", "新品体验官", "Product tester", "#6b4fa0", "愿意试用新品并写反馈", None, None),
    ("expo", "展会来客", "Met at the fair", "#2b6cb0", "在宠物展上认识的会员", 180, None),
    ("care", "需要关怀", "Handle with care", "#b3261e", "近期有投诉或退货，联系前先看记录", 60, None),
    ("breeder", "繁育人", "Breeder", "#4a4036", "家里不止一窝，采购量大", None, None),
)
_CATS = {"fact": "order.categories", "op": "has_any", "value": ["cat-food"]}
_DOGS = {"fact": "order.categories", "op": "has_any", "value": ["dog-food"]}
_GOLD = {"fact": "member.tier", "op": "in", "value": ["gold", "black"]}
_SPENT = {"fact": "metric.spend", "op": "gte", "value": 200_000, "window": {"days": 365}}
_SEGMENTS: tuple[tuple[str, str, str, str, Any], ...] = (
    ("cat-lovers", "爱猫人", "Cat lovers", "买过猫粮的会员", {"any": [_CATS]}),
    ("dog-lovers", "爱狗人", "Dog lovers", "买过狗粮的会员", {"any": [_DOGS]}),
    ("best", "高价值会员", "Best customers", "金卡以上，或近一年消费满 2,000 元", {"any": [_GOLD, _SPENT]}),
    (
        "wake-up",
        "值得唤回",
        "Worth waking up",
        "高价值但很久没来",
        {
            "all": [
                {"fact": segments.FACT, "op": "has_any", "value": ["best"]},
                {"fact": "member.tags", "op": "has_any", "value": ["quiet"]},
            ]
        },
    ),
)


def plant(stage: Stage) -> None:
    """After two years of history, so that there is something to find."""
    for code, zh, en, color, note, days, condition in _TAGS:
        Tag.objects.create(
            code=code,
            name_zh=zh,
            name_en=en,
            color=color,
            note=note,
            expires_days=days,
            is_automatic=condition is not None,
            condition=condition or {},
        )
    _give(stage)
    for tag in Tag.objects.filter(is_automatic=True):
        tags.settle(tag, now=stage.now)
    for code, zh, en, note, condition in _SEGMENTS:
        row = Segment.objects.create(code=code, name_zh=zh, name_en=en, note=note, condition=condition)
        segments.recount(row, now=stage.now)
    cats = Segment.objects.get(code="cat-lovers")
    kept = segments.freeze(cats, code="trial-pack", name_zh="试吃装名单", name_en="Trial pack list", now=stage.now)
    Segment.objects.filter(pk=kept.pk).update(note="寄出试吃装时的爱猫人，名单不再变化")


def _give(stage: Stage) -> None:
    """Some of everything by hand, drawn alike each time."""
    random = stage.dice("groups")
    people = list(segments.everyone().order_by("pk").values_list("pk", flat=True))
    for code, share in (("taster", 0.06), ("expo", 0.1), ("care", 0.03), ("breeder", 0.02)):
        chosen = random.sample(people, min(len(people), max(1, round(len(people) * share))))
        tags.put(tag=Tag.objects.get(code=code), account_ids=chosen, source=Tagging.Source.STAFF, now=stage.now)
    star = Member.objects.filter(name="林小满").first()
    if star is not None:
        tags.put(tag=Tag.objects.get(code="taster"), account_ids=[star.pk], source=Tagging.Source.STAFF, now=stage.now)


DEMO = DemoData("groups", 96, plant)
