"""What a refund takes back, told as how much of each award must be gone by now.

Everything follows from the cumulative amount refunded, so the order in which partial refunds arrive
does not matter and the last one takes the last point: a book takes the target less what it has
taken already, and never gives back. Refunds beyond the order take no more than the order gave.

Rates and multipliers go by their share of the order, rounded down. A rule that had a condition is
judged again on what is left of the order (its other facts from the receipt): where it no longer
holds the whole award goes; a fixed bonus whose condition still holds stays; ladders and the like
keep what the rest of the order would have been worth to them. With the policy
``prorate`` nothing is judged again and every award goes by its share. A multiplier falls with the
points it multiplied. A full refund takes everything.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from loyalty.conditions.tree import Leaf
from loyalty.deciding.lines import share_out
from loyalty.deciding.model import CompiledRule, Policy
from loyalty.deciding.steps import STEPPED, worth_again


@dataclass(frozen=True, slots=True)
class Target:
    """One award and how much of it must have been taken back in all.

    ``reason``: ``share``, ``condition`` (no longer holds), ``steps`` (fewer than before), ``full``,
    or ``kept``.
    """

    rule_id: int
    version_id: int
    effect: int
    currency: str
    awarded: int
    target: int
    reason: str

    @property
    def key(self) -> tuple[int, int, str]:
        """Names the award among those of its event."""
        return (self.version_id, self.effect, self.currency)


def refund_targets(
    receipt: Mapping[str, Any],
    payload: Mapping[str, Any],
    cumulative_minor: int,
    policy: Policy,
    *,
    rules: Mapping[int, CompiledRule],
    day: date,
) -> list[Target]:
    """Targets of all awards of a decision, in the order of its steps.

    ``payload`` and ``day`` are the order's own; ``rules`` maps version ids, and a version that is
    not given keeps its award as though its condition held. Any refund of an order that cost nothing
    is a full one. The same input gives the same targets.
    """
    steps = [step for step in receipt["steps"] if step.get("awarded", 0) > 0]
    total = max(payload.get("amount_minor") or 0, 0)
    gone = min(max(cumulative_minor, 0), total)
    if gone >= total:
        return [_target(step, step["awarded"], "full") for step in steps]
    fallen: set[int] = set()
    if policy.threshold_refund == "rejudge" and gone:
        left = reduced(payload, gone)
        fallen = {
            step["version"] for step in steps if not _holds(rules.get(step["version"]), left, receipt["facts"], day)
        }
    return [_aim(step, steps, fallen, gone, total, policy) for step in steps]


def _aim(
    step: Mapping[str, Any],
    steps: list[Mapping[str, Any]],
    fallen: set[int],
    gone: int,
    total: int,
    policy: Policy,
) -> Target:
    awarded = step["awarded"]
    if step["version"] in fallen:
        return _target(step, awarded, "condition")
    if step["kind"] == "fixed" and policy.threshold_refund == "rejudge":
        return _target(step, 0, "kept")
    if step["kind"] in STEPPED and policy.threshold_refund == "rejudge":
        lost = max(awarded - worth_again(step, total - gone, total), 0)
        return _target(step, lost, "steps" if lost else "kept")
    if step["kind"] == "multiply":
        top, bottom = _share_of_rates(step["currency"], steps, fallen, gone, total)
        return _target(step, awarded * top // bottom, "share")
    return _target(step, awarded * gone // total, "share")


def _share_of_rates(
    currency: str, steps: list[Mapping[str, Any]], fallen: set[int], gone: int, total: int
) -> tuple[int, int]:
    """How much of the multiplied points goes: all of a fallen rule's, of the others their share."""
    rates = [step for step in steps if step["kind"] == "rate" and step["currency"] == currency]
    dead = sum(step["desired"] for step in rates if step["version"] in fallen)
    whole = sum(step["desired"] for step in rates)
    if not dead:
        return gone, total
    return dead * total + (whole - dead) * gone, whole * total


def _holds(rule: CompiledRule | None, left: Mapping[str, Any], facts: Mapping[str, Any], day: date) -> bool:
    if rule is None or rule.predicate is None:
        return True
    reads = rule.reads

    def lookup(leaf: Leaf) -> Any:
        read = reads.get(leaf.fact)
        return facts.get(leaf.key) if read is None else read(left)

    return rule.predicate(lookup, day)


def reduced(payload: Mapping[str, Any], gone: int) -> dict[str, Any]:
    """The order as if it had cost ``gone`` less: the refund comes off the lines in proportion."""
    left = {**payload, "amount_minor": payload["amount_minor"] - gone}
    lines = payload.get("lines") or ()
    weights = [0 if line.get("voided") else max(line["amount_minor"], 0) for line in lines]
    goods = sum(weights)
    if goods:
        taken = share_out(min(gone, goods), weights)
        left["lines"] = [
            {**line, "amount_minor": line["amount_minor"] - part} for line, part in zip(lines, taken, strict=True)
        ]
    return left


def _target(step: Mapping[str, Any], target: int, reason: str) -> Target:
    return Target(
        step["rule"],
        step["version"],
        step["effect"],
        step["currency"],
        step["awarded"],
        target,
        reason,
    )
