"""What Furball Planet sells, and the baskets people fill."""

from random import Random
from typing import NamedTuple

CAT, DOG, BOTH = "cat", "dog", "both"


class Item(NamedTuple):
    """``weight`` is how often it is picked among the others of its part."""

    sku: str
    title: str
    category: str
    price_minor: int
    species: str
    weight: int
    kind: str = "goods"


STAPLES = (
    Item("CF-101", "室内猫全价粮 2kg", "cat-food", 13900, CAT, 10),
    Item("CF-102", "鸡肉无谷猫粮 1.5kg", "cat-food", 12800, CAT, 8),
    Item("CF-103", "三文鱼冻干双拼粮 5kg", "cat-food", 32900, CAT, 4),
    Item("CF-104", "幼猫奶糕粮 1kg", "cat-food", 7900, CAT, 5),
    Item("LT-201", "豆腐猫砂 6L", "litter", 2990, CAT, 9),
    Item("LT-202", "混合猫砂 20L 整箱", "litter", 8990, CAT, 6),
    Item("DF-301", "小型犬成犬粮 2.5kg", "dog-food", 14900, DOG, 10),
    Item("DF-302", "鸭肉梨低敏犬粮 6kg", "dog-food", 29900, DOG, 5),
    Item("DF-303", "幼犬羊奶粮 1.5kg", "dog-food", 9900, DOG, 5),
    Item("PD-401", "加厚尿垫 50 片", "litter", 4990, DOG, 7),
)
EXTRAS = (
    Item("SN-501", "三文鱼冻干 80g", "snack", 4500, BOTH, 8),
    Item("SN-502", "鸡胸肉冻干 100g", "snack", 3900, BOTH, 8),
    Item("SN-503", "猫条 24 支", "snack", 2990, CAT, 10),
    Item("SN-504", "洁齿棒 30 支", "snack", 3690, DOG, 8),
    Item("WF-505", "主食罐 85g×12", "cat-food", 9600, CAT, 6),
    Item("TY-601", "逗猫棒套装", "toy", 1990, CAT, 4),
    Item("TY-602", "耐咬漏食球", "toy", 3490, DOG, 4),
    Item("TY-603", "剑麻猫抓板", "toy", 2590, CAT, 4),
    Item("CR-701", "化毛膏 120g", "care", 5800, CAT, 3),
    Item("CR-702", "体外驱虫滴剂 3 支", "care", 11800, BOTH, 4),
    Item("CR-703", "宠物湿巾 80 抽", "care", 1590, BOTH, 6),
    Item("WD-801", "牵引绳胸背套装", "wear", 6900, DOG, 2),
)
SERVICES = (
    Item("SV-901", "猫咪洗护", "grooming", 12800, CAT, 5, "service"),
    Item("SV-902", "小型犬洗护", "grooming", 8800, DOG, 7, "service"),
    Item("SV-903", "小型犬造型修剪", "grooming", 16800, DOG, 3, "service"),
    Item("SV-904", "年度体检", "health", 29800, BOTH, 1, "service"),
)
GIFT_CARD = Item("GC-200", "礼品卡 ¥200", "gift-card", 20000, BOTH, 1, "gift_card")
_PIECES = (1, 1, 1, 1, 1, 1, 2, 2, 3)


def basket(random: Random, *, species: str, size: float, in_store: bool) -> list[dict[str, object]]:
    """Lines of one purchase. Around ¥170 for ``size`` 1; services only where there is a salon."""
    picks: list[Item] = []
    if random.random() < 0.68:
        picks.append(_pick(random, STAPLES, species))
    picks += [_pick(random, EXTRAS, species) for _ in range(_extras(random, size))]
    if in_store and random.random() < 0.16:
        picks.append(_pick(random, SERVICES, species))
    if in_store and random.random() < 0.012:
        picks.append(GIFT_CARD)
    if not picks:
        picks.append(_pick(random, EXTRAS, species))
    return [_line(random, item, size) for item in dict.fromkeys(picks)]


def _extras(random: Random, size: float) -> int:
    count = 0
    while count < 5 and random.random() < min(0.75, 0.48 * size):
        count += 1
    return count


def _pick(random: Random, shelf: tuple[Item, ...], species: str) -> Item:
    fitting = [item for item in shelf if item.species in {species, BOTH}]
    return random.choices(fitting, weights=[item.weight for item in fitting])[0]


def _line(random: Random, item: Item, size: float) -> dict[str, object]:
    one_only = item.kind != "goods" or item.price_minor > 20000
    quantity = 1 if one_only or random.random() > 0.6 * size else random.choice(_PIECES)
    return {
        "sku": item.sku,
        "title": item.title,
        "category": item.category,
        "kind": item.kind,
        "quantity": quantity,
        "amount_minor": item.price_minor * quantity,
    }
