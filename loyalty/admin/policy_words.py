"""Policies and their changes in words: each setting by its name, each value as people read it."""

from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Any

from django.db.models import Model
from django.utils.formats import number_format
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext

from loyalty.admin import showing
from loyalty.admin.rule_words import Change
from loyalty.models import Currency, PolicyVersion, Programme

Json = Mapping[str, Any]
UNLIMITED = {"multiplier_ceiling", "balance_cap", "transfer_daily_limit"}
# Names that only make sense beside their neighbours on the form.
LABELS = {
    "tender_points": gettext_lazy("Paying with points: points a step"),
    "tender_minor": gettext_lazy("Paying with points: worth of a step"),
    "tender_minimum": gettext_lazy("Paying with points: fewest points"),
    "tender_share_percent": gettext_lazy("Paying with points: largest share of an order (%)"),
    "stacking": gettext_lazy("Several multipliers"),
    "rounding_step": gettext_lazy("Rounded"),
    "expiry_mode": gettext_lazy("Points expire"),
    "expiry_length": gettext_lazy("Points expire: length"),
}


class PolicyWords:
    """Says what changed; asks for the currencies' names once."""

    @cached_property
    def units(self) -> dict[str, str]:
        return {unit.code: unit.name for unit in Currency.objects.all()}

    def changes(self, changed: Json, before: Json) -> list[Change]:
        """Each setting before and after, the programme's first, in the order of the declared list."""
        return list(self._changes(changed, before))

    def of(self, version: PolicyVersion) -> list[Change]:
        """What a version changed; nothing for the first, which only keeps what was."""
        terms = version.terms
        return self.changes(terms.get("changed") or {}, terms.get("before") or {})

    def sentence(self, version: PolicyVersion) -> str:
        """All changes in one line."""
        told = [
            _("%(setting)s: %(before)s → %(after)s")
            % {"setting": change.label, "before": change.before, "after": change.after}
            for change in self.of(version)
        ]
        return _("; ").join(told) or _("as it began")

    def _changes(self, changed: Json, before: Json) -> Iterator[Change]:
        old = before.get("programme") or {}
        money = str((changed.get("programme") or {}).get("currency") or "")
        for name, value in (changed.get("programme") or {}).items():
            yield Change(
                label(Programme, name),
                shown(Programme, name, old.get(name), money),
                shown(Programme, name, value, money),
            )
        for code, values in (changed.get("currencies") or {}).items():
            old = (before.get("currencies") or {}).get(code) or {}
            for name, value in values.items():
                setting = pgettext("setting of a currency", "%(currency)s · %(setting)s") % {
                    "currency": self.units.get(code, code),
                    "setting": label(Currency, name),
                }
                yield Change(setting, shown(Currency, name, old.get(name)), shown(Currency, name, value))


def label(model: type[Model], name: str) -> str:
    """A setting's name as the form calls it."""
    if name in LABELS:
        return str(LABELS[name])
    field: Any = model._meta.get_field(name)  # Django's documented way to a model's names
    return str(capfirst(field.verbose_name))


def shown(model: type[Model], name: str, value: Any, money: str = "") -> str:
    """A setting's value as people read it."""
    if value is None or value == []:
        return _("no limit") if name in UNLIMITED else _("none")
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if name == "tender_minor":
        return showing.money(value, money or "CNY")
    if isinstance(value, int):
        return number_format(value, use_l10n=True, force_grouping=True)
    if isinstance(value, list):
        return pgettext("between items of a list", ", ").join(str(item) for item in value)
    field: Any = model._meta.get_field(name)
    choices = dict(field.flatchoices)
    return str(choices.get(value, value))
