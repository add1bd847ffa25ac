"""Whether a rule's definition can be published: every part read strictly, the fault named by path.

Called by the operations that keep and publish rules. Asks the registry which event kinds and
effects exist and ``conditions`` about the condition; the currencies come from the caller. What
passes here always compiles.
"""

from collections.abc import Callable, Collection, Mapping
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from loyalty import conditions
from loyalty.deciding import faults
from loyalty.deciding.schedule import check_schedule
from loyalty.registry import Effect, EffectParam, EventKind, ValueType, registry

MAX_EFFECTS = 20
MAX_LINES = 1000
MAX_NAME = 60
MAX_STEPS = 20
MAX_WAIT_DAYS = 3660
MAX_LENGTH = 3660
LIFETIMES = ("never", "days", "months", "month_end", "quarter_end", "year_end", "dates")
LARGEST = 10**9
PARTS = {
    "kind",
    "code",
    "name_zh",
    "name_en",
    "condition",
    "effects",
    "schedule",
    "caps",
    "priority",
    "is_exclusive",
    "stops",
}
Check = Callable[[Any, str], None]


def validate(definition: Mapping[str, Any], *, currencies: Collection[str] | None = None) -> None:
    """Raises the first ``DefinitionError`` or ``ConditionError`` in reading order, with its path.

    ``currencies`` are the codes the programme has; ``None`` leaves that question out.
    """
    _only(definition, PARTS, "")
    kind = definition.get("kind")
    if not isinstance(kind, str) or registry.find(EventKind, kind) is None:
        raise faults.UnknownKind(param="kind")
    name = definition.get("name_zh")
    if not isinstance(name, str) or not 0 < len(name.strip()) <= MAX_NAME:
        raise faults.NameWanted(param="name_zh", limit=MAX_NAME)
    _condition(definition.get("condition") or {}, kind)
    _effects(definition.get("effects"), currencies)
    check_schedule(definition.get("schedule") or {})
    _caps(definition)
    for flag in ("is_exclusive", "stops"):
        yes_no(definition.get(flag, False), flag)
    whole(definition.get("priority", 100), "priority", 0, 32767)
    if definition.get("is_exclusive") and {raw["effect"] for raw in definition["effects"]} == {"points.multiply"}:
        raise faults.NothingAlone(param="is_exclusive")


def _condition(tree: Any, kind: str) -> None:
    try:
        conditions.validate(tree, kind=kind)
    except conditions.ConditionError as fault:
        fault.param = f"condition.{fault.param}" if fault.param else "condition"
        raise


def _effects(effects: Any, currencies: Collection[str] | None) -> None:
    if not isinstance(effects, list) or not 1 <= len(effects) <= MAX_EFFECTS:
        raise faults.EffectsWanted(param="effects", limit=MAX_EFFECTS)
    for place, raw in enumerate(effects):
        path = f"effects.{place}"
        code = raw.get("effect") if isinstance(raw, Mapping) else None
        settings = POINTS.get(code) if isinstance(code, str) else None
        if settings is None:
            _contributed(raw, code, path)
            continue
        _only(raw, {"effect", "currency", *settings}, path)
        if not isinstance(raw.get("currency"), str) or (currencies is not None and raw["currency"] not in currencies):
            raise faults.CurrencyWanted(param=f"{path}.currency")
        for name, (check, needed) in settings.items():
            if needed or name in raw:
                check(raw.get(name), f"{path}.{name}")


def _contributed(raw: Any, code: Any, path: str) -> None:
    """An effect of another room, by the settings it declared."""
    effect = registry.find(Effect, code) if isinstance(code, str) else None
    if effect is None:
        raise faults.UnknownEffect(param=f"{path}.effect", effect="" if code is None else str(code)[:40])
    _only(raw, {"effect", *(param.code for param in effect.params)}, path)
    for param in effect.params:
        value = raw.get(param.code)
        if value is None or value == "":
            if param.required and param.default is None:
                raise faults.SettingWanted(param=f"{path}.{param.code}")
            continue
        _setting(param, value, f"{path}.{param.code}")


def _setting(param: EffectParam, value: Any, path: str) -> None:
    if param.type in {ValueType.NUMBER, ValueType.MONEY}:
        whole(value, path, 0, LARGEST)
    elif param.type is ValueType.BOOLEAN:
        yes_no(value, path)
    elif not isinstance(value, str):
        raise faults.SettingWanted(param=path)
    elif param.type is ValueType.DATE:
        _date(value, path)
    if param.choices is not None and value not in dict(param.choices()):
        raise faults.ChoiceWanted(param=path)


def _date(value: str, path: str) -> None:
    try:
        date.fromisoformat(value)
    except ValueError as fault:
        raise faults.DateWanted(param=path) from fault


def _caps(definition: Mapping[str, Any]) -> None:
    caps = definition.get("caps") or []
    given = [raw["currency"] for raw in definition["effects"] if raw["effect"] in POINTS]
    if not isinstance(caps, list):
        raise faults.CapWanted(param="caps")
    for place, raw in enumerate(caps):
        path = f"caps.{place}"
        if not isinstance(raw, Mapping):
            raise faults.CapWanted(param=path)
        _only(raw, {"per", "currency", "limit", "over", "of"}, path)
        if raw.get("per") not in ("order", "day", "month", "year", "lifetime"):
            raise faults.CapWanted(param=f"{path}.per")
        if raw.get("currency", "points") not in given:
            raise faults.CapWanted(param=f"{path}.currency")
        if raw.get("over", "clip") not in ("clip", "reject"):
            raise faults.ChoiceWanted(param=f"{path}.over")
        if raw.get("of", "member") not in ("member", "everyone"):
            raise faults.ChoiceWanted(param=f"{path}.of")
        if raw.get("of") == "everyone" and raw["per"] == "order":
            raise faults.SharedByOrder(param=f"{path}.per")
        whole(raw.get("limit"), f"{path}.limit", 1, LARGEST)


def _only(raw: Mapping[str, Any], known: Collection[str], path: str) -> None:
    for name in raw:
        if name not in known:
            at = f"{path}.{name}" if path else str(name)
            raise faults.UnknownSetting(param=at, setting=str(name)[:40])


def whole(value: Any, path: str, low: int, high: int) -> None:
    """Refuses what is no whole number between ``low`` and ``high``; a boolean is none."""
    if type(value) is not int or not low <= value <= high:
        raise faults.WholeNumberWanted(param=path, low=low, high=high)


def yes_no(value: Any, path: str) -> None:
    """Refuses what is neither true nor false."""
    if not isinstance(value, bool):
        raise faults.YesNoWanted(param=path)


def _decimal(value: Any, path: str, low: str, high: int, digits: int) -> None:
    """A whole number, or a decimal as text; never a float."""
    fault = faults.DecimalWanted(param=path, low=low, high=high, digits=digits)
    if type(value) is not int and not isinstance(value, str):
        raise fault
    try:
        number = Decimal(value)
    except InvalidOperation as bad:
        raise fault from bad
    exponent = number.as_tuple().exponent
    if not isinstance(exponent, int) or -exponent > digits or not Decimal(low) <= number <= high:
        raise fault


def _per_minor(value: Any, path: str) -> None:
    whole(value, path, 1, LARGEST)


def _rate_points(value: Any, path: str) -> None:
    _decimal(value, path, "0.0001", 1_000_000, 4)


def _fixed_points(value: Any, path: str) -> None:
    whole(value, path, 1, LARGEST)


def _factor(value: Any, path: str) -> None:
    _decimal(value, path, "0", 1000, 4)


def _lines(value: Any, path: str) -> None:
    """``{"include": {"sku": [...], "category": [...]}, "exclude": {...}}``, each part optional."""
    if value is None:
        return
    fault = faults.LinesWanted(param=path, limit=MAX_LINES)
    if not isinstance(value, Mapping):
        raise fault
    _only(value, {"include", "exclude"}, path)
    for way, chosen in value.items():
        if not isinstance(chosen, Mapping):
            raise fault
        _only(chosen, {"sku", "category"}, f"{path}.{way}")
        for names in chosen.values():
            if not isinstance(names, list) or len(names) > MAX_LINES:
                raise fault
            if not all(isinstance(name, str) and name for name in names):
                raise fault


def _measured(value: Any, path: str) -> None:
    if value not in ("quantity", "amount"):
        raise faults.ChoiceWanted(param=path)


def _steps(value: Any, path: str) -> None:
    """``[{"from": 3, "points": 50}, …]``, both rising."""
    if not isinstance(value, list) or not 1 <= len(value) <= MAX_STEPS:
        raise faults.StepsWanted(param=path, limit=MAX_STEPS)
    before = (0, 0)
    for place, rung in enumerate(value):
        if not isinstance(rung, Mapping):
            raise faults.StepsWanted(param=f"{path}.{place}", limit=MAX_STEPS)
        _only(rung, {"from", "points"}, f"{path}.{place}")
        for name, last in zip(("from", "points"), before, strict=True):
            whole(rung.get(name), f"{path}.{place}.{name}", 1, LARGEST)
            if rung[name] <= last:
                raise faults.StepsRise(param=f"{path}.{place}.{name}")
        before = (rung["from"], rung["points"])


def _expiry(value: Any, path: str) -> None:
    """``{"mode": "days", "length": 30}``; a lifetime by inactivity is the currency's, not a rule's."""
    if value is None:
        return
    if not isinstance(value, Mapping):
        raise faults.LifetimeWanted(param=path)
    _only(value, {"mode", "length"}, path)
    if value.get("mode") not in LIFETIMES:
        raise faults.LifetimeWanted(param=f"{path}.mode")
    if value["mode"] != "never":
        whole(value.get("length"), f"{path}.length", 0, MAX_LENGTH)


def _wait(value: Any, path: str) -> None:
    """``{"for": "member.profile_filled", "days": 30}``."""
    if value is None:
        return
    if not isinstance(value, Mapping):
        raise faults.WaitWanted(param=path)
    _only(value, {"for", "days"}, path)
    code = value.get("for")
    kind = registry.find(EventKind, code) if isinstance(code, str) else None
    if kind is None or kind.reverses is not None:
        raise faults.WaitWanted(param=f"{path}.for")
    whole(value.get("days"), f"{path}.days", 1, MAX_WAIT_DAYS)


TERMS: dict[str, tuple[Check, bool]] = {"lines": (_lines, False), "expiry": (_expiry, False), "wait": (_wait, False)}
POINTS: dict[str, dict[str, tuple[Check, bool]]] = {
    "points.rate": {
        "points": (_rate_points, True),
        "per_minor": (_per_minor, True),
        "freight": (yes_no, False),
        "points_paid": (yes_no, False),
        **TERMS,
    },
    "points.fixed": {"points": (_fixed_points, True), **TERMS},
    "points.multiply": {"factor": (_factor, True), "freight": (yes_no, False), **TERMS},
    "points.ladder": {"by": (_measured, True), "steps": (_steps, True), **TERMS},
    "points.every": {"by": (_measured, True), "every": (_per_minor, True), "points": (_fixed_points, True), **TERMS},
}
