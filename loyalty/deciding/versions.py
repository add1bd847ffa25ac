"""From a frozen definition to a rule that can judge, and from the programme to its policy.

A definition was validated when it was published (``deciding.validation``); compiling it again is
cheap and can't fail on what was accepted then. Compile once, keep as long as the version lives.
"""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any

from loyalty.conditions.predicate import compile_tree
from loyalty.deciding.model import (
    Cap,
    CompiledRule,
    GrantEffect,
    LineFilter,
    PointsEffect,
    Policy,
    Reader,
    ratio_text,
)
from loyalty.deciding.schedule import compile_schedule
from loyalty.deciding.tender import TenderPolicy
from loyalty.registry import EventKind, registry

POINTS_EFFECTS = ("points.rate", "points.fixed", "points.multiply", "points.ladder", "points.every")
TERMS = ("expiry", "wait")


def compile_rule(
    version_id: int,
    rule_id: int,
    number: int,
    definition: Mapping[str, Any],
    *,
    since: datetime | None = None,
    until: datetime | None = None,
    reads: Mapping[str, Reader] | None = None,
) -> CompiledRule:
    """The rule a version's definition tells. ``since`` and ``until`` are the bounds it is in force.

    ``reads`` (``event.amount`` → reader) defaults to the fields the event kind was contributed with.
    """
    condition = definition.get("condition") or {}
    effects = list(enumerate(definition["effects"]))
    name_zh = definition.get("name_zh") or definition.get("code") or ""
    name_en = definition.get("name_en") or name_zh
    head = {"rule": rule_id, "version": version_id, "number": number, "name_zh": name_zh, "name_en": name_en}
    predicate = compile_tree(condition) if condition else None
    known = kind_reads(definition["kind"]) if reads is None else reads
    return CompiledRule(
        version_id=version_id,
        rule_id=rule_id,
        number=number,
        kind=definition["kind"],
        name_zh=name_zh,
        name_en=name_en,
        priority=definition.get("priority", 100),
        is_exclusive=bool(definition.get("is_exclusive")),
        stops=bool(definition.get("stops")),
        predicate=predicate,
        schedule=compile_schedule(definition.get("schedule") or {}),
        points=tuple(_points(at, raw, head) for at, raw in effects if raw["effect"] in POINTS_EFFECTS),
        grants=tuple(_grant(at, raw, head) for at, raw in effects if raw["effect"] not in POINTS_EFFECTS),
        caps=tuple(_cap(raw) for raw in definition.get("caps") or ()),
        reads=known,
        outside=tuple(leaf for leaf in (predicate.leaves if predicate else ()) if leaf.fact not in known),
        since=since,
        until=until,
    )


def policy_of(programme: Any, *, money_digits: int = 2, version: int = 0) -> Policy:
    """The programme's row, or anything with its columns, as the policy of a decision."""
    ceiling = programme.multiplier_ceiling
    return Policy(
        stacking=str(programme.stacking),
        ceiling=None if ceiling is None else Decimal(ceiling).as_integer_ratio(),
        rounding_step=str(programme.rounding_step),
        rounding_mode=str(programme.rounding_mode),
        threshold_refund=str(programme.threshold_refund),
        currency=programme.currency,
        money_digits=money_digits,
        remainder=str(programme.remainder),
        free_items_earn=bool(programme.free_items_earn),
        tier_judged=str(programme.tier_judged),
        version=version,
    )


def tender_of(programme: Any) -> TenderPolicy:
    """The programme's row as the policy of paying with points."""
    return TenderPolicy(
        points=programme.tender_points,
        minor=programme.tender_minor,
        minimum=programme.tender_minimum,
        share_percent=programme.tender_share_percent,
    )


def kind_reads(kind: str) -> dict[str, Reader]:
    """How the fields of a contributed event kind are read, by the name conditions use."""
    found = registry.find(EventKind, kind)
    return {f"event.{field.code}": field.read for field in found.fields} if found else {}


def _points(index: int, raw: Mapping[str, Any], head: Mapping[str, Any]) -> PointsEffect:
    name = raw["effect"].removeprefix("points.")
    top, bottom, note = _RATIOS[name](raw)
    currency = raw.get("currency") or "points"
    terms = {term: dict(raw[term]) for term in TERMS if raw.get(term)}
    return PointsEffect(
        kind=name,
        index=index,
        currency=currency,
        top=top,
        bottom=bottom,
        filter=_filter(raw.get("lines") or {}),
        with_freight=bool(raw.get("freight")),
        with_points_paid=bool(raw.get("points_paid")),
        stem={**head, "effect": index, "kind": name, "currency": currency, **note, **terms},
        by=raw.get("by") or "",
        rungs=tuple((rung["from"], rung["points"]) for rung in raw.get("steps") or ()),
        **terms,
    )


def _rate(raw: Mapping[str, Any]) -> tuple[int, int, dict[str, Any]]:
    points = Fraction(str(raw["points"]))
    ratio = points / raw["per_minor"]
    text = ratio_text(points.numerator, points.denominator)
    note = {"points": text, "per_minor": raw["per_minor"]}
    return ratio.numerator, ratio.denominator, {"rate": note}


def _fixed(raw: Mapping[str, Any]) -> tuple[int, int, dict[str, Any]]:
    return raw["points"], 1, {}


def _multiply(raw: Mapping[str, Any]) -> tuple[int, int, dict[str, Any]]:
    factor = Fraction(str(raw["factor"]))
    text = ratio_text(factor.numerator, factor.denominator)
    return factor.numerator, factor.denominator, {"factor": text}


def _ladder(raw: Mapping[str, Any]) -> tuple[int, int, dict[str, Any]]:
    return 0, 1, {"steps_by": raw["by"], "steps": [dict(rung) for rung in raw["steps"]]}


def _every(raw: Mapping[str, Any]) -> tuple[int, int, dict[str, Any]]:
    return raw["points"], raw["every"], {"steps_by": raw["by"], "every": raw["every"], "points": raw["points"]}


_RATIOS: dict[str, Any] = {
    "rate": _rate,
    "fixed": _fixed,
    "multiply": _multiply,
    "ladder": _ladder,
    "every": _every,
}


def _filter(raw: Mapping[str, Any]) -> LineFilter | None:
    taken, left = raw.get("include") or {}, raw.get("exclude") or {}
    found = LineFilter(
        skus=frozenset(taken.get("sku") or ()),
        categories=frozenset(taken.get("category") or ()),
        without_skus=frozenset(left.get("sku") or ()),
        without_categories=frozenset(left.get("category") or ()),
    )
    return None if found == LineFilter() else found


def _grant(index: int, raw: Mapping[str, Any], head: Mapping[str, Any]) -> GrantEffect:
    params = {name: value for name, value in raw.items() if name != "effect"}
    stem = {**head, "effect": index, "kind": "grant", "grant": raw["effect"], "params": params}
    return GrantEffect(index, raw["effect"], params, stem)


def _cap(raw: Mapping[str, Any]) -> Cap:
    return Cap(
        per=raw["per"],
        currency=raw.get("currency") or "points",
        limit=raw["limit"],
        rejects=raw.get("over") == "reject",
        of=raw.get("of") or "member",
    )
