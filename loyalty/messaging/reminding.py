"""Telling in time that points will expire: once an account, currency, last day and distance.

A night looks at the points whose last day is exactly so many days ahead, as the template says; a night
that was missed is made up for as of its own day. How many are left is asked again at delivery.
"""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any

from django.utils.translation import gettext_lazy as _

from loyalty import periods, programme
from loyalty.messaging import sending, templates
from loyalty.messaging.kinds import EXPIRING
from loyalty.models import Account, Lot, MessageTemplate
from loyalty.registry import Job, Stride

SLICE = 1000


def stride(as_of: datetime, _period: str, cursor: str) -> Stride:
    """One thousand accounts of one template's distance; the cursor is "<number of the round>:<account>"."""
    rounds = _rounds()
    number, _colon, after = cursor.partition(":")
    place = int(number or 0)
    if place >= len(rounds):
        return Stride("", {})
    template, days = rounds[place]
    found = _expiring(as_of, days, int(after or 0))
    queued = _remind(template, days, found, as_of)
    full = len({row["account_id"] for row in found}) == SLICE
    onward = f"{place}:{found[-1]['account_id']}" if full else f"{place + 1}:0"
    return Stride(onward if full or place + 1 < len(rounds) else "", {"messages": queued})


def _rounds() -> list[tuple[MessageTemplate, int]]:
    found = [(each, int(days)) for each in templates.in_use(EXPIRING) for days in each.reminder_days]
    return sorted(found, key=lambda pair: (pair[0].code, pair[1]))


def _expiring(as_of: datetime, days: int, after: int) -> Sequence[dict[str, Any]]:
    """Account and currency of points whose last day is so many days ahead. Two statements."""
    policy = programme.current()
    today = policy.day_of(as_of)
    day = today + timedelta(days=days)
    since = policy.start_of(day)
    until = policy.end_of(day)
    open_lots = Lot.objects.open().filter(expires_at__gt=since, expires_at__lte=until)
    living = {"account__status": Account.Status.ACTIVE, "account__kind": Account.Kind.MEMBER}
    lots = open_lots.filter(account_id__gt=after, **living).order_by("account_id")
    accounts = list(lots.values_list("account_id", flat=True).distinct()[:SLICE])
    rows = open_lots.filter(account_id__in=accounts).order_by("account_id", "currency_id")
    return [row | {"on": day} for row in rows.values("account_id", "currency__code").distinct()]


def _remind(template: MessageTemplate, days: int, rows: Sequence[dict[str, Any]], now: datetime) -> int:
    notes: list[sending.Note] = []
    for row in rows:
        on: date = row["on"]
        params = {"currency": row["currency__code"], "on": on.isoformat()}
        key = f"{template.code}:{row['currency__code']}:{on.isoformat()}:{days}"
        notes += sending.notes(template, {row["account_id"]: params}, key=key)
    return sending.queue(notes, now=now)


JOB = Job(code="points.expiring", label=_("Remind of points that expire"), period=periods.day, walk=stride, catch_up=6)
