"""Words about a person taken out of the ground's tables, when they are erased; figures stay.

Rows that are theirs are blanked or removed; rows of everybody (logs, keys, codes, counters) are searched
for the words that name them. Append-only tables are not touched: they hold no names.
"""

import json
from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from django.contrib.admin.models import LogEntry
from django.db.models import Q, QuerySet, TextField
from django.db.models.functions import Cast

from loyalty.events import customers
from loyalty.messaging import inbox
from loyalty.models import (
    AccountReference,
    AdjustmentLine,
    Event,
    Hold,
    IdempotencyKey,
    ImportRow,
    Merge,
    OneTimeCode,
    Order,
    PartnerCall,
    Pool,
    PoolMembership,
    RateCounter,
    Transfer,
)
from loyalty.personal import FREE, SHORTEST, Person

CHUNK = 500


def forget(person: Person, now: datetime) -> Mapping[str, int]:
    """Everything the ground knows of who they are; counts of rows by what they were."""
    del now
    own = {"account_id__in": person.account_ids}
    transfers = Q(giver_id__in=person.account_ids) | Q(receiver_id__in=person.account_ids)
    purses = PoolMembership.objects.filter(**own, role=PoolMembership.Role.OWNER).values("pool_id")
    merges = Merge.objects.filter(Q(survivor_id__in=person.account_ids) | Q(duplicate_id__in=person.account_ids))
    counts = {
        "events": _blank_events(Event.objects.filter(**own), person),
        "waiting_events": _blank_waiting(person),
        "orders": _blank_orders(person),
        "references": _digest_references(person),
        "memos": Hold.objects.filter(**own).exclude(memo="").update(memo="")
        + Transfer.objects.filter(transfers).exclude(memo="").update(memo="")
        + AdjustmentLine.objects.filter(**own).exclude(note="").update(note="")
        + Pool.objects.filter(pk__in=purses).exclude(name="").update(name=""),
        "merges": _blank_merges(merges),
    }
    for account_id in sorted(person.account_ids):
        inbox.forget(account_id)
    return counts | _search_everybody(person)


def _blank_events(rows: QuerySet[Event], person: Person) -> int:
    """Takes free text, and strings that name the person, out of payloads."""
    changed: list[Event] = []
    for event in rows.only("pk", "payload").iterator(chunk_size=CHUNK):
        payload = {name: FREE.get(name, blank(value, person)) for name, value in event.payload.items()}
        if payload != event.payload:
            event.payload = payload
            changed.append(event)
    Event.objects.bulk_update(changed, ["payload"], batch_size=CHUNK)
    return len(changed)


def blank(value: Any, person: Person) -> Any:
    """The value without any string that names the person, however deep."""
    match value:
        case str():
            return "" if person.is_named_in(value) else value
        case Mapping():
            return {key: blank(each, person) for key, each in value.items()}
        case list():
            return [blank(each, person) for each in value]
    return value


def _references(person: Person) -> list[str]:
    """The person as a till may have written them."""
    return [f"{scheme}{word}" for word in sorted(person.words) for scheme in ("", "x:", "p:", "m:")]


def _blank_waiting(person: Person) -> int:
    """Events that still wait for this customer; they go on waiting for nobody."""
    waiting = Event.objects.filter(account=None, state__in=(Event.State.PARKED, Event.State.REVIEW))
    return _blank_events(waiting.filter(payload__customer__in=_references(person)), person)


def _blank_orders(person: Person) -> int:
    theirs = Q(account_id__in=person.account_ids) | Q(customer_ref__in=_references(person))
    return Order.objects.filter(theirs).exclude(customer_ref="").update(customer_ref="")


def _digest_references(person: Person) -> int:
    """A till's id of the customer stays as a digest, by which its later orders are known to be nobody's."""
    rows = list(AccountReference.objects.filter(account_id__in=person.account_ids))
    for row in rows:
        row.external_id = customers.digest(row.partner_id, row.external_id)
    AccountReference.objects.bulk_update(rows, ["external_id"], batch_size=CHUNK)
    return len(rows)


def _blank_merges(rows: QuerySet[Merge]) -> int:
    """A merge can no longer be taken back, so what would give each person their own back is let go."""
    merges = list(rows)
    for merge in merges:
        merge.record = merge.record | {"steps": {}}
    Merge.objects.bulk_update(merges, ["record"])
    return len(merges)


def _search_everybody(person: Person) -> dict[str, int]:
    """Logs, keys, codes and counters of everybody that name the person."""
    words = sorted({word for word in person.words if len(word) >= SHORTEST})
    precise = sorted(person.numbers | {word for word in words if len(word) > _name_length(word)})
    if not words and not precise:
        return {}
    calls = PartnerCall.objects.filter(_any(("body", "answer", "path"), words) | _any(("body", "answer"), precise))
    keys = IdempotencyKey.objects.annotate(told=Cast("answer", TextField()))
    logs = LogEntry.objects.filter(_any(("object_repr", "change_message"), words))
    return {
        "calls": calls.update(path="", body="", answer=""),
        "keys": _delete(keys.filter(_any(("told",), precise))),
        "admin_log": logs.update(object_repr="", change_message=""),
        "import_rows": ImportRow.objects.filter(_any(("message",), words)).update(message=""),
        "codes": _delete(OneTimeCode.objects.filter(address__in=words)),
        "counters": _delete(RateCounter.objects.filter(_any(("bucket",), precise))),
    }


def _name_length(word: str) -> int:
    """Names are shared by many; what has a digit or an @ is one person's own."""
    return 0 if "@" in word or any(each.isdigit() for each in word) else len(word)


def _any(columns: Collection[str], words: Collection[str]) -> Q:
    """Any of the columns holds any of the words, as such or as JSON writes it."""
    found = Q(pk__in=())
    for word in words:
        for form in {word, json.dumps(word)[1:-1]}:
            for column in columns:
                found |= Q(**{f"{column}__contains": form})
    return found


def _delete(rows: QuerySet[Any]) -> int:
    return rows.delete()[0]
