"""What a seal digests is the same whoever writes it down, and never changes."""

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta, timezone
from uuid import UUID

import pytest
from django.db import connection

from loyalty import digesting, sealing, triggers
from loyalty.ledger import spending
from loyalty.models import Allocation, AuditRecord, Entry, Lot
from tests.loyalty.till import NOW, one_for_one, open_account, order, post

FIRST, LAST = UUID(int=0), UUID(int=2**128 - 1)
MEMOS = (
    "",
    'a "quoted" back\\slash',
    "line\nbreak\ttab\r\f\b\x01\x1f\x7f",
    "常青会员 · é",
    "𝄞 a clef",
    "\\N \\u0041 \\\\",
)


def test_a_line_says_what_the_first_seals_said() -> None:
    """Old seals hold only while these bytes stay as they are."""
    east = timezone(timedelta(hours=8))
    row = (
        UUID("0192d3c1-0000-7000-8000-000000000001"),
        -5,
        None,
        'é "\\\n\x7f',
        date(2026, 11, 22),
        datetime(2026, 11, 22, 8, 0, tzinfo=east),
        datetime(2026, 11, 22, 8, 0, 0, 120, tzinfo=UTC),
        {"b": 1, "a": [True, None]},
    )

    said = digesting.line(row)

    assert said == (
        b'["0192d3c1000070008000000000000001",-5,null,"\\u00e9 \\"\\\\\\n\\u007f","2026-11-22",'
        b'"2026-11-22T00:00:00+00:00","2026-11-22T08:00:00.000120+00:00",{"a":[true,null],"b":1}]\n'
    )


@pytest.fixture
def books() -> None:
    """Entries with every kind of memo and time, lots that end, that never end and that wait, and what was spent."""
    one_for_one()
    account = open_account()
    for place, _memo in enumerate(MEMOS):
        post(order(f"A{place}", 15000, account, NOW + timedelta(microseconds=place * 500)))
    spending.spend(account_id=account.pk, amount=400, now=NOW + timedelta(hours=1))
    triggers.remove(connection)
    for memo, entry in zip(MEMOS, Entry.objects.order_by("id"), strict=False):
        Entry.objects.filter(pk=entry.pk).update(memo=memo, desired=len(memo) or None)
    last, *others = Lot.objects.order_by("-id")
    Lot.objects.filter(pk=last.pk).update(expires_at=None)
    Lot.objects.filter(pk=others[0].pk).update(awaits="order.completed")
    Lot.objects.filter(pk=others[1].pk).update(born_expires_at=NOW + timedelta(days=1, microseconds=1))
    AuditRecord.objects.create(deed="rule.publish", subject="常青", after={"b": [1.5, "é"], "a": None}, recorded_at=NOW)
    triggers.install(connection)


def _said(write: Callable[[digesting.Rows], Iterator[bytes]], chain: str) -> list[bytes]:
    return [b"".join(write(rows)) for rows in sealing.CHAINS[chain](FIRST, LAST)]


@pytest.mark.django_db
def test_what_the_database_writes_is_what_python_writes(books: None) -> None:
    by_chain = {chain: (_said(digesting.blocks, chain), _said(digesting.written, chain)) for chain in sealing.CHAINS}

    ledger, audit = by_chain["ledger"], by_chain["audit"]

    assert ledger[0] == ledger[1]
    assert audit[0] == audit[1]
    assert [part.count(b"\n") for part in ledger[0]] == [
        Entry.objects.count(),
        Lot.objects.count(),
        Allocation.objects.count(),
    ]


@pytest.mark.postgres
@pytest.mark.django_db
def test_blocks_come_whole_however_small(books: None, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = _said(digesting.blocks, "ledger")
    monkeypatch.setattr(digesting, "BLOCK", 1)

    assert _said(digesting.blocks, "ledger") == whole


def test_the_ledger_is_of_kinds_the_database_can_write() -> None:
    """Otherwise PostgreSQL would quietly be as slow as Python."""
    kinds = {column.kind for rows in sealing.CHAINS["ledger"](FIRST, LAST) for column in rows.columns}

    assert kinds <= set(digesting._BY_POSTGRES)
