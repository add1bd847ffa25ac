"""Following what was earned to where it is by now: accounts are merged, and lots go over with them."""

from collections.abc import Mapping
from typing import NamedTuple
from uuid import UUID

from loyalty import accounts
from loyalty.ledger.rows import Purse
from loyalty.models import Transfer, TransferPart


class Heir(NamedTuple):
    """The purse an entry's account lives on in, and the entry whose lot holds what is left."""

    purse: Purse
    lot_of: UUID


def heirs(entries: Mapping[UUID, Purse]) -> dict[UUID, Heir]:
    """Where what these entries of merged accounts gave is by now. Two queries for each merge in a row."""
    living = accounts.living({purse.account_id for purse in entries.values()})
    found = {entry: entry for entry in entries}
    while found:
        parts = TransferPart.objects.filter(source__entry__in=set(found.values()), transfer__kind=Transfer.Kind.MERGE)
        steps = dict(parts.values_list("source__entry_id", "entry_id"))
        if not steps:
            break
        found = {first: steps.get(last, last) for first, last in found.items()}
    return {
        entry: Heir(Purse(living[purse.account_id], purse.currency_id), found[entry])
        for entry, purse in entries.items()
    }
