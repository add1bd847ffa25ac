"""The earning formula: rates and multipliers of one currency, rounded and attributed to the bit.

For each line *l* the rates add up to a base b(l); the multipliers that match it make a factor m(l):
1 + Σ(f - 1) when they add up, Π f when they multiply, never below 0 nor above the ceiling. The
total is Σ b(l)·m(l), rounded where the policy says: once at the end, each rule's base first (always
down, as a till does) and then the product, or line by line.

Attribution adds up to that total exactly. The rates get the rounded Σ b(l)·min(m(l), 1), shared by
what each brought; the multipliers share the rest by how far each lifts a line above 1. So no rule
is ever credited with less than nothing, and a rule's lines add up to its points. All in integers.
"""

from collections.abc import Sequence
from math import lcm, prod

from loyalty.deciding.lines import Basis, share_out
from loyalty.deciding.model import PointsEffect, Policy

Parts = list[list[int]]


def round_ratio(top: int, bottom: int, mode: str) -> int:
    """``top / bottom`` (both ≥ 0) as a whole number: ``floor``, ``half_up`` or ``ceil``."""
    if mode == "floor":
        return top // bottom
    if mode == "ceil":
        return -(-top // bottom)
    return (2 * top + bottom) // (2 * bottom)


def settle(basis: Basis, rates: Sequence[PointsEffect], boosts: Sequence[PointsEffect], policy: Policy) -> Parts:
    """Points of each rate, then of each multiplier, line by line."""
    if not rates:
        return [[0] * basis.size for _ in boosts]
    if basis.is_single and not boosts and policy.rounding_step != "per_rule":
        return _single(basis, rates, policy.rounding_mode)
    bases, den = _bases(basis, rates)
    if policy.rounding_step == "per_rule":
        bases, den = [share_out(sum(base) // den, base, basis.remainder) for base in bases], 1
    low, extra, gains, scale = _factors(basis, boosts, policy)
    kept = [[value * low[place] for place, value in enumerate(base)] for base in bases]
    lifted = [sum(column) * extra[place] for place, column in enumerate(zip(*bases, strict=True))]
    if policy.rounding_step == "per_line":
        return _line_by_line(kept, lifted, gains, den * scale, policy.rounding_mode)
    return _at_once(kept, lifted, gains, den * scale, policy)


def _bases(basis: Basis, rates: Sequence[PointsEffect]) -> tuple[Parts, int]:
    """What each rate brings on each line, over one common denominator."""
    common = lcm(*(rate.bottom for rate in rates))
    bases = []
    for rate in rates:
        times = rate.top * (common // rate.bottom)
        bases.append([value * times for value in basis.worth(rate)])
    return bases, basis.den * common


def _single(basis: Basis, rates: Sequence[PointsEffect], mode: str) -> Parts:
    """The common case, one amount and rates alone, in a division for each rate."""
    common = lcm(*[rate.bottom for rate in rates])
    cash, full = basis.cash[0], basis.full[0]
    weights = [(full if rate.with_points_paid else cash) * rate.top * (common // rate.bottom) for rate in rates]
    total = round_ratio(sum(weights), common, mode)
    return [[points] for points in share_out(total, weights)]


def _factors(basis: Basis, boosts: Sequence[PointsEffect], policy: Policy) -> tuple[list[int], list[int], Parts, int]:
    """Per line: the factor up to 1, what exceeds 1, and each multiplier's lift; over ``scale``."""
    adds = policy.stacking == "additive"
    bottoms = [boost.bottom for boost in boosts]
    highest = policy.ceiling
    scale = (lcm(*bottoms) if adds else prod(bottoms)) * (highest[1] if highest else 1)
    limit = highest[0] * scale // highest[1] if highest else None
    found = [basis.matches(boost.filter, with_freight=boost.with_freight) for boost in boosts]
    lifts = [boost.top * scale // boost.bottom - scale for boost in boosts]
    factors = _added(basis.size, lifts, found, scale) if adds else _multiplied(basis.size, boosts, found, scale)
    if limit is not None:
        factors = [
            min(factor, limit) if any(match[place] for match in found) else factor
            for place, factor in enumerate(factors)
        ]
    low = [min(factor, scale) for factor in factors]
    extra = [max(factor - scale, 0) for factor in factors]
    gains = [[max(lift, 0) if taken else 0 for taken in match] for lift, match in zip(lifts, found, strict=True)]
    return low, extra, gains, scale


def _added(size: int, lifts: Sequence[int], found: Sequence[Sequence[bool]], scale: int) -> list[int]:
    factors = [scale] * size
    for lift, match in zip(lifts, found, strict=True):
        factors = [factor + lift if taken else factor for factor, taken in zip(factors, match, strict=True)]
    return [max(factor, 0) for factor in factors]


def _multiplied(size: int, boosts: Sequence[PointsEffect], found: Sequence[Sequence[bool]], scale: int) -> list[int]:
    factors = [scale] * size
    for boost, match in zip(boosts, found, strict=True):
        factors = [
            factor * boost.top // boost.bottom if taken else factor
            for factor, taken in zip(factors, match, strict=True)
        ]
    return factors


def _at_once(kept: Parts, lifted: list[int], gains: Parts, den: int, policy: Policy) -> Parts:
    """One rounding of the whole; then rules by what they brought, then lines within a rule."""
    mode, way = policy.rounding_mode, policy.remainder
    brought = [sum(values) for values in kept]
    base = round_ratio(sum(brought), den, mode)
    total = round_ratio(sum(brought) + sum(lifted), den, mode)
    parts = [share_out(points, values, way) for points, values in zip(share_out(base, brought), kept, strict=True)]
    if not gains:
        return parts
    weights = _lifts(lifted, gains)
    shares = share_out(total - base, [sum(values) for values in weights])
    return parts + [share_out(points, values, way) for points, values in zip(shares, weights, strict=True)]


def _lifts(lifted: list[int], gains: Parts) -> Parts:
    """How much of each line's lift is owed to each multiplier, over one common denominator."""
    sums = [sum(column) or 1 for column in zip(*gains, strict=True)]
    common = lcm(*sums)
    return [[lifted[place] * gain * (common // sums[place]) for place, gain in enumerate(row)] for row in gains]


def _line_by_line(kept: Parts, lifted: list[int], gains: Parts, den: int, mode: str) -> Parts:
    """Each line is rounded on its own and shared among the rules that made it."""
    columns: Parts = []
    for place, more in enumerate(lifted):
        here = [values[place] for values in kept]
        base = round_ratio(sum(here), den, mode)
        total = round_ratio(sum(here) + more, den, mode)
        column = share_out(base, here)
        if gains:
            column = column + share_out(total - base, [row[place] for row in gains])
        columns.append(column)
    return [list(row) for row in zip(*columns, strict=True)]


def fixed_by_line(basis: Basis, effect: PointsEffect) -> list[int]:
    """Where a fixed bonus is booked: on the lines that earned it, by their amounts.

    An empty list where the filter finds no line, so the bonus is not given.
    """
    if effect.filter is None and basis.size == 1:
        return [effect.top]
    found = basis.matches(effect.filter, with_freight=effect.with_freight)
    if effect.filter is not None and not any(found):
        return []
    weights = [amount if taken else 0 for amount, taken in zip(basis.amounts, found, strict=True)]
    if not any(weights):
        first = found.index(True) if any(found) else 0
        weights[first] = 1
    return share_out(effect.top, weights, basis.remainder)
