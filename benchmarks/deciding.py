"""How fast an event is decided, as a ratio against a floor of the same run and machine.

The floor is a bare loop that computes ``amount // 100`` and asks twenty predicates written by hand.
Three programmes of twenty rules each: a usual one (a base, tier multipliers, threshold gifts, rules
of other stores), one where every rule applies, and the usual one on orders of three lines. What must
not get worse: a thousand events of one amount each in less than 150 ms of CPU by the usual rules, 60 floors or so.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from functools import partial
from typing import Any

from benchmarks.measures import Measure
from loyalty.conditions import Leaf
from loyalty.deciding import CompiledRule, EventView, Policy, RuleBook, compile_rule, decide

EVENTS = 1000
ROUNDS = 5
START = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)
TIERS = ("base", "silver", "gold", "diamond")
READS = {"event.amount": lambda payload: payload["amount_minor"], "event.store": lambda payload: payload["store"]}


class Known:
    """A member whose tier follows from the account's number; limits are never used up."""

    def __init__(self, account_id: int) -> None:
        self.tier = TIERS[account_id % 4]

    def lookup(self, leaf: Leaf) -> Any:
        return self.tier if leaf.fact == "member.tier" else 0

    def used(self, rule_id: int, currency: str, start: date, end: date) -> int:
        return 0

    def spent(self, rule_id: int, currency: str, per: str, start: date) -> int:
        return 0


def rule(number: int, effect: dict[str, Any], condition: dict[str, Any]) -> CompiledRule:
    definition = {"kind": "order.paid", "name_zh": f"规则{number}", "effects": [effect], "condition": condition}
    return compile_rule(number, number, 1, definition, reads=READS)


def usual() -> RuleBook:
    """One base, three tier multipliers, six threshold gifts, ten rules of other stores."""
    rate: dict[str, Any] = {"effect": "points.rate", "currency": "points", "points": 1, "per_minor": 100}
    rules = [rule(1, rate, {})]
    for place, tier in enumerate(TIERS[1:], start=2):
        effect: dict[str, Any] = {"effect": "points.multiply", "currency": "points", "factor": f"1.{place}"}
        rules.append(rule(place, effect, {"fact": "member.tier", "op": "eq", "value": tier}))
    for number in range(5, 11):
        effect = {"effect": "points.fixed", "currency": "points", "points": number}
        rules.append(rule(number, effect, {"fact": "event.amount", "op": "gte", "value": number * 10000}))
    elsewhere = [{"fact": "event.store", "op": "eq", "value": f"S{number}"} for number in range(11, 21)]
    return RuleBook([*rules, *(rule(number, rate, store) for number, store in enumerate(elsewhere, start=11))])


def crowded() -> RuleBook:
    """Twenty rates that all apply: the most a receipt can cost."""
    rate: dict[str, Any] = {"effect": "points.rate", "currency": "points", "points": 1, "per_minor": 100}
    low = {"fact": "event.amount", "op": "gte", "value": 1}
    return RuleBook([rule(number, rate | {"per_minor": 100 + number % 3}, low) for number in range(1, 21)])


def orders(lines: int = 0) -> list[EventView]:
    found = []
    for number in range(EVENTS):
        amount = 100 + number * 7919 % 120000
        payload: dict[str, Any] = {"amount_minor": amount, "store": f"S{number % 40}", "lines": []}
        for position in range(lines):
            part = amount // lines + (amount % lines if not position else 0)
            payload["lines"].append({"kind": "goods", "sku": f"K{position}", "category": "", "amount_minor": part})
        at = START + timedelta(minutes=number)
        found.append(EventView("order.paid", at, at.date(), payload, number, "Asia/Shanghai"))
    return found


def at_least(minor: int) -> Callable[[dict[str, Any]], bool]:
    return lambda payload: payload["amount_minor"] >= minor


def floor(events: Sequence[EventView]) -> int:
    """What no engine can beat in this language: the sum and twenty questions asked in place."""
    tests = [at_least(number * 5000) for number in range(20)]
    total = 0
    for event in events:
        payload: Any = event.payload
        for test in tests:
            if test(payload):
                total += 1
        total += payload["amount_minor"] // 100
    return total


def best(work: Callable[[], object]) -> float:
    """CPU seconds of the fastest of some rounds, so a busy machine blurs the ratio least."""
    taken = []
    for _ in range(ROUNDS):
        start = time.process_time()
        work()
        taken.append(time.process_time() - start)
    return min(taken)


def judge(book: RuleBook, events: Sequence[EventView]) -> int:
    policy = Policy()
    return sum(decide(event, Known(event.account_id), book, policy).total() for event in events)


def run() -> Iterator[Measure]:
    plain, lined = orders(), orders(lines=3)
    base = best(lambda: floor(plain))
    yield Measure("floor: a bare loop", EVENTS / base, "events/s", f"{EVENTS} events, 20 predicates by hand")
    for name, book, events in (
        ("usual", usual(), plain),
        ("every rule applies", crowded(), plain),
        ("usual, three lines", usual(), lined),
    ):
        taken = best(partial(judge, book, events))
        yield Measure(name, EVENTS / taken, "events/s", f"{taken * 1000:.0f} ms for {EVENTS} events by 20 rules")
        yield Measure(f"{name}, against the floor", taken / base, "floors")
