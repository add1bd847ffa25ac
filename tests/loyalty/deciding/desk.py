"""A desk to judge on: events, rules and a context written in a line each."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

from loyalty.clock import business_day
from loyalty.conditions import Leaf
from loyalty.deciding import CompiledRule, Decided, EventView, Policy, compile_rule, decide

SHANGHAI = "Asia/Shanghai"
NOON = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)
STANDARD = Policy()
READS = {
    "event.amount": lambda payload: payload.get("amount_minor"),
    "event.store": lambda payload: payload.get("store"),
}


@dataclass
class Known:
    """What is known of the member: facts by key, usage of limits by rule and first day, and of budgets."""

    facts: Mapping[str, Any] = field(default_factory=dict)
    usage: Mapping[tuple[int, date], int] = field(default_factory=dict)
    budgets: Mapping[tuple[int, str, str, date], int] = field(default_factory=dict)

    def lookup(self, leaf: Leaf) -> Any:
        return self.facts.get(leaf.key)

    def used(self, rule_id: int, currency: str, start: date, end: date) -> int:
        return self.usage.get((rule_id, start), 0)

    def spent(self, rule_id: int, currency: str, per: str, start: date) -> int:
        return self.budgets.get((rule_id, currency, per, start), 0)


def line(amount: int, sku: str = "", **more: Any) -> dict[str, Any]:
    return {"kind": "goods", "sku": sku, "category": "", "quantity": 1, "amount_minor": amount, "voided": False} | more


def order(amount: int | None = None, *, lines: Sequence[dict[str, Any]] = (), **more: Any) -> dict[str, Any]:
    """An ``order.paid`` payload; with lines the amount is what they add up to."""
    payload = {"freight_minor": 0, "discount_minor": 0, "points_paid_minor": 0, "lines": list(lines)} | more
    standing = sum(item["amount_minor"] for item in lines if not item["voided"])
    total = standing + payload["freight_minor"] - payload["discount_minor"]
    return payload | {"amount_minor": total if amount is None else amount}


def event(payload: Mapping[str, Any], *, at: datetime = NOON, kind: str = "order.paid", **more: Any) -> EventView:
    return EventView(
        kind=kind,
        occurred_at=at,
        day=business_day(at, SHANGHAI),
        payload=payload,
        account_id=1,
        zone=SHANGHAI,
        **more,
    )


def rule(number: int, *effects: dict[str, Any], **more: Any) -> CompiledRule:
    """Rule ``number``, whose version is ``number * 10``."""
    bounds = {name: more.pop(name) for name in ("since", "until") if name in more}
    definition = {"kind": "order.paid", "name_zh": f"规则{number}", "effects": list(effects)} | more
    return compile_rule(number * 10, number, 1, definition, reads=READS, **bounds)


def rate(points: int | str = 1, per_minor: int = 100, **more: Any) -> dict[str, Any]:
    return {"effect": "points.rate", "currency": "points", "points": points, "per_minor": per_minor} | more


def fixed(points: int, **more: Any) -> dict[str, Any]:
    return {"effect": "points.fixed", "currency": "points", "points": points} | more


def multiply(factor: str, **more: Any) -> dict[str, Any]:
    return {"effect": "points.multiply", "currency": "points", "factor": factor} | more


def ladder(*rungs: tuple[int, int], by: str = "quantity", **more: Any) -> dict[str, Any]:
    steps = [{"from": start, "points": points} for start, points in rungs]
    return {"effect": "points.ladder", "currency": "points", "by": by, "steps": steps} | more


def every(count: int, points: int, *, by: str = "quantity", **more: Any) -> dict[str, Any]:
    return {"effect": "points.every", "currency": "points", "by": by, "every": count, "points": points} | more


def only(*skus: str) -> dict[str, Any]:
    return {"include": {"sku": list(skus)}}


def without(*skus: str) -> dict[str, Any]:
    return {"exclude": {"sku": list(skus)}}


def at_least(minor: int) -> dict[str, Any]:
    return {"fact": "event.amount", "op": "gte", "value": minor}


def worth(
    payload: Mapping[str, Any], *rules: CompiledRule, policy: Policy = STANDARD, known: Known | None = None, **more: Any
) -> Decided:
    """What an order is worth under some rules."""
    return decide(event(payload, **more), known or Known(), rules, policy)
