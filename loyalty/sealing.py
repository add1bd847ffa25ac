"""Seals: a chain of digests over the books and the audit trail that shows a change behind our back.

A seal is the SHA-256 of a stretch of rows together with the seal before, so changing one old row
breaks it and every later one. A stretch is cut by the time inside the rows' own ids (UUID version 7,
the machine's clock when the row was made), not by ``recorded_at``, which a late job may date back.
It ends well before the oldest transaction that still runs, so no row can slip in behind a seal.
``ledger``: entries, the birth columns of their lots (the first deadline of one whose life was made
longer), and what they took from lots or left as debt; a ``repay`` may come later to an old lot, moves
nothing between member and programme, and is held by the auditor's I10 and I12 instead. ``audit``: the
audit trail. Whoever rewrites the whole chain is found by a copy of its head kept elsewhere.
"""

import hashlib
import logging
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Case, F, Manager, When
from django.db.models.functions import Coalesce
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from loyalty import digesting, ids, outbox, periods, resting, triggers
from loyalty.digesting import Column, Rows
from loyalty.models import Allocation, AuditRecord, Entry, Lot, Seal
from loyalty.registry import Job, Topic

logger = logging.getLogger(__name__)

HEAD = "seal.head"
_BIRTH = (
    Column(Case(When(awaits="", then=F("available_at"))), digesting.TIME),
    Column(Case(When(awaits="", then=Coalesce("born_expires_at", "expires_at"))), digesting.TIME),
)
_ENTRY = digesting.columns(Entry, *(field.attname for field in Entry._meta.concrete_fields))
_LOT = (*digesting.columns(Lot, *triggers.LOT_FIXED), *_BIRTH)
_ALLOCATION = digesting.columns(Allocation, "id", "entry_id", "lot_id", "kind", "amount")
_RECORD = digesting.columns(AuditRecord, *(field.attname for field in AuditRecord._meta.concrete_fields))


def _books(low: UUID, high: UUID) -> Iterator[Rows]:
    entries = Entry.objects.filter(id__gte=low, id__lt=high)
    yield Rows(entries.order_by("id"), _ENTRY)
    lots = Lot.objects.filter(entry__id__gte=low, entry__id__lt=high)
    yield Rows(lots.order_by("entry_id"), _LOT)
    parts = Allocation.objects.filter(entry__id__gte=low, entry__id__lt=high).exclude(kind=Allocation.Kind.REPAY)
    yield Rows(parts.order_by("entry_id", "id"), _ALLOCATION)


def _trail(low: UUID, high: UUID) -> Iterator[Rows]:
    yield Rows(AuditRecord.objects.filter(id__gte=low, id__lt=high).order_by("id"), _RECORD)


CHAINS: dict[str, Callable[[UUID, UUID], Iterator[Rows]]] = {"ledger": _books, "audit": _trail}
NUMBERED: dict[str, Manager[Any]] = {"ledger": Entry.objects, "audit": AuditRecord.objects}


@dataclass(frozen=True, slots=True)
class Fault:
    """A seal that does not hold: which, and what is wrong."""

    chain: str
    number: int
    text: str | Promise

    def __str__(self) -> str:
        return f"{self.chain} #{self.number}: {self.text}"


def seal(*, now: datetime) -> list[Seal]:
    """Seals what has come to rest since the last seals, an empty stretch too; tells the new heads.

    A second call in the same stretch seals nothing. Not for an outer transaction of one's own deeds:
    their rows would still be moving.
    """
    until = resting.settled(now)
    with transaction.atomic():
        made = [each for chain in CHAINS if (each := _seal(chain, until, now)) is not None]
        for each in made:
            outbox.enqueue(topic=HEAD, key=f"{each.chain}:{each.number}", payload={"head": head(each)}, now=now)
    return made


def _seal(chain: str, until: datetime, now: datetime) -> Seal | None:
    last = Seal.objects.filter(chain=chain).order_by("-number").first()
    since = last.until if last else resting.START
    if until <= since:
        return None
    number = last.number + 1 if last else 1
    digest, rows = _digest(chain, number, since, until, last.digest if last else "")
    return Seal.objects.create(
        chain=chain, number=number, since=since, until=until, rows=rows, digest=digest, sealed_at=now
    )


def _digest(chain: str, number: int, since: datetime, until: datetime, former: str) -> tuple[str, int]:
    """(SHA-256 in hex, rows) of a stretch as the tables are now; constant memory."""
    sha = hashlib.sha256(digesting.line((chain, number, since, until, former)))
    count = 0
    for rows in CHAINS[chain](resting.floor(since), resting.floor(until)):
        for block in digesting.blocks(rows):
            sha.update(block)
            count += block.count(b"\n")
    return sha.hexdigest(), count


def head(seal: Seal) -> str:
    """How a seal is written down elsewhere: ``ledger:12:<digest>``."""
    return f"{seal.chain}:{seal.number}:{seal.digest}"


def heads() -> list[str]:
    """The last seal of each chain, as :func:`head` writes it."""
    last = [Seal.objects.filter(chain=chain).order_by("-number").first() for chain in CHAINS]
    return [head(each) for each in last if each is not None]


def faults(*, known: tuple[str, ...] = ()) -> Iterator[Fault]:
    """Everything that is wrong with the chains; ``known`` are heads (or bare digests) kept elsewhere.

    Reads every sealed row again. Each seal is judged by the stored seal before it, so a changed row
    is told once, at its own stretch.
    """
    digests: dict[str, str] = {}
    ahead = resting.floor(resting.born(ids.uuid7()) + resting.LAG)  # by the clock that numbers rows
    for chain in CHAINS:
        yield from _broken(chain, digests)
        early = NUMBERED[chain].filter(id__gt=ahead).count()
        if early:
            yield Fault(
                chain, 0, _("%(count)s rows are numbered in the future, where no seal looks.") % {"count": early}
            )
    for copy in known:
        if copy not in digests and copy not in digests.values():
            chain, number = (*copy.split(":"), "")[:2]
            told = _("The copy kept elsewhere is not in the chain: the chain was replaced or cut.")
            yield Fault(chain if chain in CHAINS else "?", int(number) if number.isdecimal() else 0, told)


def _broken(chain: str, digests: dict[str, str]) -> Iterator[Fault]:
    """Judges one chain, and notes every seal that stands as its head and digest."""
    number, until, former = 0, resting.START, ""
    for each in Seal.objects.filter(chain=chain).order_by("number").iterator():
        if each.number != number + 1 or each.since != until:
            yield Fault(chain, each.number, _("The chain is broken: the seal before it is missing."))
        digest, rows = _digest(chain, each.number, each.since, each.until, former)
        if rows != each.rows:
            figures = {"sealed": each.rows, "found": rows}
            yield Fault(chain, each.number, _("%(sealed)s rows were sealed, %(found)s are there.") % figures)
        elif digest != each.digest:
            yield Fault(chain, each.number, _("Rows were changed after they were sealed, or the seal was."))
        else:
            digests[head(each)] = digest
        number, until, former = each.number, each.until, each.digest


def _run(as_of: datetime, _period: str) -> Mapping[str, int]:
    return {each.chain: each.rows for each in seal(now=as_of)}


def _tell(payload: Mapping[str, Any]) -> None:
    """The log leaves the machine, so its copy of the head is out of reach of whoever has the database."""
    logger.info("seal %s", payload["head"])


WORK: tuple[Job | Topic, ...] = (
    Job(code="seal", label=_("Seal the books and the audit trail"), period=periods.day, run=_run, catch_up=0),
    Topic(code=HEAD, deliver=_tell),
)
