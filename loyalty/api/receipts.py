"""A decision told to a partner: what was given in each currency, and a plain sentence for each step."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from babel.numbers import format_currency
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from loyalty import money, texts
from loyalty.models import Currency, RuleVersion

Receipt = Mapping[str, Any]


def _of(receipt: Receipt) -> list[Mapping[str, Any]]:
    """The rules' steps, then what a refund took back."""
    return [*receipt.get("steps", ()), *receipt.get("reversal", {}).get("steps", ())]


def awards(receipt: Receipt) -> list[dict[str, Any]]:
    """What the receipt's steps give together, by currency."""
    totals: dict[str, int] = {}
    for step in _of(receipt):
        if step.get("currency"):
            moved = -step["taken"] if "reverses" in step else step.get("awarded", 0)
            totals[step["currency"]] = totals.get(step["currency"], 0) + moved
    return [{"currency": code, "amount": amount} for code, amount in totals.items()]


def steps(receipts: Sequence[Receipt]) -> list[list[dict[str, Any]]]:
    """The steps of each receipt with names and sentences. Two queries, however many receipts."""
    found = [step for receipt in receipts for step in _of(receipt)]
    names = rule_names({step["version"] for step in found if "version" in step})
    units = {currency.code: currency.name for currency in Currency.objects.all()} if found else {}
    return [[_step(step, receipt.get("policy", {}), names, units) for step in _of(receipt)] for receipt in receipts]


def rule_names(version_ids: Iterable[int]) -> dict[int, str]:
    """Rule version id → name in the active language."""
    wanted = set(version_ids)
    if not wanted:
        return {}
    return {pk: name_of(told) for pk, told in RuleVersion.objects.filter(pk__in=wanted).values_list("pk", "definition")}


def name_of(definition: Mapping[str, Any]) -> str:
    """A rule's name in the active language, as it was when the version was published."""
    return texts.pick(definition.get("name_zh") or "", definition.get("name_en") or "") or definition.get("code", "")


def _step(
    step: Mapping[str, Any], policy: Mapping[str, Any], names: Mapping[int, str], units: Mapping[str, str]
) -> dict[str, Any]:
    name = names.get(step.get("version", 0), "")
    return {
        "rule": step.get("rule"),
        "version": step.get("number"),
        "name": name,
        "kind": "reversal" if "reverses" in step else step.get("kind", ""),
        "currency": step.get("currency"),
        "desired": step.get("desired"),
        "awarded": -step["taken"] if "reverses" in step else step.get("awarded"),
        "reason": step.get("reason") or None,
        "sentence": _sentence(step, policy, name, units),
    }


def _sentence(step: Mapping[str, Any], policy: Mapping[str, Any], name: str, units: Mapping[str, str]) -> str:
    numbers = {
        "name": name,
        "awarded": step.get("awarded", 0),
        "desired": step.get("desired", 0),
        "unit": units.get(step.get("currency", ""), ""),
        "factor": step.get("factor", ""),
    }
    if "reverses" in step:
        numbers |= {"taken": step["taken"], "uncollected": step.get("uncollected", 0)}
        if step.get("uncollected"):
            text = _("Takes back %(taken)s %(unit)s; %(uncollected)s more could not be found.")
        else:
            text = _("Takes back %(taken)s %(unit)s.")
    elif step.get("reason"):
        text = _("“%(name)s” would give %(desired)s %(unit)s; its limit leaves %(awarded)s.")
    elif step.get("kind") == "rate":
        numbers["basis"] = show(step.get("basis_minor", 0), policy.get("currency", ""))
        text = _("“%(name)s” gives %(awarded)s %(unit)s for %(basis)s.")
    elif step.get("kind") == "multiply":
        text = _("“%(name)s” multiplies by %(factor)s and adds %(awarded)s %(unit)s.")
    elif step.get("currency"):
        text = _("“%(name)s” gives %(awarded)s %(unit)s.")
    else:
        text = _("“%(name)s” gives something besides points.")
    return text % numbers


def show(amount_minor: int, currency: str) -> str:
    """Money as people of the active language read it."""
    if not currency:
        return str(amount_minor)
    locale = "zh_Hans_CN" if (get_language() or "zh").startswith("zh") else "en"
    return format_currency(money.text(amount_minor, currency), currency, locale=locale)
