"""Small files of adjustments, and asking for one in one call."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from loyalty import accounts, jobs, thresholds
from loyalty.adjustment_files import carrying, filing, reading
from loyalty.adjustment_files.filing import Upload
from loyalty.adjustment_files.reading import Sheet
from loyalty.imports import files
from loyalty.models import Account, AdjustmentFile, AdjustmentLine, Approval, Threshold, User
from tests.loyalty import desk
from tests.loyalty.imports import table
from tests.loyalty.till import NOW

HEADER = ("member", "points", "note")
ALONE, A_DAY = 1000, 1500
Rows = Sequence[Sequence[Any]]


def person(name: str, role: str, **columns: Any) -> User:
    """Somebody of the staff; their role does files of 1,000 alone and 1,500 a day."""
    user = desk.person(name, role, **columns)
    Threshold.objects.get_or_create(
        group=desk.role(role),
        deed=thresholds.Deed.BULK,
        defaults={"points_alone": ALONE, "points_a_day": A_DAY, "may_approve": role == "supervisor"},
    )
    return user


def text(rows: Rows, header: Sequence[str] = HEADER) -> bytes:
    return table.text(rows, header=header)


def row(account: Account, points: object, note: str = "") -> tuple[str, object, str]:
    return account.number, points, note


def read(data: bytes, *, currency: str = "points", partner_id: int | None = None, own: Sequence[int] = ()) -> Sheet:
    unit = accounts.currencies()[currency]
    return reading.read(files.open_table(data, most_rows=reading.MOST_ROWS), unit=unit, partner_id=partner_id, own=own)


def told(sheet: Sheet) -> list[tuple[int, str, str, str]]:
    """Row, outcome, column and code of everything there is to say."""
    return [(note.row, note.outcome, note.param, note.fault.code if note.fault else "") for note in sheet.notes]


def ask(by: User, rows: Rows, *, now: datetime = NOW, name: str = "sorry.csv", **more: Any) -> Approval:
    wish = {"reason": "the app was down", "currency": "points", "partner_id": None, **more}
    upload = Upload(text(rows), name, wish.pop("currency"), wish.pop("partner_id"))
    return filing.ask(upload, by=by, now=now, **wish)


def work(*, now: datetime = NOW) -> None:
    """What a worker does of files that were begun."""
    jobs.run_due(now=now + timedelta(seconds=1), codes=[carrying.JOB])


def file_of(approval: Approval) -> AdjustmentFile:
    return AdjustmentFile.objects.get(approval=approval)


def lines(approval: Approval) -> list[tuple[int, int, int | None, str]]:
    """Row, points, the amount of its entry and why it was left out."""
    rows = AdjustmentLine.objects.filter(file__approval=approval).order_by("number")
    return list(rows.values_list("number", "amount", "entry__amount", "refused"))
