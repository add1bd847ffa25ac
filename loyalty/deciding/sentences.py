"""Why, and why not: a receipt step or a verdict as one plain sentence, for member and operator alike.

Reads receipts as plain data, so a sentence can be made years after the decision. Whole sentences
are translated. ``units`` names currencies by code, since their names are the programme's.
"""

from collections.abc import Mapping
from typing import Any

from django.utils import formats
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from loyalty import conditions, money, texts
from loyalty.deciding.model import Verdict
from loyalty.registry import Effect, EventKind, registry

Step = Mapping[str, Any]
Units = Mapping[str, str]


def of_receipt(receipt: Mapping[str, Any], units: Units) -> list[str]:
    """A sentence for each step, in the active language, then for each award that a refund took back."""
    given = [of_step(step, units, receipt.get("policy") or {}) for step in receipt.get("steps", ())]
    return given + [of_reversal(step, units) for step in receipt.get("reversal", {}).get("steps", ())]


def of_reversal(step: Step, units: Units) -> str:
    """What a refund took back of one award, and what of it could not be found."""
    numbers = {
        "rule": texts.pick(step["name_zh"], step["name_en"]),
        "unit": units.get(step["currency"], step["currency"]),
        "taken": _figure(step["taken"]),
        "uncollected": _figure(step["uncollected"]),
    }
    if step["uncollected"]:
        return _("%(rule)s: %(taken)s %(unit)s taken back, %(uncollected)s more could not be found") % numbers
    return _("%(rule)s: %(taken)s %(unit)s taken back") % numbers


def of_step(step: Step, units: Units, policy: Mapping[str, Any]) -> str:
    """Why this step gave what it gave. ``policy`` is the receipt's own note of it."""
    if step["kind"] == "grant":
        effect = registry.find(Effect, step["grant"])
        return str(effect.sentence(step["params"])) if effect else step["grant"]
    said = _BASES[step["kind"]](step, units, policy)
    if step.get("wait"):
        said = _("%(sentence)s, once “%(event)s” has happened") % {"sentence": said, "event": _awaited(step)}
    if not step.get("cap"):
        return said
    return _("%(sentence)s (%(limit)s)") % {"sentence": said, "limit": _limit(step)}


def of_verdict(verdict: Verdict, units: Units, policy: Mapping[str, Any], *, kind: str | None = None) -> str:
    """What became of a rule, and if it did not apply, why not. ``kind`` names the event's fields."""
    if verdict.steps:
        return _("; ").join(of_step(step, units, policy) for step in verdict.steps)
    if verdict.outcome == "schedule":
        return _schedule(verdict.part)
    if verdict.outcome == "condition" and verdict.finding is not None:
        coin = policy.get("currency", "CNY")
        return _("Not met: %(condition)s") % {
            "condition": conditions.failure(verdict.finding, kind=kind, currency=coin)
        }
    if verdict.by is not None:
        name = {"rule": texts.pick(verdict.by["name_zh"], verdict.by["name_en"])}
        if verdict.outcome == "exclusive":
            return _("“%(rule)s” applies alone.") % name
        return _("“%(rule)s” came first, and rules after it do not count.") % name
    if verdict.outcome == "not_in_force":
        return _("This version was not in force at the time.")
    return _("Nothing in it counts for this rule.")


def _rate(step: Step, units: Units, policy: Mapping[str, Any]) -> str:
    coin = policy.get("currency", "CNY")
    numbers = _numbers(step, units) | {
        "basis": money.show(step["basis_minor"], coin),
        "points": step["rate"]["points"],
        "money": money.show(step["rate"]["per_minor"], coin, short=True),
    }
    if step["rate"]["points"] == "1" and policy.get("mode") == "floor":
        return _("Order %(basis)s, 1 for every full %(money)s: %(given)s %(unit)s") % numbers
    return _("Order %(basis)s, %(points)s for every %(money)s: %(given)s %(unit)s") % numbers


def _multiply(step: Step, units: Units, _policy: Mapping[str, Any]) -> str:
    numbers = _numbers(step, units) | {"factor": step["factor"]}
    if not step["desired"]:
        return _("%(rule)s: counted ×%(factor)s") % numbers
    return _("%(rule)s ×%(factor)s: %(given)s %(unit)s") % numbers


def _fixed(step: Step, units: Units, _policy: Mapping[str, Any]) -> str:
    return _("%(rule)s: %(given)s %(unit)s") % _numbers(step, units)


def _ladder(step: Step, units: Units, policy: Mapping[str, Any]) -> str:
    start = max((rung["from"] for rung in step["steps"] if rung["from"] <= step["measure"]), default=0)
    numbers = _numbers(step, units) | {"start": _measured(start, step, policy)}
    return _("%(rule)s, from %(start)s on: %(given)s %(unit)s") % numbers


def _every(step: Step, units: Units, policy: Mapping[str, Any]) -> str:
    each = _measured(step["every"], step, policy)
    numbers = _numbers(step, units) | {"points": _figure(step["points"]), "each": each}
    return _("%(rule)s, %(points)s for every full %(each)s: %(given)s %(unit)s") % numbers


def _measured(number: int, step: Step, policy: Mapping[str, Any]) -> str:
    if step["steps_by"] == "amount":
        return money.show(number, policy.get("currency", "CNY"), short=True)
    return ngettext("%(count)s item", "%(count)s items", number) % {"count": _figure(number)}


def reached(step: Step, coin: str) -> str:
    """What a ladder or the like measured: so many pieces, or so much money."""
    measured = _measured(step["measure"], step, {"currency": coin})
    return _("%(measured)s count") % {"measured": measured}


def _awaited(step: Step) -> str:
    kind = registry.find(EventKind, step["wait"]["for"])
    return str(kind.label) if kind else step["wait"]["for"]


_BASES = {"rate": _rate, "multiply": _multiply, "fixed": _fixed, "ladder": _ladder, "every": _every}


def _numbers(step: Step, units: Units) -> dict[str, Any]:
    return {
        "rule": texts.pick(step["name_zh"], step["name_en"]),
        "unit": units.get(step["currency"], step["currency"]),
        "given": f"+{_figure(step['awarded'])}",
    }


def _limit(step: Step) -> str:
    """What a limit did: how high it is, how far it was used, how much of this still counts."""
    cap = step["cap"]
    numbers = {
        "limit": _figure(cap["limit"]),
        "used": _figure(cap["used"]),
        "desired": _figure(step["desired"]),
        "awarded": _figure(step["awarded"]),
    }
    is_rejected = step["reason"].startswith("rejected")
    if cap.get("of") == "everyone":
        return (_used_up(cap["per"]) if is_rejected else _last_of(cap["per"])) % numbers
    return (_rejected(cap["per"]) if is_rejected else _clipped(cap["per"])) % numbers


def _clipped(per: str) -> str:
    match per:
        case "order":
            return _("limit %(limit)s each time: %(awarded)s of %(desired)s count")
        case "day":
            return _("limit %(limit)s that day, %(used)s earned before: %(awarded)s of %(desired)s count")
        case "month":
            return _("limit %(limit)s that month, %(used)s earned before: %(awarded)s of %(desired)s count")
        case "year":
            return _("limit %(limit)s that year, %(used)s earned before: %(awarded)s of %(desired)s count")
        case "balance":
            return _("%(limit)s can be held at most, %(used)s were there: %(awarded)s of %(desired)s count")
        case _:
            return _("limit %(limit)s in all, %(used)s earned before: %(awarded)s of %(desired)s count")


def _rejected(per: str) -> str:
    match per:
        case "order":
            return _("limit %(limit)s each time: %(desired)s is more, so none count")
        case "day":
            return _("limit %(limit)s that day, %(used)s earned before: %(desired)s more do not fit, so none count")
        case "month":
            return _("limit %(limit)s that month, %(used)s earned before: %(desired)s more do not fit, so none count")
        case "year":
            return _("limit %(limit)s that year, %(used)s earned before: %(desired)s more do not fit, so none count")
        case _:
            return _("limit %(limit)s in all, %(used)s earned before: %(desired)s more do not fit, so none count")


def _last_of(per: str) -> str:
    match per:
        case "day":
            return _("budget %(limit)s that day, %(used)s given to all: %(awarded)s of %(desired)s were left")
        case "month":
            return _("budget %(limit)s that month, %(used)s given to all: %(awarded)s of %(desired)s were left")
        case "year":
            return _("budget %(limit)s that year, %(used)s given to all: %(awarded)s of %(desired)s were left")
        case _:
            return _("budget %(limit)s in all, %(used)s given to all: %(awarded)s of %(desired)s were left")


def _used_up(per: str) -> str:
    match per:
        case "day":
            return _("budget %(limit)s that day, %(used)s given to all: %(desired)s more do not fit, so none count")
        case "month":
            return _("budget %(limit)s that month, %(used)s given to all: %(desired)s more do not fit, so none count")
        case "year":
            return _("budget %(limit)s that year, %(used)s given to all: %(desired)s more do not fit, so none count")
        case _:
            return _("budget %(limit)s in all, %(used)s given to all: %(desired)s more do not fit, so none count")


def _schedule(part: str) -> str:
    match part:
        case "from":
            return _("The rule had not begun yet.")
        case "until":
            return _("The rule was over.")
        case "weekdays":
            return _("The rule runs on other days of the week.")
        case "hours":
            return _("The rule runs at other hours.")
        case _:
            return _("The rule runs on other dates.")


def _figure(number: int) -> str:
    return formats.number_format(number, use_l10n=True, force_grouping=True)
