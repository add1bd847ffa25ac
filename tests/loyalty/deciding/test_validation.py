"""Definitions that can be published, and the path and name of what keeps others from it."""

from typing import Any

import pytest

from loyalty.conditions import ConditionError
from loyalty.deciding import compile_rule
from loyalty.deciding.faults import DefinitionError
from loyalty.deciding.validation import validate
from loyalty.registry import Effect, EffectParam, EventField, EventKind, ValueType, registry
from tests.loyalty.deciding.desk import every, fixed, ladder, multiply, only, rate

BOUGHT = EventKind(
    "deed.done",
    "bought",
    parse=dict,
    fields=(EventField("amount", "amount", ValueType.MONEY, lambda payload: payload["amount_minor"]),),
)
UNDONE = EventKind("deed.undone", "taken back", parse=dict, reverses="deed.done")
UNKNOWN = "rule_unknown_setting"
SENT = Effect(
    "card.send",
    "card",
    params=(
        EffectParam("text", "text", ValueType.TEXT),
        EffectParam("count", "count", ValueType.NUMBER, required=False),
        EffectParam("look", "look", ValueType.CHOICE, required=False, choices=lambda: [("warm", "warm")]),
        EffectParam("is_loud", "loud", ValueType.BOOLEAN, required=False),
        EffectParam("sent_on", "day", ValueType.DATE, required=False),
    ),
    apply=lambda grants, now: (),
    sentence=lambda params: "a card",
)


@pytest.fixture(autouse=True)
def _contributed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(registry._items, EventKind, {BOUGHT.code: BOUGHT, UNDONE.code: UNDONE})
    monkeypatch.setitem(registry._items, Effect, {SENT.code: SENT})


def definition(**more: Any) -> dict[str, Any]:
    return {"kind": "deed.done", "code": "base", "name_zh": "基础", "name_en": "Base", "effects": [rate()]} | more


FULL = definition(
    condition={"all": [{"fact": "event.amount", "op": "gte", "value": 100}]},
    effects=[
        rate(
            "0.5", lines={"include": {"sku": ["a"]}, "exclude": {"category": ["tea"]}}, freight=True, points_paid=True
        ),
        fixed(50, lines=only("a")),
        multiply("1.5", freight=False),
        {"effect": "card.send", "text": "hi", "count": 2, "look": "warm", "is_loud": True, "sent_on": "2026-01-01"},
        ladder((3, 50), (6, 120), lines=only("a"), expiry={"mode": "dates", "length": 30}),
        every(10000, 5, by="amount", expiry={"mode": "never"}, wait={"for": "deed.done", "days": 30}),
    ],
    schedule={
        "from": "2026-11-01T00:00+08:00",
        "until": "2026-12-01T00:00+08:00",
        "weekdays": [1, 7],
        "days_of_month": [18],
        "dates": ["02-29"],
        "hours": [["22:00", "24:00"]],
        "clock": "member",
    },
    caps=[{"per": "day", "currency": "points", "limit": 200, "over": "reject"}],
    priority=5,
    is_exclusive=True,
    stops=False,
)


def test_a_full_definition_passes_and_compiles() -> None:
    validate(FULL, currencies=["points"])

    found = compile_rule(1, 2, 3, FULL)

    assert [(effect.kind, effect.top, effect.bottom) for effect in found.points] == [
        ("rate", 1, 200),
        ("fixed", 50, 1),
        ("multiply", 3, 2),
        ("ladder", 0, 1),
        ("every", 5, 10000),
    ]
    assert (found.grants[0].code, found.grants[0].index, list(found.reads)) == ("card.send", 3, ["event.amount"])


@pytest.mark.parametrize(
    ("more", "param", "code"),
    [
        ({"kind": "nothing.known"}, "kind", "rule_unknown_kind"),
        ({"name_zh": " "}, "name_zh", "rule_name"),
        ({"name_zh": "长" * 61}, "name_zh", "rule_name"),
        ({"weight": 1}, "weight", "rule_unknown_setting"),
        ({"effects": []}, "effects", "rule_effects"),
        ({"effects": {}}, "effects", "rule_effects"),
        ({"effects": ["x"]}, "effects.0.effect", "rule_unknown_effect"),
        ({"effects": [{"effect": ["x"]}]}, "effects.0.effect", "rule_unknown_effect"),
        ({"effects": [{"effect": "house.give"}]}, "effects.0.effect", "rule_unknown_effect"),
        ({"effects": [rate(0)]}, "effects.0.points", "rule_decimal"),
        ({"effects": [rate() | {"points": 0.5}]}, "effects.0.points", "rule_decimal"),
        ({"effects": [rate("0.12345")]}, "effects.0.points", "rule_decimal"),
        ({"effects": [rate("NaN")]}, "effects.0.points", "rule_decimal"),
        ({"effects": [rate("1e9")]}, "effects.0.points", "rule_decimal"),
        ({"effects": [rate(per_minor=0)]}, "effects.0.per_minor", "rule_number"),
        ({"effects": [rate(per_minor=True)]}, "effects.0.per_minor", "rule_number"),
        ({"effects": [rate(currency="gold")]}, "effects.0.currency", "rule_currency"),
        ({"effects": [rate(freight="yes")]}, "effects.0.freight", "rule_yes_no"),
        ({"effects": [rate(lines=["a"])]}, "effects.0.lines", "rule_lines"),
        ({"effects": [rate(lines={"include": {"sku": [1]}})]}, "effects.0.lines", "rule_lines"),
        ({"effects": [rate(lines={"only": {}})]}, "effects.0.lines.only", "rule_unknown_setting"),
        ({"effects": [rate(), fixed(0)]}, "effects.1.points", "rule_number"),
        ({"effects": [rate(), multiply("-1")]}, "effects.1.factor", "rule_decimal"),
        ({"effects": [rate() | {"bonus": 1}]}, "effects.0.bonus", "rule_unknown_setting"),
        ({"effects": [ladder((3, 50), by="weight")]}, "effects.0.by", "rule_choice"),
        ({"effects": [ladder()]}, "effects.0.steps", "rule_steps"),
        ({"effects": [ladder() | {"steps": [5]}]}, "effects.0.steps.0", "rule_steps"),
        ({"effects": [ladder((0, 5))]}, "effects.0.steps.0.from", "rule_number"),
        ({"effects": [ladder((3, 50), (3, 60))]}, "effects.0.steps.1.from", "rule_steps_rise"),
        ({"effects": [ladder((3, 50), (4, 50))]}, "effects.0.steps.1.points", "rule_steps_rise"),
        ({"effects": [ladder((3, 50)) | {"steps": [{"from": 1, "at": 2}]}]}, "effects.0.steps.0.at", UNKNOWN),
        ({"effects": [every(0, 5)]}, "effects.0.every", "rule_number"),
        ({"effects": [every(1, 0)]}, "effects.0.points", "rule_number"),
        ({"effects": [every(1, 5) | {"freight": True}]}, "effects.0.freight", UNKNOWN),
        ({"effects": [rate(expiry="soon")]}, "effects.0.expiry", "rule_lifetime"),
        ({"effects": [rate(expiry={"mode": "idle_days", "length": 9})]}, "effects.0.expiry.mode", "rule_lifetime"),
        ({"effects": [rate(expiry={"mode": "days"})]}, "effects.0.expiry.length", "rule_number"),
        ({"effects": [rate(wait={"days": 3})]}, "effects.0.wait.for", "rule_wait"),
        ({"effects": [rate(wait={"for": "deed.undone", "days": 3})]}, "effects.0.wait.for", "rule_wait"),
        ({"effects": [rate(wait={"for": "deed.done", "days": 0})]}, "effects.0.wait.days", "rule_number"),
        ({"effects": [rate(wait=[])]}, "effects.0.wait", "rule_wait"),
        ({"effects": [{"effect": "card.send"}]}, "effects.0.text", "rule_setting"),
        ({"effects": [{"effect": "card.send", "text": 5}]}, "effects.0.text", "rule_setting"),
        ({"effects": [{"effect": "card.send", "text": "a", "count": "2"}]}, "effects.0.count", "rule_number"),
        ({"effects": [{"effect": "card.send", "text": "a", "look": "cold"}]}, "effects.0.look", "rule_choice"),
        ({"effects": [{"effect": "card.send", "text": "a", "is_loud": 1}]}, "effects.0.is_loud", "rule_yes_no"),
        ({"effects": [{"effect": "card.send", "text": "a", "sent_on": "soon"}]}, "effects.0.sent_on", "rule_date"),
        ({"effects": [{"effect": "card.send", "text": "a", "to": "b"}]}, "effects.0.to", "rule_unknown_setting"),
        ({"schedule": []}, None, None),
        ({"schedule": {"moon": "full"}}, "schedule", "rule_invalid"),
        ({"schedule": {"from": "soon"}}, "schedule.from", "rule_date"),
        ({"schedule": {"from": "2026-02-01", "until": "2026-02-01"}}, "schedule.until", "rule_ends_before_start"),
        ({"schedule": {"weekdays": [0]}}, "schedule.weekdays", "rule_number"),
        ({"schedule": {"weekdays": 3}}, "schedule.weekdays", "rule_number"),
        ({"schedule": {"days_of_month": [32]}}, "schedule.days_of_month", "rule_number"),
        ({"schedule": {"dates": ["02-30"]}}, "schedule.dates", "rule_day"),
        ({"schedule": {"dates": "11-11"}}, "schedule.dates", "rule_day"),
        ({"schedule": {"hours": [["10:00"]]}}, "schedule.hours", "rule_hours"),
        ({"schedule": {"hours": [["10:00", "10:00"]]}}, "schedule.hours", "rule_hours"),
        ({"schedule": {"hours": [["25:00", "26:00"]]}}, "schedule.hours", "rule_hours"),
        ({"schedule": {"clock": "sun"}}, "schedule.clock", "rule_choice"),
        ({"caps": {"per": "day"}}, "caps", "rule_cap"),
        ({"caps": ["day"]}, "caps.0", "rule_cap"),
        ({"caps": [{"per": "week", "limit": 1}]}, "caps.0.per", "rule_cap"),
        ({"caps": [{"per": "day", "currency": "growth", "limit": 1}]}, "caps.0.currency", "rule_cap"),
        ({"caps": [{"per": "day", "limit": 0}]}, "caps.0.limit", "rule_number"),
        ({"caps": [{"per": "day", "limit": 1, "over": "cry"}]}, "caps.0.over", "rule_choice"),
        ({"caps": [{"per": "day", "limit": 1, "of": "us"}]}, "caps.0.of", "rule_choice"),
        ({"caps": [{"per": "order", "limit": 1, "of": "everyone"}]}, "caps.0.per", "rule_budget_period"),
        ({"stops": "yes"}, "stops", "rule_yes_no"),
        ({"priority": -1}, "priority", "rule_number"),
        ({"effects": [multiply("2")], "is_exclusive": True}, "is_exclusive", "rule_multiplies_nothing"),
    ],
)
def test_a_fault_is_named_by_its_path(more: dict[str, Any], param: str | None, code: str | None) -> None:
    found: DefinitionError | None = None
    try:
        validate(definition(**more), currencies=["points"])
    except DefinitionError as error:
        found = error

    assert (found and found.param, found and found.code) == (param, code)


def test_a_fault_of_the_condition_is_named_within_the_definition() -> None:
    with pytest.raises(ConditionError) as caught:
        validate(definition(condition={"all": [{"fact": "event.amount", "op": "gte", "value": "x"}]}))

    assert caught.value.param == "condition.all.0.value"


def test_every_fault_speaks() -> None:
    """Sentences with figures take them from the error."""
    with pytest.raises(DefinitionError) as caught:
        validate(definition(priority=-1))

    assert caught.value.message in {"Enter a whole number from 0 to 32,767.", "请填写 0 到 32,767 之间的整数。"}
