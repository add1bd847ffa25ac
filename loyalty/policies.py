"""Changing the programme's policies: by version, with a reason, and never for the past.

The rows hold the present, a ``PolicyVersion`` tells when what changed. A change for later is written
into the rows when its time has come (``apply_due``); events are decided by the version in force when
they happened all the same. Shapes of changes: ``{"programme": {setting: value}, "currencies":
{code: {setting: value}}}``; what the settings are says ``policybook``.
"""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import available_timezones

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import F, Max, Model
from django.utils.translation import gettext_lazy as _

from loyalty import money, policybook
from loyalty.errors import InvalidInput, LoyaltyError
from loyalty.models import Currency, PolicyVersion, Programme, User
from loyalty.policybook import Changes, Terms

RECENT = timedelta(days=7)


class PolicyUnknown(InvalidInput):
    """A setting that is no policy."""

    code = "policy_unknown"
    sentence = _("“%(setting)s” is not a policy of the programme.")


class PolicyInvalid(LoyaltyError):
    """A value a setting cannot take; ``param`` is its path (``currencies.points.expiry_dates``)."""

    code = "policy_invalid"
    sentence = "%(reason)s"
    status = 400
    kind = "invalid_request"


class NothingChanges(LoyaltyError):
    """Every setting stands as wished already."""

    code = "policy_unchanged"
    sentence = _("This is how it stands already. Change something first.")


class PastStays(LoyaltyError):
    """A change that would begin before it is made."""

    code = "policy_in_the_past"
    sentence = _("The past stays as it was decided. Choose a time from now on.")


class ReasonWanted(InvalidInput):
    """Policies change for a reason that the next person can read."""

    code = "policy_reason"
    sentence = _("Say in a sentence why this changes.")


@transaction.atomic
def publish(
    *, changes: Changes, by: User | None, now: datetime, effective_from: datetime | None = None, reason: str
) -> PolicyVersion:
    """Puts changed policies in force from ``effective_from`` (default: now) as the next version.

    The first change keeps the policies before it as version 1. Raises the errors of this module;
    asked for twice, the second time nothing changes.
    """
    if not reason.strip():
        raise ReasonWanted(param="reason")
    start = now if effective_from is None else effective_from
    if start < now:
        raise PastStays(param="effective_from")
    _lock()
    first = not PolicyVersion.objects.exists()
    before = standing()
    after, differs = differing(before, changes)
    if first:
        _keep(before, number=1, effective_from=policybook.EVER, now=now, by=None, reason="")
    last = PolicyVersion.objects.aggregate(last=Max("number"))["last"]
    version = _keep(
        {**after, **differs}, number=last + 1, effective_from=start, now=now, by=by, reason=reason.strip()[:200]
    )
    if start <= now:
        _write(differs["changed"])
    return version


def _lock() -> None:
    """One change after the other: each sees what the one before it left."""
    Programme.objects.select_for_update(no_key=True).get(pk=1)


def _keep(
    terms: Terms, *, number: int, effective_from: datetime, now: datetime, by: User | None, reason: str
) -> PolicyVersion:
    return PolicyVersion.objects.create(
        number=number, terms=terms, effective_from=effective_from, published_at=now, published_by=by, reason=reason
    )


def standing() -> Terms:
    """The terms of the present, as the rows say."""
    return policybook.standing(Programme.objects.get(pk=1), Currency.objects.order_by("id"))


def differing(before: Terms, changes: Changes) -> tuple[Terms, Terms]:
    """(all terms after the changes, what differs: ``changed`` and ``before``), checked value by value.

    Raises ``PolicyUnknown``, ``PolicyInvalid`` and ``NothingChanges``.
    """
    clean = _clean(before, changes)
    new = {part: values for part, values in _different(before, clean).items() if values}
    if not new:
        raise NothingChanges
    after = policybook.changed(before, new)
    _check_dates(after)
    old: Terms = {"programme": {name: before["programme"][name] for name in new.get("programme", ())}}
    old["currencies"] = {
        code: {name: before["currencies"][code][name] for name in values}
        for code, values in new.get("currencies", {}).items()
    }
    return after, {"changed": new, "before": {part: values for part, values in old.items() if values}}


def _clean(before: Terms, changes: Changes) -> Terms:
    for part in changes:
        if part not in ("programme", "currencies"):
            raise PolicyUnknown(param=str(part), setting=str(part))
    clean: Terms = {"currencies": {}}
    clean["programme"] = _read(Programme, policybook.PROGRAMME, changes.get("programme") or {}, "programme")
    for code, values in (changes.get("currencies") or {}).items():
        if code not in before["currencies"]:
            raise PolicyUnknown(param=f"currencies.{code}", setting=code)
        clean["currencies"][code] = _read(Currency, policybook.CURRENCY, values, f"currencies.{code}")
    return clean


def _different(before: Terms, clean: Terms) -> Terms:
    currencies = {
        code: {name: value for name, value in values.items() if value != before["currencies"][code][name]}
        for code, values in clean["currencies"].items()
    }
    return {
        "programme": {k: v for k, v in clean["programme"].items() if v != before["programme"][k]},
        "currencies": {code: values for code, values in currencies.items() if values},
    }


def _read(model: type[Model], known: tuple[str, ...], values: Mapping[str, Any], path: str) -> Terms:
    """The values as their columns take them, in plain JSON."""
    found: Terms = {}
    for name, raw in values.items():
        if name not in known:
            raise PolicyUnknown(param=f"{path}.{name}", setting=name)
        field: Any = model._meta.get_field(name)  # Django's own way to a model's columns
        try:
            found[name] = policybook.plain(field.clean(raw, model()))
        except ValidationError as fault:
            raise PolicyInvalid(param=f"{path}.{name}", reason=" ".join(fault.messages)) from fault
        if name == "timezone" and found[name] not in available_timezones():
            raise PolicyInvalid(param=f"{path}.{name}", reason=_("Choose a zone such as Asia/Shanghai."))
        if name == "currency":
            money.digits(found[name])
    return found


def _check_dates(terms: Terms) -> None:
    """Fixed dates are month-days, and there is one wherever points go on them."""
    for code, unit in terms["currencies"].items():
        path, dates = f"currencies.{code}.expiry_dates", unit["expiry_dates"]
        if not isinstance(dates, list) or not all(_is_month_day(text) for text in dates):
            raise PolicyInvalid(param=path, reason=_("Give the dates as month and day, such as 06-30."))
        if unit["expiry_mode"] == Currency.ExpiryMode.DATES and not dates:
            raise PolicyInvalid(param=path, reason=_("Give at least one date, such as 06-30."))


def _is_month_day(text: Any) -> bool:
    try:
        month, day = text.split("-")
        date(2024, int(month), int(day))  # a leap year, so 02-29 may be said
    except (AttributeError, TypeError, ValueError):
        return False
    return len(text) == 5


def _write(changes: Changes) -> None:
    """Writes changed settings into the rows."""
    values = changes.get("programme") or {}
    if values:
        _save(Programme.objects.get(pk=1), values)
    for code, own in (changes.get("currencies") or {}).items():
        _save(Currency.objects.get(code=code), own)


def _save(row: Any, values: Mapping[str, Any]) -> None:
    for name, value in values.items():
        setattr(row, name, row._meta.get_field(name).to_python(value))
    row.save(update_fields=list(values))


@transaction.atomic
def apply_due(*, now: datetime) -> int:
    """Writes into the rows what was published for later and has come into force; returns how many settings.

    Looks back a week, so a worker that slept makes up for it; doing it again changes nothing.
    """
    later = PolicyVersion.objects.filter(effective_from__gt=F("published_at"))
    if not later.filter(effective_from__lte=now, effective_from__gt=now - RECENT).exists():
        return 0
    _lock()
    terms, rows = policybook.terms_at(now), standing()
    wanted = _different(rows, _known(rows, terms or rows))
    _write(wanted)
    return len(wanted["programme"]) + sum(len(values) for values in wanted["currencies"].values())


def _known(rows: Terms, terms: Terms) -> Terms:
    """The terms without currencies that are no more."""
    kept = {code: values for code, values in terms["currencies"].items() if code in rows["currencies"]}
    return {"programme": terms["programme"], "currencies": kept}
