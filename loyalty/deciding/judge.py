"""Judging an event: which rules apply, what they give, and the receipt that says so.

``decide`` is the one function behind the live path, the preview, the back-test and the "why" page,
so they cannot disagree; ``explain`` runs it and adds what became of every other rule. Pure: what it
needs to know it asks of ``Context``; equal input gives equal output.

Rules are judged by priority, then id. One that applied and stops ends the judging; one that applied
and is exclusive leaves only itself. A rule applies when it is in force and awake, its condition
holds, and at least one of its effects finds something to work on. A rule whose points a limit cut
to nothing gives nothing else either.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple

from loyalty.conditions.predicate import Lookup
from loyalty.conditions.tree import Leaf
from loyalty.deciding.caps import Limits
from loyalty.deciding.earning import fixed_by_line, settle
from loyalty.deciding.lines import EARNING_KINDS, WITH_REWARDS, Basis, share_out
from loyalty.deciding.model import (
    Award,
    CompiledRule,
    Context,
    Decided,
    EventView,
    PointsEffect,
    Policy,
    Verdict,
)
from loyalty.deciding.rulebook import RuleBook
from loyalty.deciding.steps import STEPPED, by_line, measure

Work = tuple[CompiledRule, PointsEffect]
PLAIN = {int, str, bool, type(None)}


class Applying(NamedTuple):
    """A rule that applies, with those of its points effects that found something."""

    rule: CompiledRule
    working: list[PointsEffect]


def decide(event: EventView, context: Context, rules: Sequence[CompiledRule], policy: Policy) -> Decided:
    """What ``event`` is worth. Give a ``RuleBook`` when judging a batch; it is indexed once."""
    return _judge(event, context, RuleBook.of(rules), policy, None)


def explain(event: EventView, context: Context, rules: Sequence[CompiledRule], policy: Policy) -> list[Verdict]:
    """Every rule of the event's kind with what became of it: the "why" and the "why not"."""
    verdicts: dict[int, Verdict] = {}
    book = RuleBook.of(rules)
    decided = _judge(event, context, book, policy, verdicts)
    for step in decided.receipt["steps"]:
        verdicts[step["version"]].steps.append(step)
    for verdict in verdicts.values():
        points = [step for step in verdict.steps if step["kind"] != "grant"]
        if any(step["reason"] for step in points) and not any(step["awarded"] for step in points):
            verdict.outcome = "cap"
    return [verdicts[rule.version_id] for rule in book.shelf(event.kind).rules]


def _judge(
    event: EventView,
    context: Context,
    book: RuleBook,
    policy: Policy,
    verdicts: dict[int, Verdict] | None,
) -> Decided:
    shelf = book.shelf(event.kind)
    rules = shelf.in_force(event.occurred_at)
    facts: dict[str, Any] = {}
    lookup = _looker(event, context, shelf.reads, facts)
    earning = WITH_REWARDS if policy.free_items_earn else EARNING_KINDS
    basis = Basis(event.payload, remainder=policy.remainder, earning=earning)
    applied, stopper = _select(event, lookup, rules, basis)
    if verdicts is not None:
        for rule in shelf.rules:
            verdicts[rule.version_id] = _verdict(rule, event, lookup, basis, applied, stopper)
    steps: list[dict[str, Any]] = []
    decided = Decided()
    if applied:
        limits = Limits(context, event.day)
        decided.awards = _award(applied, basis, policy, limits, steps)
        decided.grants = _grant(applied, steps)
        for applying in applied:
            # Also what a short cut in the condition left out: a refund judges it again.
            for leaf in applying.rule.outside:
                lookup(leaf)
    decided.receipt = {
        "facts": {key: value if type(value) in PLAIN else frozen(value) for key, value in facts.items()},
        "steps": steps,
        "considered": [rule.version_id for rule in rules],
        "policy": dict(policy.note) if steps else {},
    }
    return decided


def _looker(event: EventView, context: Context, reads: Mapping[str, Any], facts: dict[str, Any]) -> Lookup:
    """Reads a leaf once an event; what is not in the payload is kept in ``facts``."""
    payload, outside = event.payload, context.lookup

    def lookup(leaf: Leaf) -> Any:
        read = reads.get(leaf.fact)
        if read is not None:
            return read(payload)
        key = leaf.key
        if key not in facts:
            facts[key] = outside(leaf)
        return facts[key]

    return lookup


def _select(
    event: EventView, lookup: Lookup, rules: Sequence[CompiledRule], basis: Basis
) -> tuple[list[Applying], CompiledRule | None]:
    """The rules that apply, and the one that ended the judging, if any did."""
    applied: list[Applying] = []
    day = event.day
    for rule in rules:
        if rule.schedule is not None and rule.schedule.fault(event):
            continue
        if rule.predicate is not None and not rule.predicate.run(lookup, day):
            continue
        working = [effect for effect in rule.points if _works(effect, basis)]
        if not working and not rule.grants:
            continue
        if rule.is_exclusive:
            return [Applying(rule, working)], rule
        applied.append(Applying(rule, working))
        if rule.stops:
            return applied, rule
    return applied, None


def _works(effect: PointsEffect, basis: Basis) -> bool:
    """A fixed bonus needs a line its filter takes, a ladder a step; rates and multipliers need money."""
    if effect.kind in STEPPED:
        return bool(by_line(basis, effect))
    if effect.kind == "rate":
        return any(basis.worth(effect))
    if effect.kind == "fixed":
        return effect.filter is None or any(basis.matches(effect.filter, with_freight=effect.with_freight))
    found = basis.matches(effect.filter, with_freight=effect.with_freight)
    return any(value for value, taken in zip(basis.full, found, strict=True) if taken)


def _award(
    applied: Sequence[Applying],
    basis: Basis,
    policy: Policy,
    limits: Limits,
    steps: list[dict[str, Any]],
) -> list[Award]:
    """Awards of all currencies: rates first, then multipliers, then fixed bonuses."""
    groups: dict[str, dict[str, list[Work]]] = {}
    for rule, working in applied:
        for effect in working:
            kinds = groups.get(effect.currency)
            if kinds is None:
                kinds = groups[effect.currency] = {"rate": [], "multiply": [], "fixed": []}
            kinds["fixed" if effect.kind in STEPPED else effect.kind].append((rule, effect))
    awards: list[Award] = []
    for kinds in groups.values():
        rates, boosts, fixed = kinds["rate"], kinds["multiply"], kinds["fixed"]
        parts = settle(basis, [work[1] for work in rates], [work[1] for work in boosts], policy)
        parts += [_bonus(basis, effect) for _, effect in fixed]
        for (rule, effect), lines in zip([*rates, *boosts, *fixed], parts, strict=True):
            award, step = _held(rule, effect, lines, basis, limits)
            steps.append(step)
            if award.desired:
                awards.append(award)
    return awards


def _bonus(basis: Basis, effect: PointsEffect) -> list[int]:
    return by_line(basis, effect) if effect.kind in STEPPED else fixed_by_line(basis, effect)


def _held(
    rule: CompiledRule, effect: PointsEffect, parts: list[int], basis: Basis, limits: Limits
) -> tuple[Award, dict[str, Any]]:
    """One award after its rule's limits, with its step."""
    desired = awarded = sum(parts)
    step = {**effect.stem, "desired": desired, "awarded": awarded, "reason": ""}
    if effect.kind == "rate":
        step["basis_minor"] = basis.minor(effect)
    elif effect.kind in STEPPED:
        step["measure"] = measure(basis, effect)
    if rule.caps:
        allowed = limits.allow(rule, effect.currency, desired)
        awarded = step["awarded"] = allowed.awarded
        step["reason"] = allowed.reason
        if allowed.note is not None:
            step["cap"] = allowed.note
            parts = share_out(awarded, parts, basis.remainder)
    if basis.size > 1:
        step["by_line"] = parts
    return Award(
        rule.rule_id,
        rule.version_id,
        effect.index,
        effect.currency,
        desired,
        awarded,
        step["reason"],
        parts,
        effect.kind,
        effect.expiry,
        effect.wait,
    ), step


def _grant(applied: Sequence[Applying], steps: list[dict[str, Any]]) -> list[dict[str, Any]]:
    if not any(rule.grants for rule, _ in applied):
        return []
    cut = {step["version"] for step in steps if step["reason"]}
    cut -= {step["version"] for step in steps if step["awarded"]}
    grants: list[dict[str, Any]] = []
    for rule, _ in applied:
        for grant in rule.grants if rule.version_id not in cut else ():
            params = dict(grant.params)
            named = {"effect": grant.code, "params": params, "index": grant.index}
            grants.append({**named, "rule_id": rule.rule_id, "version_id": rule.version_id})
            steps.append(dict(grant.stem))
    return grants


def frozen(value: Any) -> Any:
    """A fact as the receipt keeps it: dates as ISO text, decimals as text, sets as lists."""
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, set | frozenset | tuple | list):
        items = [frozen(item) for item in value]
        return sorted(items) if isinstance(value, set | frozenset) else items
    return value


def _verdict(
    rule: CompiledRule,
    event: EventView,
    lookup: Lookup,
    basis: Basis,
    applied: Sequence[Applying],
    stopper: CompiledRule | None,
) -> Verdict:
    """Asks the questions of ``_select`` again, to name the first that was answered no."""
    found = Verdict(rule.rule_id, rule.version_id, rule.number, rule.name_zh, rule.name_en, "applied")
    if any(applying.rule is rule for applying in applied):
        return found
    if not rule.is_in_force(event.occurred_at):
        found.outcome = "not_in_force"
    elif rule.schedule is not None and (part := rule.schedule.fault(event)):
        found.outcome, found.part = "schedule", part
    elif rule.predicate is not None and not rule.predicate(lookup, event.day):
        found.outcome = "condition"
        found.finding = rule.predicate.first_failure(lookup, event.day)
    elif not rule.grants and not any(_works(effect, basis) for effect in rule.points):
        found.outcome = "nothing"
    elif stopper is not None:
        found.outcome = "exclusive" if stopper.is_exclusive else "stopped"
        found.by = {"version": stopper.version_id, "name_zh": stopper.name_zh, "name_en": stopper.name_en}
    return found
