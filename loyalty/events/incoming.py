"""Events on their way in and the answer each gets. Plain values; nothing is stored here."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from loyalty import ids
from loyalty.errors import Conflict, InvalidInput, LoyaltyError


class UnknownKind(InvalidInput):
    """No app contributes this event kind, or partners may not post it."""

    code = "unknown_kind"
    sentence = _("There is no event kind “%(kind)s” that can be posted.")


class TooOld(LoyaltyError):
    """Happened longer ago than the programme accepts."""

    code = "too_old"
    sentence = _("This happened more than %(days)s days ago. Older events can only be imported.")


class InFuture(LoyaltyError):
    """Lies more than ten minutes ahead."""

    code = "in_future"
    sentence = _("This lies in the future. Please check the clock of the till.")


class MemberNotFound(LoyaltyError):
    """The customer reference is not known and the partner does not park events."""

    code = "member_not_found"
    sentence = _("No member goes by “%(reference)s”. Enrol the customer first, or leave the reference out.")


class EventMismatch(Conflict):
    """The business key was used before with other content."""

    code = "event_mismatch"
    sentence = _("This was already recorded with other content. Use a new id, or send the same content.")


class VersionConflict(Conflict):
    """This version of the object was told before with other content."""

    code = "version_conflict"
    sentence = _("This version was already recorded with other content. Send a higher version to correct it.")


class CurrencyMismatch(LoyaltyError):
    """A refund in another currency than its order."""

    code = "currency_mismatch"
    sentence = _("The order was paid in %(expected)s. Please refund in the same currency.")


class StoreNotFound(LoyaltyError):
    """No such store, or it is another partner's."""

    code = "store_not_found"
    sentence = _("There is no store “%(store)s”.")
    status = 404
    kind = "not_found"


class Status(StrEnum):
    """What became of an incoming event."""

    ACCEPTED = "accepted"
    DUPLICATE = "duplicate"
    GUEST = "guest"
    PARKED = "parked"
    REVIEW = "review"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Incoming:
    """One event as handed in: ``payload`` is raw and will be parsed by its kind."""

    kind: str
    payload: Mapping[str, Any]
    occurred_at: datetime


@dataclass(slots=True)
class Outcome:
    """The answer to one incoming event, in the order they came."""

    status: Status
    event_id: UUID | None = None
    error: LoyaltyError | None = None
    receipt: dict[str, Any] = field(default_factory=dict)


@dataclass(slots=True)
class Draft:
    """A parsed event, ready to be stored."""

    kind: str
    key: str
    partner_id: int | None
    occurred_at: datetime
    occurred_on: date
    payload: dict[str, Any]
    fingerprint: str
    account_id: int | None = None
    cause_id: UUID | None = None
    state: str = "decided"
    id: UUID = field(default_factory=ids.uuid7)


_in_order = json.JSONEncoder(sort_keys=True, ensure_ascii=False, default=str)


def fingerprint(kind: str, occurred_at: datetime, payload: Mapping[str, Any]) -> str:
    """SHA-256 over the content, whatever the order of its keys."""
    text = _in_order.encode([kind, occurred_at.isoformat(), payload])
    return hashlib.sha256(text.encode()).hexdigest()
