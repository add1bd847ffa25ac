"""The lines of a file, kept with its wish, and done in the background once somebody agreed.

Exactly once, whatever is clicked and however often a worker dies: 500 lines are one transaction, under
the lock of the file and then of their accounts in ascending order, and a line that has its entry or
its refusal is not looked at again. A line that can't be done says why; the others go on.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import Count, Q
from django.utils import translation

from loyalty import audit, bulk, jobs, retrying
from loyalty.adjustment_files import drafts
from loyalty.adjustment_files.reading import Sheet
from loyalty.adjustment_files.refusals import AlreadyFiled, of_line
from loyalty.errors import LoyaltyError
from loyalty.events import following
from loyalty.ledger import adjusting
from loyalty.ledger.adjusting import Step
from loyalty.messaging import kinds, sending, templates
from loyalty.models import AdjustmentFile, AdjustmentLine, Approval, JobRun
from loyalty.registry import Stride

JOB = "adjust_by_file"
CHUNK = 500
STRIDE_SECONDS = 20.0
TOLD = 200  # refused rows that are kept with the wish; the report before asking has them all
DRAFTS_KEPT = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Filed:
    """A file that was read, under its name and SHA-256; ``language`` is the asker's, for what is said of lines."""

    sheet: Sheet
    file_name: str
    file_hash: str
    language: str = ""

    @property
    def terms(self) -> dict[str, Any]:
        """What the wish keeps of it beside its lines."""
        refused = [note for note in self.sheet.notes if note.outcome == "refused"]
        return {
            "file": self.file_name,
            "sha256": self.file_hash,
            "language": self.language,
            "rows": self.sheet.total_rows,
            "members": len(self.sheet.shares),
            "largest": self.sheet.largest,
            "refused": self.sheet.refused,
            "told": [[note.row, note.param, note.message] for note in refused[:TOLD]],
        }


@dataclass(frozen=True, slots=True)
class Standing:
    """How far a file is: lines in all, done, refused; and whether a worker has it, or gave up."""

    lines: int
    done: int
    refused: int
    under_way: bool
    gave_up: bool

    @property
    def percent(self) -> int:
        return 100 * (self.done + self.refused) // self.lines if self.lines else 100


def refuse_known(file_hash: str) -> None:
    """Raises ``AlreadyFiled`` where the same bytes came before."""
    known = AdjustmentFile.objects.select_related("approval").filter(file_hash=file_hash).first()
    if known is not None:
        raise AlreadyFiled(param="file", number=known.pk, state=known.approval.get_state_display())


def keep(approval: Approval, filed: Filed) -> AdjustmentFile:
    """Writes the lines beside their wish, in its transaction; of two at once, the database lets one."""
    refuse_known(filed.file_hash)
    sheet = filed.sheet
    try:
        with transaction.atomic():
            kept = AdjustmentFile.objects.create(
                approval=approval,
                file_name=filed.file_name,
                file_hash=filed.file_hash,
                currency=sheet.unit,
                given=sheet.given,
                taken=sheet.taken,
            )
    except IntegrityError:
        refuse_known(filed.file_hash)
        raise
    columns = ("file_id", "number", "account_id", "amount", "note", "refused")
    rows = [(kept.pk, line.row, line.account_id, line.amount, line.note, "") for line in sheet.lines]
    bulk.insert(AdjustmentLine, columns, rows)
    return kept


def begin(approval: Approval, *, now: datetime) -> None:
    """Hands an agreed file to a worker, in the transaction of the decision."""
    jobs.start(code=JOB, period=f"{approval.adjustment_file.pk}.1", now=now)


def go_on(*, file_id: int, now: datetime) -> bool:
    """Lets a worker try again that gave up; False where none did."""
    failed = JobRun.objects.filter(job=JOB, period__startswith=f"{file_id}.", state=JobRun.State.FAILED).first()
    return failed is not None and jobs.retry(run_id=failed.pk, now=now)


def standing(kept: AdjustmentFile) -> Standing:
    """Two small queries."""
    done, refused = Count("id", Q(entry__isnull=False)), Count("id", ~Q(refused=""))
    counts = kept.lines.aggregate(lines=Count("id"), done=done, refused=refused)
    run = JobRun.objects.filter(job=JOB, period__startswith=f"{kept.pk}.").order_by("-pk").first()
    gave_up = run is not None and run.state == JobRun.State.FAILED and run.attempts >= jobs.ATTEMPTS
    is_agreed = kept.approval.state == Approval.State.APPROVED
    return Standing(**counts, under_way=is_agreed and kept.done_at is None and not gave_up, gave_up=gave_up)


def stride(*, period: str, now: datetime) -> Stride:
    """Some twenty seconds' worth of one file; the cursor is the last row done."""
    file_id = int(period.partition(".")[0])
    deadline = time.monotonic() + STRIDE_SECONDS
    while True:
        last = retrying.atomically(partial(step, file_id, now))
        if last is None:
            return Stride("")
        if time.monotonic() >= deadline:
            return Stride(str(last))


def step(file_id: int, now: datetime) -> int | None:
    """The next lines of an agreed file in one transaction; the last row of them, or ``None`` at its end."""
    kept = hold(file_id)
    if kept is None or kept.done_at is not None or kept.approval.state != Approval.State.APPROVED:
        return None
    lines = list(kept.lines.filter(entry=None, refused="").order_by("number")[:CHUNK])
    if not lines:
        _finish(kept, now)
        return None
    _do(kept, lines, now)
    return lines[-1].number


def hold(file_id: int) -> AdjustmentFile | None:
    """Locks the file, so that of two workers one waits and then finds the lines done."""
    rows = AdjustmentFile.objects.select_for_update(no_key=True, of=("self",))
    return rows.select_related("approval__asked_by", "currency").filter(pk=file_id).first()


def forget(*, now: datetime) -> int:
    """Deletes uploads that nobody asked for."""
    return drafts.forget(before=now - DRAFTS_KEPT)


def _do(kept: AdjustmentFile, lines: Sequence[AdjustmentLine], now: datetime) -> None:
    reason = kept.approval.reason[:120]
    steps = [Step(line.account_id, line.amount, line.note or reason) for line in lines]
    with translation.override(kept.approval.terms.get("language") or translation.get_language()):
        outcomes = adjusting.adjust_many(steps=steps, unit=kept.currency, now=now)
        refused = [
            (o.pk, of_line(r)[:200]) for o, r in zip(lines, outcomes, strict=True) if isinstance(r, LoyaltyError)
        ]
    done = [(line.pk, entry) for line, entry in zip(lines, outcomes, strict=True) if isinstance(entry, UUID)]
    bulk.update(AdjustmentLine, ("id", "entry_id"), done)
    bulk.update(AdjustmentLine, ("id", "refused"), refused)
    made = {line_id for line_id, _entry in done}
    following.tell({line.account_id for line in lines if line.pk in made}, now=now)
    _tell(kept, [(line, step.reason) for line, step in zip(lines, steps, strict=True) if line.pk in made], now)


def _tell(kept: AdjustmentFile, done: Sequence[tuple[AdjustmentLine, str]], now: datetime) -> None:
    """Members hear of it with the reason, where a template is in use."""
    unit = kinds.both(kept.currency.name_zh, kept.currency.name_en)
    notes = [
        note
        for template in templates.in_use(kinds.ADJUSTED)
        for line, reason in done
        for note in sending.notes(
            template,
            {line.account_id: {"points": f"{line.amount:+,}", "unit": unit, "reason": reason}},
            key=f"adjustment-line:{line.pk}",
        )
    ]
    sending.queue(notes, now=now)


def _finish(kept: AdjustmentFile, now: datetime) -> None:
    AdjustmentFile.objects.filter(pk=kept.pk).update(done_at=now)
    found = standing(kept)
    audit.record(
        deed="adjustment_file.done",
        subject=audit.name_of(kept),
        actor=kept.approval.asked_by,
        after={"lines": found.lines, "done": found.done, "refused": found.refused},
        reason=kept.approval.reason,
        now=now,
    )
