"""Deciding by the facts as an event leaves them, where the policy says so (``tier_judged`` is ``after``).

The event is decided as things stand; whoever contributes a ``Foresight`` says which facts that would
change, and the event is decided again by those. What was foreseen rests on the growth of the first
reckoning. The receipt keeps the facts it was decided by, so judging again from it gives the same, and
under ``foreseen`` what they were before. Of each account one event at a time: waves see to that.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date, datetime
from types import MappingProxyType
from typing import Any
from uuid import UUID

from django.utils.text import capfirst
from django.utils.translation import gettext as _

from loyalty import deciding
from loyalty.conditions import Leaf
from loyalty.metrics import Gauge
from loyalty.models import Programme
from loyalty.registry import Fact, Foresight, Outlook, registry

AFTER = str(Programme.TierJudged.AFTER)


class Sights:
    """What is foreseen of some accounts; loaded when first needed, in a constant number of queries."""

    def __init__(self, account_ids: Collection[int], at: datetime) -> None:
        self._account_ids, self._at = sorted(account_ids), at
        self._looks: list[Outlook] | None = None

    def of(self, account_id: int, gained: Mapping[str, int], counted: Mapping[str, int]) -> dict[str, Any]:
        """Facts by code, once the account has gained so many of each currency and counted so many of each metric."""
        if self._looks is None:
            self._looks = [each.load(self._account_ids, self._at) for each in registry.all(Foresight)]
        return {code: value for look in self._looks for code, value in look(account_id, gained, counted).items()}


class Given:
    """What is known of the account, with these facts (by a receipt's keys) in place of today's."""

    def __init__(self, context: deciding.Context, facts: Mapping[str, Any]) -> None:
        self._context, self._facts = context, facts
        self.used, self.spent = context.used, context.spent

    def lookup(self, leaf: Leaf) -> Any:
        known = leaf.window is None and leaf.key in self._facts
        return self._facts[leaf.key] if known else self._context.lookup(leaf)


def as_decided(
    receipt: Mapping[str, Any], policy: deciding.Policy, led_to: Mapping[str, Any] = MappingProxyType({})
) -> dict[str, Any]:
    """The facts that a receipt was decided by; those before it, or ``led_to`` after it, as the policy wants them."""
    wanted = led_to if policy.tier_judged == AFTER else receipt.get("foreseen", {})
    return {**receipt.get("facts", {}), **wanted}


def led_to(event_ids: Collection[UUID]) -> dict[UUID, dict[str, Any]]:
    """Which facts events of the past led to; one query for each app that foresees any."""
    found: dict[UUID, dict[str, Any]] = {}
    for each in registry.all(Foresight):
        for event_id, facts in each.recall(event_ids).items():
            found.setdefault(event_id, {}).update(facts)
    return found


def told(receipt: Mapping[str, Any]) -> list[str]:
    """What was counted as the event leaves it, in plain sentences."""
    return [
        _("%(fact)s as it is after this: %(after)s (before: %(before)s)")
        % {
            "fact": capfirst(_label(code)),
            "after": _value(code, receipt["facts"].get(code)),
            "before": _value(code, before),
        }
        for code, before in receipt.get("foreseen", {}).items()
    ]


def _label(code: str) -> str:
    fact = registry.find(Fact, code)
    return str(fact.label) if fact else code


def _value(code: str, value: Any) -> str:
    fact = registry.find(Fact, code)
    names = dict(fact.choices()) if fact and fact.choices else {}
    return str(names.get(value, value or _("none")))


def decide(
    event: deciding.EventView,
    context: deciding.Context,
    rules: Sequence[deciding.CompiledRule],
    policy: deciding.Policy,
    sights: Sights,
    gauges: Iterable[Gauge] = (),
) -> deciding.Decided:
    """What the event is worth by the policy; ``gauges`` are the metrics that it moves."""
    first = deciding.decide(event, context, rules, policy)
    facts: Mapping[str, Any] = first.receipt["facts"]
    if policy.tier_judged != AFTER or not facts:
        return first
    gained: dict[str, int] = {}
    for award in first.awards:
        gained[award.currency] = gained.get(award.currency, 0) + award.awarded
    seen = sights.of(event.account_id, gained, _counted(gauges, event.payload, event.day))
    ahead = {code: value for code, value in seen.items() if code in facts and facts[code] != value}
    if not ahead:
        return first
    second = deciding.decide(event, Given(context, ahead), rules, policy)
    second.receipt["foreseen"] = {code: facts[code] for code in ahead}
    return second


def _counted(gauges: Iterable[Gauge], payload: Mapping[str, Any], day: date) -> dict[str, int]:
    return {gauge.code: gauge.measure(payload, day) for gauge in gauges}
