"""What a partner said and what we answered: kept 90 days for support, cut at 4 kB, contacts masked."""

import re
from datetime import datetime, timedelta
from urllib.parse import unquote

from loyalty import bulk
from loyalty.models import PartnerCall

LONGEST = 4096
KEPT = timedelta(days=90)
_CALL = ("partner_id", "request_id", "method", "path", "status", "body", "answer", "took_ms", "called_at")
PHONE = re.compile(r"(?<![\w.-])(\+?\d{1,3}[ -]?)?(\d{3})[ -]?\d{4}[ -]?(\d{4})(?![\w.-])")
EMAIL = re.compile(r"([\w.+-])[\w.+-]*@([\w-]+\.[\w.-]+)")


def mask(text: str) -> str:
    """Phone numbers as ``138****8000``, addresses as ``m***@example.com``."""
    return EMAIL.sub(r"\1***@\2", PHONE.sub(r"\2****\3", text))


def cut(text: str) -> str:
    """At most 4 kB of UTF-8, without NUL (which PostgreSQL would refuse)."""
    return text.replace("\x00", "").encode(errors="replace")[:LONGEST].decode(errors="ignore")


def note(
    *,
    partner_id: int,
    request_id: str,
    method: str,
    path: str,
    status: int,
    body: bytes,
    answer: bytes,
    took_ms: int,
    now: datetime,
) -> None:
    """Writes one row. Masking comes before cutting, so that no half of a number slips through."""
    row = (
        partner_id,
        request_id,
        method[:8],
        cut(mask(unquote(path)))[:200],
        status,
        cut(mask(body[: 4 * LONGEST].decode(errors="replace"))),
        cut(mask(answer[: 4 * LONGEST].decode(errors="replace"))),
        max(0, took_ms),
        now,
    )
    bulk.insert(PartnerCall, _CALL, [row])


def prune(*, now: datetime) -> int:
    """Forgets calls older than 90 days; how many."""
    return PartnerCall.objects.filter(called_at__lt=now - KEPT).delete()[0]
