"""An account's entries page by page, newest first, by a cursor that stays true while more arrive."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

import django_filters
from django.db.models import Q, QuerySet

from loyalty.models import Entry
from loyalty.readers import Moment
from members.api import paging
from members.api.paging import InvalidCursor, Pages

PAGES = Pages("Entries", usual=20, longest=100)


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
    limit = PAGES.limit(query.get("limit"))
    entries = Entry.objects.filter(account_id=account_id).select_related("currency", "event", "rule_version")
    entries = EntryFilter({key: value.replace("\x00", "") for key, value in query.items()}, entries).qs
    if "cursor" in query:
        at, last = _read(query["cursor"])
        entries = entries.filter(Q(effective_at__lt=at) | Q(effective_at=at, pk__lt=last))
    found = list(entries.order_by("-effective_at", "-pk")[: limit + 1])
    more = len(found) > limit
    return found[:limit], _write(found[limit - 1]) if more else None


def _write(entry: Entry) -> str:
    return paging.write(f"{entry.effective_at.isoformat()}|{entry.pk.hex}")


def _read(cursor: str) -> tuple[datetime, UUID]:
    at, _bar, last = paging.read(cursor).partition("|")
    try:
        instant = datetime.fromisoformat(at)
        if instant.tzinfo is None:
            raise InvalidCursor(param="cursor")
        return instant, UUID(hex=last)
    except (ValueError, OverflowError):
        raise InvalidCursor(param="cursor") from None
