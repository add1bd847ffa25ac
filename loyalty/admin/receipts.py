"""A decision's receipt in plain sentences: which rule gave what, on what, and what a limit cut."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from loyalty import texts
from loyalty.admin import showing
from loyalty.deciding import sentences
from loyalty.events import foreseeing
from loyalty.models import Currency

Receipt = Mapping[str, Any]

PERIODS = {
    "order": gettext_lazy("per order"),
    "day": gettext_lazy("per day"),
    "month": gettext_lazy("per month"),
    "year": gettext_lazy("per year"),
    "lifetime": gettext_lazy("for good"),
    "budget": gettext_lazy("for everybody together"),
    "balance": gettext_lazy("of what can be held"),
}


@dataclass(frozen=True, slots=True)
class Step:
    """One rule's part: its name, how it was worked out, what it gave, what a limit said."""

    name: str
    version: int | None
    how: str
    awarded: int
    currency: str
    note: str = ""

    @property
    def signed(self) -> str:
        return showing.points(self.awarded)

    @property
    def unit(self) -> str:
        return unit(self.currency)


@dataclass(frozen=True, slots=True)
class Total:
    """What all steps of one currency add up to."""

    currency: str
    amount: int

    @property
    def signed(self) -> str:
        return showing.points(self.amount)

    @property
    def unit(self) -> str:
        return unit(self.currency)


def unit(code: str) -> str:
    """A currency by its name in the active language."""
    return _units().get(code, code)


def _units() -> dict[str, str]:
    return {currency.code: currency.name for currency in Currency.objects.all()}


@dataclass(slots=True)
class Told:
    """A receipt as people read it. ``totals`` by currency code, in the order they appear; ``foreseen`` says
    what was counted as the event leaves it.
    """

    steps: list[Step] = field(default_factory=list)
    foreseen: list[str] = field(default_factory=list)
    totals: dict[str, int] = field(default_factory=dict)
    considered: int = 0

    @property
    def sums(self) -> list[Total]:
        return [Total(code, amount) for code, amount in self.totals.items()]


def told(receipt: Receipt, money: str = "CNY") -> Told:
    """The receipt in the active language."""
    found = Told(considered=len(receipt.get("considered", ())), foreseen=foreseeing.told(receipt))
    money = receipt.get("policy", {}).get("currency", money)
    for step in receipt.get("steps", ()):
        found.steps.append(_step(step, money))
        if "currency" in step:
            code = step["currency"]
            found.totals[code] = found.totals.get(code, 0) + step.get("awarded", 0)
    return found


def _step(step: Mapping[str, Any], money: str) -> Step:
    return Step(
        name=texts.pick(step.get("name_zh", ""), step.get("name_en", "")),
        version=step.get("number", step.get("version")),
        how=_how(step, money),
        awarded=step.get("awarded", 0),
        currency=step.get("currency", ""),
        note=_note(step),
    )


def _how(step: Mapping[str, Any], money: str) -> str:
    if step.get("kind") == "grant":
        return sentences.of_step(step, {}, {})
    basis = step.get("basis_minor")
    if step.get("factor"):
        return _("the base points, multiplied by %(factor)s") % {"factor": step["factor"]}
    if basis is not None and step.get("rate"):
        rate = step["rate"]
        if isinstance(rate, Mapping):
            return _("%(basis)s counts, %(points)s for every %(money)s") % {
                "basis": showing.money(basis, money),
                "points": rate.get("points"),
                "money": showing.money(rate.get("per_minor", 100), money),
            }
        return _("%(basis)s counts") % {"basis": showing.money(basis, money)}
    if "measure" in step:
        return sentences.reached(step, money)
    return _("a fixed amount")


def _note(step: Mapping[str, Any]) -> str:
    reason, _colon, per = str(step.get("reason") or "").partition(":")
    if not reason:
        return ""
    wished = ngettext("%(number)s point was possible", "%(number)s points were possible", step.get("desired", 0))
    numbers = {"number": step.get("desired", 0), "per": str(PERIODS.get(per, per))}
    if reason == "rejected":
        return (wished + _("; the limit %(per)s was used up, so nothing was given")) % numbers
    return (wished + _("; the limit %(per)s left only these")) % numbers


def difference(without: Told, applied: Told) -> list[Total]:
    """What the draft adds or takes away, by currency; currencies it leaves alone are left out."""
    codes = [*without.totals, *(code for code in applied.totals if code not in without.totals)]
    found = [Total(code, applied.totals.get(code, 0) - without.totals.get(code, 0)) for code in codes]
    return [total for total in found if total.amount]
