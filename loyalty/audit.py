"""The audit trail: who did what, what it was before and after, why, and from where.

Rows are append-only by trigger and sealed every night (``loyalty.sealing``), so they can never be
erased: personal data stays out of them. ``record`` belongs in the transaction of the deed; operations
of value call it themselves, the operators' pages through their base class.
"""

import json
import unicodedata
from collections.abc import Collection, Mapping
from datetime import date, datetime
from typing import Any, NamedTuple

from django.core.serializers.json import DjangoJSONEncoder
from django.db.models import Model

from loyalty.models import AuditRecord, Partner, User

# What no record may show: secrets, and what would name a person for ever.
PRIVATE = frozenset({"password", "hashed_key", "email", "phone", "birthday", "display_name", "last_login"})
HIDDEN = "•••"


class Origin(NamedTuple):
    """Where a request came from; empty for what the portal does by itself."""

    address: str = ""
    request_id: str = ""


NOWHERE = Origin()


def record(
    *,
    deed: str,
    subject: str,
    now: datetime,
    actor: User | None = None,
    partner: Partner | None = None,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
    reason: str = "",
    address: str = "",
    request_id: str = "",
) -> AuditRecord:
    """Writes one row. Text is cut to its column and loses line breaks, so no row can forge another."""
    return AuditRecord.objects.create(
        deed=_line(deed, 60),
        actor=actor,
        partner=partner,
        subject=_line(subject, 120),
        before=plain(before or {}),
        after=plain(after or {}),
        reason=_line(reason, 200),
        address=_line(address, 45),
        request_id=_line(request_id, 40),
        recorded_at=now,
    )


def name_of(item: Model) -> str:
    """How a record names its subject: ``loyalty.rule:7``; a key by its prefix, as its id holds its hash."""
    return f"{item._meta.label_lower}:{getattr(item, 'prefix', item.pk)}"


def snapshot(item: Model) -> dict[str, Any]:
    """The stored row as plain values, many-to-many names included; empty where there is none."""
    stored = type(item)._base_manager.filter(pk=item.pk).first() if item.pk is not None else None
    if stored is None:
        return {}
    meta = stored._meta  # Django's documented way to a model's columns
    found = {field.attname: plain(field.value_from_object(stored)) for field in meta.concrete_fields}
    for field in meta.many_to_many:
        found[field.name] = sorted(str(one) for one in getattr(stored, field.name).all())
    return found


def difference(
    before: Mapping[str, Any], after: Mapping[str, Any], *, private: Collection[str] = PRIVATE
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Only what differs, on both sides; of private fields only that they do."""
    names = sorted(name for name in {**before, **after} if before.get(name) != after.get(name))

    def side(values: Mapping[str, Any]) -> dict[str, Any]:
        return {name: HIDDEN if name in private else values[name] for name in names if name in values}

    return side(before), side(after)


def plain(value: Any) -> Any:
    """The value as JSON can hold it."""
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, Mapping | list | tuple):
        return json.loads(json.dumps(value, cls=_Encoder))
    return str(value)


class _Encoder(DjangoJSONEncoder):
    def default(self, o: Any) -> Any:
        try:
            return super().default(o)
        except TypeError:
            return str(o)


def _line(text: str, longest: int) -> str:
    clean = "".join(" " if unicodedata.category(each) in {"Cc", "Zl", "Zp"} else each for each in text)
    return clean[:longest]
