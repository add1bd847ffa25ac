"""Seals show every change behind our back: in the rows, in the chain, and of the chain as a whole."""

import logging
from collections.abc import Callable, Iterator
from datetime import timedelta
from io import StringIO
from typing import Any
from uuid import UUID

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, connections

from loyalty import audit, clock, jobs, outbox, resting, sealing, triggers
from loyalty.ledger import spending
from loyalty.models import Allocation, AuditRecord, Entry, JobRun, Lot, OutboxMessage, Seal
from tests.loyalty import desk
from tests.loyalty.till import NOW, one_for_one, open_account, order, post

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


@pytest.fixture
def chain() -> list[Seal]:
    """Two sealed stretches with orders, a redemption and a deed of a person; a third still open."""
    one_for_one()
    account = open_account()
    made = []
    post(order("A1", 15000, account))
    audit.record(deed="rule.publish", subject="loyalty.rule:1", now=NOW, after={"points": 1})
    made += desk.seal_after(HOUR)
    spending.spend(account_id=account.pk, amount=100, now=NOW)
    made += desk.seal_after(2 * HOUR)
    post(order("A2", 12000, account))
    return made


@pytest.fixture(autouse=True)
def _true_numbers() -> Iterator[None]:
    with desk.true_numbers():
        yield


@pytest.fixture
def tampering() -> Iterator[None]:
    """Somebody with the keys of the database: triggers are off."""
    triggers.remove(connection)
    yield
    triggers.install(connection)


def found() -> list[str]:
    return [str(fault) for fault in sealing.faults()]


def test_untouched_books_have_no_fault(chain: list[Seal]) -> None:
    ledger = [(each.number, each.rows) for each in chain if each.chain == "ledger"]

    assert found() == []
    assert ledger == [(1, 2), (2, 2)]
    assert [(each.chain, each.number) for each in chain if each.chain == "audit"] == [("audit", 1), ("audit", 2)]
    assert chain[2].since == chain[0].until


def test_sealing_again_at_once_seals_nothing(chain: list[Seal]) -> None:
    assert sealing.seal(now=clock.now() + 2 * HOUR - timedelta(minutes=1)) == []
    assert Seal.objects.count() == 4


def test_rows_of_the_last_minutes_are_left_for_the_next_seal() -> None:
    one_for_one()
    post(order("A1", 15000, open_account()))

    now, later = (desk.seal_after(wait)[0] for wait in (timedelta(), HOUR))

    assert (now.rows, later.rows) == (0, 2)


ROWS_CHANGED = "Rows were changed after they were sealed, or the seal was."


def _insert_back_dated() -> None:
    old = Entry.objects.order_by("id").first()
    assert old is not None
    old.pk, old.version = UUID(int=old.pk.int + 1), 99
    old.save(force_insert=True)


TAMPERING: dict[str, tuple[Callable[[], object], list[str]]] = {
    "a changed amount": (
        lambda: Entry.objects.filter(version=1).update(amount=15),
        [f"ledger #1: {ROWS_CHANGED}"],
    ),
    "a changed lot": (
        lambda: Lot.objects.filter(entry__version=1).update(expires_at=None),
        [f"ledger #1: {ROWS_CHANGED}"],
    ),
    "a changed allocation": (
        lambda: Allocation.objects.filter(kind="drain").update(amount=1),
        [f"ledger #2: {ROWS_CHANGED}"],
    ),
    "a deleted row": (
        lambda: Allocation.objects.all().delete(),
        ["ledger #2: 2 rows were sealed, 1 are there."],
    ),
    "a row put into the past": (_insert_back_dated, ["ledger #1: 2 rows were sealed, 3 are there."]),
    "a changed audit record": (lambda: AuditRecord.objects.update(reason="x"), [f"audit #1: {ROWS_CHANGED}"]),
    "a deleted audit record": (
        lambda: AuditRecord.objects.all().delete(),
        ["audit #1: 1 rows were sealed, 0 are there."],
    ),
    "a missing seal": (
        lambda: Seal.objects.filter(chain="ledger", number=1).delete(),
        ["ledger #2: The chain is broken: the seal before it is missing.", f"ledger #2: {ROWS_CHANGED}"],
    ),
    "a replaced seal": (
        lambda: Seal.objects.filter(chain="ledger", number=1).update(digest="0" * 64),
        [f"ledger #1: {ROWS_CHANGED}", f"ledger #2: {ROWS_CHANGED}"],
    ),
}


@pytest.mark.parametrize("deed", TAMPERING)
def test_tampering_is_found_where_it_happened(chain: list[Seal], tampering: None, deed: str, settings: Any) -> None:
    """I24, row 29."""
    settings.LANGUAGE_CODE = "en"
    change, told = TAMPERING[deed]

    change()

    assert found() == told


def test_a_row_hidden_in_the_future_is_found(chain: list[Seal], tampering: None) -> None:
    AuditRecord.objects.bulk_create([AuditRecord(id=UUID(int=2**128 - 1), deed="x", subject="x", recorded_at=NOW)])

    assert [(each.chain, each.number) for each in sealing.faults()] == [("audit", 0)]


def _seal_all_over_again() -> None:
    """The whole chain rewritten over changed rows, by somebody who knows how."""
    old = list(Seal.objects.filter(chain="ledger").order_by("number"))
    Seal.objects.filter(chain="ledger").delete()
    for each in old:
        sealing._seal("ledger", each.until, each.sealed_at)


def test_a_chain_rewritten_as_a_whole_is_found_by_the_head_kept_elsewhere(chain: list[Seal], tampering: None) -> None:
    kept = sealing.heads()
    Entry.objects.filter(version=1).update(amount=15)
    _seal_all_over_again()

    assert found() == []
    assert [(each.chain, each.number) for each in sealing.faults(known=tuple(kept))] == [("ledger", 2)]


def test_a_chain_cut_short_is_found_by_the_head_kept_elsewhere(chain: list[Seal], tampering: None) -> None:
    kept = chain[2].digest
    Seal.objects.filter(chain="ledger", number=2).delete()

    assert found() == []
    assert len(list(sealing.faults(known=(kept,)))) == 1


def test_the_command_prints_heads_that_it_takes_again(chain: list[Seal]) -> None:
    out = StringIO()

    call_command("verify_seals", stdout=out)
    heads = out.getvalue().splitlines()[1:]
    call_command("verify_seals", *[word for head in heads for word in ("--head", head)], stdout=StringIO())

    assert heads == [sealing.head(chain[2]), sealing.head(chain[3])]


def test_the_command_fails_where_a_seal_does_not_hold(chain: list[Seal], tampering: None) -> None:
    Entry.objects.filter(version=1).update(amount=15)
    out = StringIO()

    with pytest.raises(CommandError):
        call_command("verify_seals", stdout=out)

    assert out.getvalue().startswith("ledger #1: ")


def test_a_debt_paid_later_does_not_break_an_old_seal() -> None:
    """Points that wait pay a debt when they come free; their entry may be sealed by then."""
    one_for_one()
    post(order("A1", 1000, open_account()))
    desk.seal_after(HOUR)
    lot = Lot.objects.get()

    Allocation.objects.create(entry_id=lot.entry_id, lot=lot, kind="repay", amount=1)

    assert found() == []


def test_the_nightly_job_seals_and_the_log_keeps_the_heads(caplog: pytest.LogCaptureFixture) -> None:
    now = clock.now()
    [run] = jobs.run_due(now=now, codes=["seal"])
    with caplog.at_level(logging.INFO, logger="loyalty.sealing"):
        outbox.drain(now=now)

    assert (run.state, run.counts) == (JobRun.State.DONE, {"ledger": 0, "audit": 0})
    assert [record.getMessage() for record in caplog.records if record.name == "loyalty.sealing"] == [
        f"seal {head}" for head in sealing.heads()
    ]
    assert OutboxMessage.objects.filter(topic=sealing.HEAD, delivered_at=None).count() == 0


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_a_seal_stops_before_a_transaction_that_still_runs() -> None:
    """A row made before and committed after the seal belongs to the next one."""
    one_for_one()
    account = open_account()
    slow = connections.create_connection("default")
    slow.set_autocommit(False)
    with slow.cursor() as cursor:
        cursor.execute("SELECT now()")
        began = cursor.fetchone()[0]

    post(order("A1", 15000, account))
    meanwhile = desk.seal_after(HOUR)[0]
    slow.rollback()
    slow.close()
    after = desk.seal_after(HOUR)[0]

    assert (meanwhile.rows, after.rows) == (0, 2)
    assert began - resting.LAG - timedelta(milliseconds=1) < meanwhile.until <= began - resting.LAG
    assert list(sealing.faults()) == []
