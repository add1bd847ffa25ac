"""Two years of purchases, refunds and guests' orders, drawn before anything is posted.

People buy in their own rhythm and lose interest one by one, as buyers do (a beta-geometric
process). Calibrated to the public sample of a real shop: of those who first bought at least 90 days
ago, about 45 % bought again within 90 days.
"""

from datetime import date, datetime, timedelta
from random import Random
from typing import Any

from loyalty import clock
from loyalty.demo import assortment, seasons
from loyalty.demo.stage import ZONE, Shopper, Stage

GUEST_SHARE = 0.30
REFUND_SHARE = 0.035
ONLINE = "online"
PAID, REFUNDED = "order.paid", "order.refunded"
FIRST_NUMBER = 200000
STAR_YUAN = 4680  # what the star has spent in all: 320 short of the highest tier
STAR_LAST_DAYS = 9
FREIGHT_MINOR, FREE_FROM_MINOR = 1000, 9900


def note_all(stage: Stage) -> None:
    """Notes every order and refund of the history in the diary, as ``till``: (event kind, payload)."""
    random = stage.dice("purchases")
    orders = 0
    for shopper in stage.shoppers:
        for at in _purchase_times(stage, random, shopper):
            orders += 1
            _note_purchase(stage, random, shopper, at, f"F{FIRST_NUMBER + orders}")
        if shopper.is_star:
            orders += 1
            _note_last_of_star(stage, shopper, f"F{FIRST_NUMBER + orders}")
    _note_guests(stage, random, orders, round(orders * GUEST_SHARE / (1 - GUEST_SHARE)))


def _purchase_times(stage: Stage, random: Random, shopper: Shopper) -> list[datetime]:
    if shopper.first_buy_days is None:
        return []
    times: list[datetime] = []
    day = clock.business_day(shopper.joins_at, ZONE) + timedelta(days=round(shopper.first_buy_days))
    while day <= stage.today:
        at = _moment(stage, random, shopper, day)
        if at > shopper.joins_at:
            times.append(at)
            if random.random() < _leaving(shopper, len(times)):
                break
        day += timedelta(days=max(2, round(random.gammavariate(1.8, shopper.gap_days / 1.8))))
    return sorted(times)


def _leaving(shopper: Shopper, bought: int) -> float:
    """The chance that this purchase was the last; the first one most often is."""
    return shopper.loses_interest + (0.40 if bought == 1 else 0.0)


def _moment(stage: Stage, random: Random, shopper: Shopper, day: date) -> datetime:
    """The first purchase is often made at the till right after joining."""
    if day == clock.business_day(shopper.joins_at, ZONE):
        return shopper.joins_at + timedelta(minutes=random.randint(2, 25))
    in_store = shopper.home_store != ONLINE
    return stage.at(seasons.shopping_day(random, day), seasons.shopping_hour(random, in_store=in_store), random)


def _note_purchase(stage: Stage, random: Random, shopper: Shopper, at: datetime, order_id: str) -> None:
    store = shopper.home_store if random.random() < 0.82 else ONLINE
    order = _order(random, order_id, store, species=shopper.species, size=shopper.size)
    order["customer"] = f"x:{shopper.reference}"
    if shopper.is_star and not _fits_star(stage, shopper, order, at):
        return
    if not stage.note("till", at, (PAID, order), who=shopper.reference):
        return
    shopper.bought_at.append(at)
    if random.random() < REFUND_SHARE and not shopper.is_star:
        _note_refund(stage, random, order, at)


def _fits_star(stage: Stage, shopper: Shopper, order: dict[str, Any], at: datetime) -> bool:
    """Leaves room for the star's last purchase, which lands on ``STAR_YUAN`` to the yuan."""
    too_late = at > stage.now - timedelta(days=STAR_LAST_DAYS + 1)
    if too_late or shopper.spent_yuan + _yuan(order) > STAR_YUAN - 60:
        return False
    shopper.spent_yuan += _yuan(order)
    return True


def _yuan(order: dict[str, Any]) -> int:
    """Whole yuan of goods: what earns."""
    cards = sum(line["amount_minor"] for line in order["lines"] if line["kind"] == "gift_card")
    return int(order["amount_minor"] - order["freight_minor"] - cards) // 100


def _note_last_of_star(stage: Stage, shopper: Shopper, order_id: str) -> None:
    amount = (STAR_YUAN - shopper.spent_yuan) * 100
    line = {"sku": "SN-599", "title": "散装冻干（称重）", "category": "snack", "quantity": 1, "amount_minor": amount}
    order = {
        "order_id": order_id,
        "currency": "CNY",
        "amount_minor": amount,
        "freight_minor": 0,
        "discount_minor": 0,
        "store": shopper.home_store,
        "channel": "pos",
        "customer": f"x:{shopper.reference}",
        "lines": [{**line, "kind": "goods"}],
    }
    stage.note("till", stage.now - timedelta(days=STAR_LAST_DAYS), (PAID, order), who=shopper.reference)


def _note_guests(stage: Stage, random: Random, first: int, count: int) -> None:
    """People without a card: smaller baskets, any day, a little more of them each month."""
    days = (stage.today - stage.opening_day).days
    for number in range(first + 1, first + count + 1):
        store = random.choices(["SH01", "SH02", ONLINE], weights=[5, 4, 1])[0]
        day = stage.opening_day + timedelta(days=round(days * random.random() ** 0.8))
        at = stage.at(
            seasons.shopping_day(random, day), seasons.shopping_hour(random, in_store=store != ONLINE), random
        )
        species = random.choice([assortment.CAT, assortment.DOG])
        order = _order(random, f"F{FIRST_NUMBER + number}", store, species=species, size=0.7)
        stage.note("till", at, (PAID, order), who="")


def _order(random: Random, order_id: str, store: str, *, species: str, size: float) -> dict[str, Any]:
    in_store = store != ONLINE
    lines = assortment.basket(random, species=species, size=size, in_store=in_store)
    goods = sum(int(str(line["amount_minor"])) for line in lines)
    freight = 0 if in_store or goods >= FREE_FROM_MINOR else FREIGHT_MINOR
    discount = goods // 1000 * 100 if goods > 20000 and random.random() < 0.08 else 0
    return {
        "order_id": order_id,
        "currency": "CNY",
        "amount_minor": goods + freight - discount,
        "freight_minor": freight,
        "discount_minor": discount,
        "store": store,
        "channel": "pos" if in_store else "mini",
        "lines": lines,
    }


def _note_refund(stage: Stage, random: Random, order: dict[str, Any], at: datetime) -> None:
    """All of it, or one line of several, some days later."""
    lines = [line for line in order["lines"] if line["kind"] == "goods"]
    whole = len(order["lines"]) == 1 or not lines or random.random() < 0.4
    refunded = order["amount_minor"] if whole else min(random.choice(lines)["amount_minor"], order["amount_minor"])
    refund = {
        "order_id": order["order_id"],
        "refund_id": f"R-{order['order_id']}",
        "currency": "CNY",
        "amount_minor": refunded,
        "cumulative_minor": refunded,
    }
    later = at + timedelta(days=random.randint(1, 6), minutes=random.randint(1, 300))
    stage.note("till", later, (REFUNDED, refund), who=order["customer"].removeprefix("x:"))
