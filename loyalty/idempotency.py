"""A repeated call is answered, not done again: the ``Idempotency-Key`` header on every POST.

The first layer only; for ever after, the business key keeps a deed from being done twice. A row is
claimed before the deed, in its own transaction, and answered after it. Every step is one guarded
statement whose ``locked_at`` is the claim: who lost it can no longer write the answer. Answers of
2xx and business refusals are kept; faults of the request (400, 413, 415), of time (408, 429) and of
ours (5xx) are forgotten, so the same key may try again.
"""

import hashlib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.utils.translation import gettext_lazy as _

from loyalty import bulk
from loyalty.errors import Conflict, InvalidInput, LoyaltyError
from loyalty.models import IdempotencyKey

KEPT = timedelta(days=30)
STALE = timedelta(minutes=2)
VISIBLE = re.compile(r"[\x21-\x7e]{1,255}")
FORGOTTEN = {400, 408, 413, 415, 429}
RETRY_SECONDS = 1


class KeyRequired(InvalidInput):
    code = "idempotency_key_required"
    sentence = _("Send a header “Idempotency-Key” with a fresh value for each deed, such as a UUID.")


class InvalidKey(InvalidInput):
    code = "invalid_idempotency_key"
    sentence = _("An Idempotency-Key has 1 to 255 visible ASCII characters and no spaces.")


class Mismatch(LoyaltyError):
    code = "idempotency_mismatch"
    sentence = _("This Idempotency-Key was used for another request. Please take a fresh one.")
    status = 409
    kind = "idempotency"


class InProgress(Conflict):
    code = "request_in_progress"
    sentence = _("The first request with this key is still running. Please try again in %(retry_after)s seconds.")
    kind = "idempotency"


@dataclass(frozen=True, slots=True)
class Answer:
    """What is told: status and body. ``replayed`` where it was told before."""

    status: int
    body: Mapping[str, Any]
    replayed: bool = False


def read_key(header: str | None) -> str:
    """The header's value, or a refusal of its own for a missing and for a bad one."""
    if header is None or header == "":
        raise KeyRequired
    if not VISIBLE.fullmatch(header):
        raise InvalidKey
    return header


def fingerprint(method: str, path: str, body: str) -> str:
    """SHA-256 of what makes two requests the same."""
    return hashlib.sha256(f"{method}\n{path}\n{body}".encode()).hexdigest()


def once(*, partner_id: int, key: str, print_: str, now: datetime, deed: Callable[[], Answer]) -> Answer:
    """Does ``deed``, or gives the answer that the same key got before.

    Raises ``Mismatch`` for another request under the key and ``InProgress`` while the first still
    runs. What ``deed`` raises passes through and is forgotten: it says no by an :class:`Answer`.
    """
    claim = _claim(partner_id, key, print_, now)
    if isinstance(claim, Answer):
        return claim
    ours = {"id": claim, "locked_at": now, "status": None}
    try:
        answer = deed()
    except BaseException:
        IdempotencyKey.objects.filter(**ours).delete()
        raise
    if answer.status >= 500 or answer.status in FORGOTTEN:
        IdempotencyKey.objects.filter(**ours).delete()
    else:
        told = {"status": answer.status, "answer": dict(answer.body), "locked_at": None}
        bulk.update_one(IdempotencyKey, told, ours)
    return answer


def prune(*, now: datetime) -> int:
    """Forgets keys older than 30 days; how many. Their deeds stay known by business key."""
    return IdempotencyKey.objects.filter(created_at__lt=now - KEPT).delete()[0]


def _claim(partner_id: int, key: str, print_: str, now: datetime) -> int | Answer:
    """The id of the row now ours, or the stored answer."""
    claimed = bulk.insert_one(
        IdempotencyKey,
        {"partner_id": partner_id, "key": key, "fingerprint": print_, "locked_at": now, "created_at": now},
    )
    if claimed is not None:
        return claimed
    found = IdempotencyKey.objects.filter(partner_id=partner_id, key=key).first()
    if found is None:  # the first caller was refused and let go of the key just now
        raise InProgress(retry_after=RETRY_SECONDS)
    if found.fingerprint != print_:
        raise Mismatch
    if found.status is not None:
        return Answer(found.status, found.answer or {}, replayed=True)
    if not IdempotencyKey.objects.filter(pk=found.pk, status=None, locked_at__lt=now - STALE).update(locked_at=now):
        raise InProgress(retry_after=RETRY_SECONDS)
    return found.pk
