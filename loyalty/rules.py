"""Writing rules: from draft to version in force and out again, and trying them out beforehand.

A draft changes nothing. ``publish`` freezes it into the next version; ``retire`` ends the one in
force. A version is never edited, so every entry can be explained by the words it was given under.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from loyalty import conditions, deciding, rulebook
from loyalty import programme as programmes
from loyalty.deciding import validation
from loyalty.errors import Conflict, LoyaltyError
from loyalty.events import backtesting, foreseeing
from loyalty.events.knowledge import awarded_metric
from loyalty.models import Metric, Rule, RuleVersion, User
from loyalty.registry import Effect, registry


class NothingToPublish(LoyaltyError):
    """The draft says what the version in force says already."""

    code = "nothing_to_publish"
    sentence = _("This is already in force as it stands. Change something first.")


class NotInForce(Conflict):
    """There is no version to end."""

    code = "rule_not_in_force"
    sentence = _("This rule is not in force.")


class FeedsItself(LoyaltyError):
    """An effect would cause the very kind of event that the rule waits for."""

    code = "rule_feeds_itself"
    sentence = _("This rule would set itself off again and again. Choose another effect or another occasion.")


def definition(rule: Rule) -> dict[str, Any]:
    """What a version of the draft would freeze; shapes in ``loyalty.deciding.validation``."""
    return {
        "code": rule.code,
        "name_zh": rule.name_zh,
        "name_en": rule.name_en,
        "kind": rule.kind,
        "condition": rule.condition,
        "effects": rule.effects,
        "schedule": rule.schedule,
        "caps": rule.caps,
        "priority": rule.priority,
        "is_exclusive": rule.is_exclusive,
        "stops": rule.stops,
    }


def validate(rule: Rule) -> None:
    """Raises a ``LoyaltyError`` whose ``param`` names the part of the draft that cannot stand."""
    validation.validate(definition(rule))
    conditions.validate(rule.condition, kind=rule.kind)
    for effect in rule.effects:
        found = registry.find(Effect, effect["effect"])
        if found and rule.kind in found.emits:
            raise FeedsItself(param="effects")


def in_force(rule: Rule) -> RuleVersion | None:
    """The open version, if the rule has one."""
    return RuleVersion.objects.filter(rule=rule, effective_until=None).first()


def twins(rule: Rule) -> list[Rule]:
    """Other live rules that do exactly what the draft does: on the same events both would give. One query."""
    mine = _deed(definition(rule))
    rows = RuleVersion.objects.filter(effective_until=None, definition__kind=rule.kind).exclude(rule=rule.pk)
    return [row.rule for row in rows.select_related("rule").order_by("rule") if _deed(row.definition) == mine]


def _deed(frozen: Mapping[str, Any]) -> dict[str, Any]:
    """What a definition does, whatever it is called and whenever it has its turn."""
    return {part: told for part, told in frozen.items() if part not in ("code", "name_zh", "name_en", "priority")}


@transaction.atomic
def publish(rule: Rule, *, by: User | None, now: datetime, effective_from: datetime | None = None) -> RuleVersion:
    """Puts the draft in force as the next version, from ``effective_from`` (default: now).

    The version before it ends at that instant. Raises what ``validate`` raises, and
    ``NothingToPublish`` where nothing changed.
    """
    rule = Rule.objects.select_for_update(no_key=True, of=("self",)).get(pk=rule.pk)
    validate(rule)
    frozen, current, start = definition(rule), in_force(rule), effective_from or now
    if current is not None and current.definition == frozen:
        raise NothingToPublish
    if current is not None:
        RuleVersion.objects.filter(pk=current.pk).update(effective_until=max(start, current.effective_from))
    last = RuleVersion.objects.filter(rule=rule).order_by("-number").values_list("number", flat=True).first()
    version = RuleVersion.objects.create(
        rule=rule,
        number=(last or 0) + 1,
        definition=frozen,
        effective_from=start,
        published_by=by,
        published_at=now,
    )
    _count_awards(rule)
    Rule.objects.filter(pk=rule.pk).update(state=Rule.State.LIVE)
    return version


def _count_awards(rule: Rule) -> None:
    """The metrics by which the rule's limits for a member are counted."""
    members = [cap for cap in rule.caps if cap.get("of") != "everyone"]  # budgets are counted by themselves
    for currency in sorted({cap.get("currency", "points") for cap in members}):
        code = awarded_metric(rule.pk, currency)
        names = {"name_zh": f"规则 {rule.pk} 已发", "name_en": f"awarded by rule {rule.pk}", "is_builtin": True}
        Metric.objects.get_or_create(code=code, defaults=names)


@transaction.atomic
def retire(rule: Rule, *, by: User | None, now: datetime) -> RuleVersion:
    """Ends the version in force now; what it gave stays. Raises ``NotInForce``."""
    del by  # recorded by the face that asks, in the admin's log
    current = RuleVersion.objects.select_for_update(no_key=True, of=("self",)).filter(rule=rule, effective_until=None)
    version = current.first()
    if version is None:
        raise NotInForce
    version.effective_until = max(now, version.effective_from)
    RuleVersion.objects.filter(pk=version.pk).update(effective_until=version.effective_until)
    Rule.objects.filter(pk=rule.pk).update(state=Rule.State.RETIRED)
    return version


def compiled(rule: Rule) -> deciding.CompiledRule:
    """The draft as a rule that can judge, without having been published. Raises as ``validate``."""
    validate(rule)
    return deciding.compile_rule(-rule.pk if rule.pk else -1, rule.pk or 0, 0, definition(rule))


@dataclass(slots=True)
class Trial:
    """One event judged without and with a draft."""

    before: deciding.Decided
    after: deciding.Decided
    verdicts: list[deciding.Verdict] = field(default_factory=list)


def dry_run(rule: Rule, *, account_id: int, kind: str, payload: dict[str, Any], occurred_at: datetime) -> Trial:
    """Judges one event for one account with the rules in force then, without and with the draft.

    Writes nothing and locks nothing. The draft stands in for its own version in force.
    """
    view = backtesting.view(account_id, kind, payload, occurred_at, programmes.current())
    book = rulebook.in_force(since=occurred_at, until=occurred_at)
    draft = compiled(rule)
    knowledge = backtesting.knowledge(view, [*book, draft])
    others = [item for item in book if item.rule_id != draft.rule_id]
    context, policy = knowledge.about(account_id, view.day), knowledge.policy_at(occurred_at)
    sights, gauges = foreseeing.Sights([account_id], occurred_at), knowledge.gauges.of(kind)
    return Trial(
        before=foreseeing.decide(view, context, book, policy, sights, gauges),
        after=foreseeing.decide(view, context, [*others, draft], policy, sights, gauges),
        verdicts=deciding.explain(view, context, [*others, draft], policy),
    )


def backtest(rule: Rule, *, since: datetime, until: datetime) -> backtesting.Report:
    """What the draft would have changed on the real events of [since, until). Writes nothing."""
    return backtesting.run(compiled(rule), since=since, until=until)
