"""A rule in plain words, part by part: for the live preview, the list, and the difference page."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.dates import WEEKDAYS_ABBR
from django.utils.functional import Promise, cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext

from loyalty import conditions
from loyalty import money as moneys
from loyalty.admin import lifetime_words
from loyalty.conditions import ConditionError
from loyalty.models import Currency, Programme
from loyalty.registry import Effect, EventKind, registry

Json = Mapping[str, Any]

PER = {
    "order": gettext_lazy("per order"),
    "day": gettext_lazy("a day"),
    "month": gettext_lazy("a month"),
    "year": gettext_lazy("a year"),
    "lifetime": gettext_lazy("in all"),
}


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a rule in words. ``code`` names the form field it comes from."""

    code: str
    label: str | Promise
    text: str


@dataclass(frozen=True, slots=True)
class Change:
    """One part before and after."""

    label: str | Promise
    before: str
    after: str

    @property
    def is_changed(self) -> bool:
        return self.before != self.after


class Words:
    """Says definitions; asks for the names of currencies once."""

    def __init__(self, programme: Programme) -> None:
        self.money = programme.currency

    @cached_property
    def units(self) -> dict[str, str]:
        return {currency.code: currency.name for currency in Currency.objects.all()}

    def unit(self, code: Any) -> str:
        return self.units.get(str(code or "points"), str(code))

    def parts(self, definition: Json) -> list[Part]:
        """The rule as When / If / Then and what limits it; parts without content are left out."""
        found = [
            Part("kind", pgettext("rule", "When"), self.kind(definition.get("kind", ""))),
            Part("condition", pgettext("rule", "If"), self.condition(definition)),
            Part("effects", pgettext("rule", "Then"), self.effects(definition.get("effects") or ())),
            Part("schedule", pgettext("rule", "Only"), self.schedule(definition.get("schedule") or {})),
            Part("caps", pgettext("rule", "At most"), self.caps(definition.get("caps") or ())),
            Part("order", _("Beside other rules"), self.order(definition)),
        ]
        return [part for part in found if part.text]

    def kind(self, code: str) -> str:
        kind = registry.find(EventKind, code)
        return str(kind.label) if kind else code

    def condition(self, definition: Json) -> str:
        try:
            return conditions.sentence(
                definition.get("condition") or {}, kind=definition.get("kind"), currency=self.money
            )
        except ConditionError:
            return _("not finished yet")

    def effects(self, effects: Iterable[Any]) -> str:
        return _("; ").join(self.effect(effect) for effect in effects if isinstance(effect, dict)) or _("nothing yet")

    def effect(self, effect: Json) -> str:
        """One effect, with the goods it is held to."""
        unit = self.unit(effect.get("currency"))
        match effect.get("effect"):
            case "points.rate":
                text = _("%(points)s %(unit)s for every %(money)s spent") % {
                    "points": effect.get("points", "?"),
                    "unit": _agreed(unit, effect.get("points")),
                    "money": self._money(effect.get("per_minor")),
                }
            case "points.fixed":
                points = effect.get("points", "?")
                text = _("%(points)s %(unit)s") % {"points": points, "unit": _agreed(unit, points)}
            case "points.multiply":
                text = _("%(unit)s times %(factor)s") % {"unit": unit, "factor": effect.get("factor", "?")}
            case "points.ladder":
                text = self._ladder(effect, unit)
            case "points.every":
                text = _("%(points)s %(unit)s for every full %(each)s") % {
                    "points": effect.get("points", "?"),
                    "unit": _agreed(unit, effect.get("points")),
                    "each": self._measured(effect.get("every"), effect),
                }
            case code:
                return self._gift(str(code or ""), effect)
        goods = self.goods(effect.get("lines") or {})
        return _(", ").join([f"{text} {goods}" if goods else text, *_terms(effect)])

    def _ladder(self, effect: Json, unit: str) -> str:
        steps = [step for step in effect.get("steps") or () if isinstance(step, dict)]
        told = [
            _("from %(start)s on %(points)s")
            % {"start": self._measured(step.get("from"), effect), "points": step.get("points", "?")}
            for step in steps
        ]
        return _("%(unit)s by steps: %(steps)s") % {"unit": unit, "steps": _listed(told) or "?"}

    def _measured(self, number: Any, effect: Json) -> str:
        if not isinstance(number, int):
            return "?"
        if effect.get("by") == "amount":
            return moneys.show(number, self.money, short=True)
        return ngettext("%(count)s item", "%(count)s items", number) % {"count": number}

    def _gift(self, code: str, effect: Json) -> str:
        found = registry.find(Effect, code)
        params = {name: value for name, value in effect.items() if name != "effect"}
        if found is None:
            return code or "?"
        try:
            return str(found.sentence(params))
        except (KeyError, TypeError, ValueError):
            return str(found.label)

    def _money(self, minor: Any) -> str:
        return moneys.show(minor, self.money, short=True) if isinstance(minor, int) else "?"

    def goods(self, lines: Json) -> str:
        """Which goods count, in parentheses; empty where all do."""
        taken, left = lines.get("include") or {}, lines.get("exclude") or {}
        only = _listed([*(taken.get("category") or ()), *(taken.get("sku") or ())])
        but = _listed([*(left.get("category") or ()), *(left.get("sku") or ())])
        said = [_("only %(goods)s") % {"goods": only}] if only else []
        said += [_("without %(goods)s") % {"goods": but}] if but else []
        return pgettext("goods of an effect", "(%s)") % _(", ").join(said) if said else ""

    def schedule(self, schedule: Json) -> str:
        """When the rule is awake; empty where it never sleeps."""
        said = [*_span(schedule), *_days(schedule)]
        hours = [f"{span[0]}–{span[1]}" for span in schedule.get("hours") or () if len(span) == 2]
        if hours:
            said.append(_("at %(hours)s") % {"hours": _listed(hours)})
        if said and schedule.get("clock") == "member":
            said.append(_("by the member's clock"))
        return _(", ").join(said)

    def caps(self, caps: Sequence[Json]) -> str:
        return _("; ").join(
            (
                _("%(limit)s %(unit)s %(per)s for everybody together")
                if cap.get("of") == "everyone"
                else _("%(limit)s %(unit)s %(per)s")
            )
            % {
                "limit": _grouped(cap.get("limit", "?")),
                "unit": self.unit(cap.get("currency")),
                "per": PER.get(str(cap.get("per")), "?"),
            }
            for cap in caps
            if isinstance(cap, dict)
        )

    def order(self, definition: Json) -> str:
        said = []
        if definition.get("is_exclusive"):
            said.append(_("it stands alone: no other rule gives anything"))
        if definition.get("stops"):
            said.append(_("later rules are skipped"))
        if definition.get("priority", 100) != 100:
            said.append(_("place %(place)s in the order") % {"place": definition["priority"]})
        return _("; ").join(said)

    def changes(self, before: Json | None, after: Json) -> list[Change]:
        """What publishing would change, part by part; all of it where nothing was in force."""
        old = {part.code: part for part in self.parts(before)} if before else {}
        new = {part.code: part for part in self.parts(after)}
        codes = [code for code in ("kind", "condition", "effects", "schedule", "caps", "order") if code in old | new]
        return [
            Change(
                (new.get(code) or old[code]).label,
                old[code].text if code in old else "",
                new[code].text if code in new else "",
            )
            for code in codes
        ]


def _grouped(figure: Any) -> str:
    return f"{figure:,}" if isinstance(figure, int) else str(figure)


def _agreed(unit: str, points: Any) -> str:
    """One point, two points: operators give a unit in the plural, and English has a singular."""
    return unit.removesuffix("s") if points in (1, "1") else unit


def _terms(effect: Json) -> list[str]:
    """How long the points live and what they wait for, where the rule says so itself."""
    expiry, wait = effect.get("expiry"), effect.get("wait")
    said = [lifetime_words.said(str(expiry.get("mode")), expiry.get("length"))] if isinstance(expiry, dict) else []
    return [*said, lifetime_words.waits(wait)] if isinstance(wait, dict) else said


def _listed(items: Iterable[Any]) -> str:
    return pgettext("between items of a list", ", ").join(str(item) for item in items)


def _span(schedule: Json) -> list[str]:
    since, until = _moment(schedule.get("from")), _moment(schedule.get("until"))
    if since and until:
        return [_("from %(since)s until %(until)s") % {"since": since, "until": until}]
    if since:
        return [_("from %(since)s") % {"since": since}]
    return [_("until %(until)s") % {"until": until}] if until else []


def _moment(text: Any) -> str:
    return str(text).replace("T", " ")[:16] if text else ""


def _days(schedule: Json) -> list[str]:
    said = []
    weekdays = [str(WEEKDAYS_ABBR[day - 1]) for day in schedule.get("weekdays") or () if day in range(1, 8)]
    if weekdays:
        said.append(_("on %(days)s") % {"days": _listed(weekdays)})
    if schedule.get("days_of_month"):
        said.append(_("on day %(days)s of the month") % {"days": _listed(schedule["days_of_month"])})
    if schedule.get("dates"):
        said.append(_("every year on %(days)s") % {"days": _listed(schedule["dates"])})
    return said
