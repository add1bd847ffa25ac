"""The demo's paid plan: a year of PLUS, bought at the tills by some, and given to the star for her loyalty."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from loyalty.demo.stage import Shopper, Stage
from loyalty.models import MessageTemplate
from loyalty.registry import DemoData
from members.models import Benefit, BenefitOffer, BenefitSet, Plan
from members.paying import by_hand, told

CODE, SKU = "plus", "PLUS-YEAR"
GIVEN_DAYS = 90
BUYERS = 9
FIRST_NUMBER = 290000
BRINGS = (("delivery", 4, BenefitOffer.Period.MONTH), ("adviser", 1, BenefitOffer.Period.YEAR))


def plant(stage: Stage) -> None:
    """The plan, and the notes of who gets it; the people must have been drawn before."""
    Plan.objects.create(
        code=CODE,
        name_zh="PLUS 年卡",
        name_en="PLUS for a year",
        summary_zh="一整年，多一点偏爱",
        summary_en="A year of a little more",
        price_minor=50000,
        price_points=10000,
        sku=SKU,
        trial_days=7,
    )
    _messages(is_active=False)  # until the history is over, so that it is not all sent at once
    stage.cast("plan", _give_all, in_batches=False)
    star = next(shopper for shopper in stage.shoppers if shopper.is_star)
    stage.note("plan", stage.now - timedelta(days=GIVEN_DAYS), star, who=star.reference)
    _sell(stage)


def _sell(stage: Stage) -> None:
    """Some of those who come often buy it, spread over the last ten months."""
    random = stage.dice("plans")
    regulars = [each for each in stage.shoppers if len(each.bought_at) > 3 and not each.is_star]
    for place, shopper in enumerate(random.sample(regulars, min(BUYERS, len(regulars)))):
        day = stage.today - timedelta(days=random.randint(3, 300))
        at = stage.at(day, 15, random)
        if at > shopper.joins_at:
            order = _order(shopper, f"F{FIRST_NUMBER + place}")
            stage.note("till", at, ("order.paid", order), who=shopper.reference)


def _order(shopper: Shopper, order_id: str) -> dict[str, Any]:
    line = {"sku": SKU, "title": "PLUS 年卡", "category": "plan", "quantity": 1, "amount_minor": 50000}
    return {
        "order_id": order_id,
        "currency": "CNY",
        "amount_minor": 50000,
        "freight_minor": 0,
        "discount_minor": 0,
        "store": shopper.home_store,
        "channel": "pos",
        "customer": f"x:{shopper.reference}",
        "lines": [{**line, "kind": "service"}],
    }


def _give_all(notes: Sequence[tuple[datetime, Any]], _ends: datetime) -> None:
    plan = Plan.objects.get(code=CODE)
    for at, shopper in notes:
        by_hand.give(
            account_id=shopper.account_id,
            plan=plan,
            days=0,
            token=CODE,
            reason="感谢一路相伴的老会员",
            by=None,
            now=at,
        )


def _messages(*, is_active: bool) -> None:
    kinds = [kind.code for kind in told.KINDS]
    MessageTemplate.objects.filter(kind__in=kinds).update(is_active=is_active)


def plant_after(_stage: Stage) -> None:
    """What it brings from today on, of the benefits there are; from now on members are told."""
    _messages(is_active=True)
    everyday = BenefitSet.objects.filter(code="everyday").first()
    plan = Plan.objects.get(code=CODE)
    for code, quota, period in BRINGS:
        benefit = Benefit.objects.filter(code=code).first()
        if everyday is not None and benefit is not None:
            BenefitOffer.objects.create(set=everyday, benefit=benefit, plan=plan, quota=quota, period=period)


DEMO = (DemoData("plans", 62, plant), DemoData("plans-after", 98, plant_after))
