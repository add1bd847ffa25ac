"""One comparison of a tier's demand as a bar: what there is, what is needed, and what is missing in words."""

from dataclasses import dataclass, field

from django.utils.translation import gettext as _

from loyalty import conditions
from loyalty.conditions import Finding, Leaf
from loyalty.models import Currency
from members.climbing.terms import SCORE, Policy

_COUNTED = {"gte": 0, "gt": 1}  # what must be added to the value to meet it


@dataclass(slots=True)
class Units:
    """The names of what is counted, read once."""

    money: str
    _names: dict[str, str] = field(default_factory=dict)

    def name(self, code: str) -> str:
        if not self._names:
            self._names = {unit.code: unit.name for unit in Currency.objects.all()}
        return self._names.get(code, code)


@dataclass(frozen=True, slots=True)
class Bar:
    """``is_counted``: a figure that can grow towards ``need``; else it holds or it doesn't.

    Texts are in the active language; ``missing_text`` says what to do, ``unit`` is the metric's code.
    """

    label: str
    have: int
    need: int
    have_text: str
    need_text: str
    missing_text: str
    is_met: bool
    is_counted: bool
    unit: str

    @property
    def missing(self) -> int:
        return max(0, self.need - self.have)

    @property
    def percent(self) -> int:
        """0 to 100, rounded down; 100 only when it is met."""
        if self.is_met:
            return 100
        return min(99, max(0, self.have) * 100 // self.need) if self.is_counted and self.need > 0 else 0


def bar(finding: Finding, policy: Policy, units: Units) -> Bar:
    """The finding as a bar."""
    leaf = finding.leaf
    counted = leaf.op in _COUNTED and isinstance(leaf.value, int) and not finding.negated
    if not counted:
        said = conditions.sentence(_raw(leaf), currency=units.money)
        words = _("not: %(condition)s") % {"condition": said} if finding.negated else said
        return Bar(words, int(finding.ok), 1, "", "", words, finding.ok, is_counted=False, unit=leaf.name)
    need, have = leaf.value + _COUNTED[leaf.op], int(finding.actual or 0)
    label = score_label(policy, units) if leaf.source == SCORE else conditions.subject(leaf, currency=units.money)

    def show(number: int) -> str:
        return f"{number:,}" if leaf.source == SCORE else conditions.value(leaf, number, currency=units.money)

    missing = _("%(figure)s more (%(what)s)") % {"figure": show(max(0, need - have)), "what": label}
    if leaf.source == SCORE:
        missing = _("%(figure)s more %(unit)s") % {"figure": show(max(0, need - have)), "unit": units.name(leaf.name)}
    return Bar(label, have, need, show(have), show(need), missing, finding.ok, is_counted=True, unit=leaf.name)


def score_label(policy: Policy, units: Units) -> str:
    """What a threshold counts, with its period: "growth this year"."""
    unit = {"unit": units.name(policy.currency), "count": policy.window_length}
    if policy.basis == "balance":
        return _("%(unit)s you hold") % unit
    match policy.window:
        case "calendar_year":
            if policy.window_length > 1:
                return _("%(unit)s in %(count)s calendar years") % unit
            return _("%(unit)s this year") % unit
        case "anniversary":
            return _("%(unit)s since your joining anniversary") % unit
        case "since_reached":
            return _("%(unit)s on this tier") % unit
        case "rolling":
            return _rolling(policy) % unit
        case _:
            return _("%(unit)s so far") % unit


def _rolling(policy: Policy) -> str:
    match policy.window_unit:
        case "days":
            return _("%(unit)s in the last %(count)s days")
        case "months":
            return _("%(unit)s in the last %(count)s months")
        case _:
            return _("%(unit)s in the last %(count)s years")


def _raw(leaf: Leaf) -> dict[str, object]:
    """The comparison as it was written, without its period's figures: for its sentence."""
    raw: dict[str, object] = {"fact": leaf.fact, "op": leaf.op}
    if leaf.value is not None:
        raw["value"] = list(leaf.value) if isinstance(leaf.value, tuple) else leaf.value
    if hasattr(leaf.value, "isoformat"):
        raw["value"] = leaf.value.isoformat()
    if leaf.window is not None:
        raw["window"] = leaf.window.raw
    return raw
