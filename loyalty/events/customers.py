"""Whose event is it? References as callers give them, turned into accounts.

``m:`` a member number, ``x:`` the partner's own id of the customer, ``p:`` a phone number; a bare
word is tried in that order. Directories of upper apps look up what the ground does not hold.
"""

from collections.abc import Collection, Mapping

from django.utils.crypto import salted_hmac

from loyalty import accounts, bulk
from loyalty.asking import Question
from loyalty.models import Account, AccountReference
from loyalty.registry import Directory, registry

SCHEMES = {"m": "number", "x": "external", "p": "phone"}


_NUMBERS = Question(
    lambda numbers: Account.objects.filter(bulk.among("number", numbers), kind=Account.Kind.MEMBER).values_list(
        "number", "id", "status"
    )
)
_REFERENCES = Question(
    lambda external_ids, partner_id: AccountReference.objects.filter(
        bulk.among("external_id", external_ids), partner_id=partner_id
    ).values_list("external_id", "account_id")
)


def split(reference: str) -> tuple[str, str]:
    """(scheme, value) of a reference; the scheme is empty for a bare word."""
    head, colon, rest = reference.partition(":")
    return (SCHEMES[head], rest) if colon and head in SCHEMES else ("", reference)


def resolve(references: Collection[str], *, partner_id: int | None) -> dict[str, int]:
    """The account of each reference that is known; one query for each kind of name."""
    wanted = {reference: split(reference) for reference in references if reference}
    found: dict[str, int] = {}
    for scheme, look_up in (("number", _by_number), ("external", _by_external_id), ("phone", _by_directories)):
        open_words = {
            ref: value for ref, (asked, value) in wanted.items() if ref not in found and asked in ("", scheme)
        }
        if open_words:
            known = look_up(set(open_words.values()), partner_id)
            found.update({ref: known[value] for ref, value in open_words.items() if value in known})
    return found


def _by_number(values: Collection[str], partner_id: int | None) -> Mapping[str, int]:
    """A shared purse is nobody's number; that of a merged account is the survivor's."""
    del partner_id
    found = {number: (account, status) for number, account, status in _NUMBERS(values)}
    living = accounts.living([account for account, status in found.values() if status == Account.Status.CLOSED])
    return {number: living.get(account, account) for number, (account, _status) in found.items()}


def _by_external_id(values: Collection[str], partner_id: int | None) -> Mapping[str, int]:
    """A customer who was erased is known by a digest alone, and asked for only where nobody else goes by the id."""
    if partner_id is None:
        return {}
    known = dict(_REFERENCES(values, partner_id))
    digests = {digest(partner_id, value): value for value in values if value not in known}
    if not digests:
        return known
    return known | {digests[found]: account for found, account in _REFERENCES(list(digests), partner_id)}


def digest(partner_id: int, external_id: str) -> str:
    """What stays of a till's id when its customer is erased; nobody finds the id from it without our key."""
    return f"erased:{salted_hmac('loyalty.reference', f'{partner_id}:{external_id}', algorithm='sha256').hexdigest()}"


def _by_directories(values: Collection[str], partner_id: int | None) -> Mapping[str, int]:
    del partner_id
    found: dict[str, int] = {}
    for directory in registry.all(Directory):
        found.update(directory.find(list(values)))
    return found
