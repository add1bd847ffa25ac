"""An account's entries page by page, newest first, by a cursor that stays true while more arrive."""

import base64
import binascii
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import django_filters
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from loyalty.errors import InvalidInput
from loyalty.faults import IntegerRequired, OutOfRange
from loyalty.models import Entry
from loyalty.readers import Moment

SHORTEST, USUAL, LONGEST = 1, 20, 100


class InvalidCursor(InvalidInput):
    code = "invalid_cursor"
    sentence = _("This is no cursor of ours. Please take “next” from the page before, or leave it out.")


class InstantFilter(django_filters.CharFilter):
    """An instant with its offset, read as strictly as in a body."""

    def filter(self, qs: "QuerySet[Entry]", value: str) -> "QuerySet[Entry]":
        if not value:
            return qs
        kept: QuerySet[Entry] = super().filter(
            qs, Moment().read(value.replace(" ", "+"), self.extra.get("label") or "")
        )
        return kept


class EntryFilter(django_filters.FilterSet):
    """``currency`` by code; ``since`` included, ``until`` not."""

    currency = django_filters.CharFilter(field_name="currency__code")
    since = InstantFilter(field_name="effective_at", lookup_expr="gte", label="since")
    until = InstantFilter(field_name="effective_at", lookup_expr="lt", label="until")

    class Meta:
        model = Entry
        fields: Sequence[str] = ()


NAMES = ("currency", "since", "until", "cursor", "limit")


def page(account_id: int, query: Mapping[str, str]) -> tuple[list[Entry], str | None]:
    """One page and the cursor of the next, ``None`` on the last. One query, whatever its length."""
    limit = _limit(query.get("limit"))
    entries = Entry.objects.filter(account_id=account_id).select_related("currency", "event", "rule_version")
    entries = EntryFilter({key: value.replace("\x00", "") for key, value in query.items()}, entries).qs
    if "cursor" in query:
        at, last = _read(query["cursor"])
        entries = entries.filter(Q(effective_at__lt=at) | Q(effective_at=at, pk__lt=last))
    found = list(entries.order_by("-effective_at", "-pk")[: limit + 1])
    more = len(found) > limit
    return found[:limit], _write(found[limit - 1]) if more else None


def _limit(text: str | None) -> int:
    if text is None:
        return USUAL
    if not (text.isascii() and text.isdigit()):
        raise IntegerRequired(param="limit")
    limit = int(text[:9])
    if not SHORTEST <= limit <= LONGEST:
        raise OutOfRange(param="limit", minimum=SHORTEST, maximum=LONGEST)
    return limit


def _write(entry: Entry) -> str:
    text = f"{entry.effective_at.isoformat()}|{entry.pk.hex}"
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def _read(cursor: str) -> tuple[datetime, UUID]:
    try:
        text = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True).decode("ascii")
        at, _bar, last = text.partition("|")
        instant = datetime.fromisoformat(at)
        if instant.tzinfo is None:
            raise InvalidCursor(param="cursor")
        return instant, UUID(hex=last)
    except (ValueError, binascii.Error, OverflowError):
        raise InvalidCursor(param="cursor") from None


def tell_cursor(cursor: str | None) -> dict[str, Any]:
    """How a page says whether there is another."""
    return {"next": cursor, "has_more": cursor is not None}
