"""What holds for every order, every set of rules and every policy, against a formula in fractions."""

from collections.abc import Sequence
from fractions import Fraction
from math import floor
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from loyalty.deciding import CompiledRule, Policy, refund_targets
from tests.loyalty.deciding.desk import NOON, at_least, fixed, line, multiply, only, order, rate, rule, without, worth

FILTERS = st.sampled_from([None, only("a"), only("a", "b"), without("b")])
KINDS = st.sampled_from(["goods", "goods", "goods", "service", "gift_card", "reward"])
LINES = st.lists(
    st.builds(
        line,
        st.integers(0, 50000),
        st.sampled_from("abc"),
        kind=KINDS,
        voided=st.sampled_from([False, False, False, True]),
    ),
    max_size=4,
)
RATES = st.builds(
    rate,
    st.integers(1, 7),
    st.sampled_from([1, 3, 100, 130, 700]),
    lines=FILTERS,
    freight=st.booleans(),
    points_paid=st.booleans(),
)
BOOSTS = st.builds(
    multiply, st.sampled_from(["0", "0.5", "1", "1.2", "1.5", "2", "3.25"]), lines=FILTERS, freight=st.booleans()
)
FIXED = st.builds(fixed, st.integers(1, 500), lines=FILTERS)
POLICIES = st.builds(
    Policy,
    stacking=st.sampled_from(["additive", "multiplicative"]),
    ceiling=st.sampled_from([None, (11, 5), (3, 2), (1, 1)]),
    rounding_mode=st.sampled_from(["floor", "half_up", "ceil"]),
)
STEPS = st.sampled_from(["once", "per_rule", "per_line"])


@st.composite
def orders(draw: st.DrawFn) -> dict[str, Any]:
    """Orders whose amount is what their parts add up to, and is not below what points paid."""
    lines = draw(LINES)
    standing = sum(item["amount_minor"] for item in lines if not item["voided"])
    goods = standing if lines else draw(st.integers(0, 100000))
    freight = draw(st.sampled_from([0, 0, 800]))
    discount = draw(st.integers(0, goods)) if lines else 0
    total = goods + freight - discount
    paid = draw(st.sampled_from([0, 0, total // 3, total]))
    return order(total, lines=lines, freight_minor=freight, discount_minor=discount, points_paid_minor=paid)


@st.composite
def programmes(draw: st.DrawFn) -> list[CompiledRule]:
    effects = draw(st.lists(st.one_of(RATES, BOOSTS, FIXED), min_size=1, max_size=6))
    return [rule(number, effect) for number, effect in enumerate(effects, start=1)]


def rounded(value: Fraction, mode: str) -> int:
    if mode == "half_up":
        return floor(value + Fraction(1, 2))
    return floor(value) if mode == "floor" else -floor(-value)


def takes(chosen: dict[str, Any] | None, sku: str) -> bool:
    names = chosen or {}
    wanted = names.get("include", {}).get("sku")
    return sku not in names.get("exclude", {}).get("sku", ()) and (wanted is None or sku in wanted)


def exact_lines(payload: dict[str, Any], effect: dict[str, Any]) -> list[Fraction]:
    """What a rate earns on each line, then on freight, straight from the words of the formula."""
    lines = payload["lines"]
    minus = payload["discount_minor"] if lines else 0
    minus += 0 if effect.get("points_paid") else payload["points_paid_minor"]
    standing = [0 if item["voided"] else item["amount_minor"] for item in lines]
    if not lines:
        standing = [payload["amount_minor"] - payload["freight_minor"]]
    goods = sum(standing)
    left = Fraction(max(goods - minus, 0), goods) if goods else Fraction(0)
    each = Fraction(effect["points"]) / effect["per_minor"]
    found = []
    for place, amount in enumerate(standing):
        kept = not lines or (
            lines[place]["kind"] in {"goods", "service"} and takes(effect.get("lines"), lines[place]["sku"])
        )
        if not lines:
            kept = "include" not in (effect.get("lines") or {})
        found.append(amount * left * each if kept else Fraction(0))
    freight = min(payload["freight_minor"], max(payload["freight_minor"] + goods - minus, 0))
    return [*found, freight * each if effect.get("freight") else Fraction(0)]


def factors(payload: dict[str, Any], boosts: Sequence[dict[str, Any]], policy: Policy) -> list[Fraction]:
    places = [item["sku"] for item in payload["lines"]] or [None]
    found = []
    for sku in [*places, "freight"]:
        here = [Fraction(boost["factor"]) for boost in boosts if _meets(boost, sku, is_freight=sku == "freight")]
        factor = Fraction(1)
        for one in here:
            factor = factor * one if policy.stacking == "multiplicative" else factor + one - 1
        if policy.ceiling and here:
            factor = min(factor, Fraction(*policy.ceiling))
        found.append(max(factor, Fraction(0)))
    return found


def _meets(boost: dict[str, Any], sku: str | None, *, is_freight: bool) -> bool:
    if is_freight:
        return bool(boost["freight"])
    if sku is None:
        return "include" not in (boost.get("lines") or {})
    return takes(boost.get("lines"), sku)


@given(orders(), st.lists(st.one_of(RATES, BOOSTS), min_size=1, max_size=6), POLICIES)
def test_what_is_awarded_adds_up_to_the_rounded_total(
    payload: dict[str, Any], effects: list[dict[str, Any]], policy: Policy
) -> None:
    rates = [effect for effect in effects if effect["effect"] == "points.rate"]
    boosts = [effect for effect in effects if effect["effect"] == "points.multiply"]
    columns = zip(*(exact_lines(payload, effect) for effect in rates), strict=True)
    bases = [sum(column, Fraction(0)) for column in columns]
    total = sum((b * m for b, m in zip(bases, factors(payload, boosts, policy), strict=False)), Fraction(0))

    decided = worth(payload, *[rule(number, effect) for number, effect in enumerate(effects, 1)], policy=policy)

    assert decided.total() == rounded(total, policy.rounding_mode)


@given(orders(), programmes(), POLICIES, STEPS)
def test_lines_add_up_to_their_award_and_nothing_is_negative(
    payload: dict[str, Any], rules: list[CompiledRule], policy: Policy, step: str
) -> None:
    settled = Policy(policy.stacking, policy.ceiling, step, policy.rounding_mode)

    awards = worth(payload, *rules, policy=settled).awards

    assert [sum(award.by_line) for award in awards] == [award.awarded for award in awards]
    assert min((part for award in awards for part in award.by_line), default=0) >= 0


@given(orders(), st.integers(1, 7), st.integers(0, 900))
def test_a_limit_is_never_passed_and_clipping_never_wastes(payload: dict[str, Any], points: int, limit: int) -> None:
    free, capped = rule(1, rate(points)), rule(1, rate(points), caps=[{"per": "order", "limit": limit}])

    assert worth(payload, capped).total() == min(worth(payload, free).total(), limit)


@given(
    orders(),
    programmes(),
    st.integers(0, 60000),
    st.sampled_from(["rejudge", "prorate"]),
    st.lists(st.integers(0, 120000), min_size=1, max_size=6),
)
def test_what_is_taken_back_grows_and_never_passes_the_award(
    payload: dict[str, Any], rules: list[CompiledRule], threshold: int, mode: str, cumulatives: list[int]
) -> None:
    policy = Policy(threshold_refund=mode)
    bonus = rule(50, fixed(50), rate(1, 50), condition=at_least(threshold))
    everyone = {one.version_id: one for one in [*rules, bonus]}
    decided = worth(payload, *everyone.values(), policy=policy)
    near = [cumulative + step for cumulative in cumulatives for step in range(8)]

    reached = [
        [
            (target.target, target.awarded)
            for target in refund_targets(decided.receipt, payload, cumulative, policy, rules=everyone, day=NOON.date())
        ]
        for cumulative in [*sorted(near), payload["amount_minor"]]
    ]

    for place, _award in enumerate(reached[0]):
        amounts = [step[place][0] for step in reached[:-1]]
        assert amounts == sorted(amounts)
        assert all(0 <= target <= awarded for target, awarded in (step[place] for step in reached))
    assert [target for target, _ in reached[-1]] == [awarded for _, awarded in reached[-1]]


@given(orders(), programmes(), st.integers(0, 60000), st.lists(st.integers(1, 20000), max_size=5), st.randoms())
def test_the_order_of_partial_refunds_is_irrelevant(
    payload: dict[str, Any], rules: list[CompiledRule], threshold: int, parts: list[int], chance: Any
) -> None:
    """As a book does it: each refund takes what is missing to the target and never gives back."""
    everyone = [*rules, rule(50, fixed(50), rate(1, 50), condition=at_least(threshold))]
    versions = {one.version_id: one for one in everyone}
    receipt = worth(payload, *everyone).receipt

    def play(refunds: Sequence[int]) -> dict[tuple[int, int, str], int]:
        gone, taken = 0, dict[tuple[int, int, str], int]()
        for part in refunds:
            gone += part
            for target in refund_targets(receipt, payload, gone, Policy(), rules=versions, day=NOON.date()):
                taken[target.key] = max(taken.get(target.key, 0), target.target)
        return taken

    assert play(parts) == play(chance.sample(parts, len(parts)))
