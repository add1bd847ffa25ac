"""Taking a file of adjustments in: what it would do, and asking for it."""

from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import get_language

from loyalty import accounts, approvals, audit
from loyalty.adjustment_files import carrying, reading
from loyalty.adjustment_files.reading import Sheet
from loyalty.adjustment_files.refusals import NothingLeft, RowsRefused
from loyalty.imports import files
from loyalty.models import AdjustmentFile, Approval, User


@dataclass(frozen=True, slots=True)
class Upload:
    """A file from outside: its bytes, what it is called, which unit it moves, and whose ids ``x:`` are."""

    data: bytes
    file_name: str
    currency: str = "points"
    partner_id: int | None = None


def look(upload: Upload, *, by: User) -> Sheet:
    """What the file would do, with a note for each row that is left out or worth a second look.

    Raises ``AlreadyFiled`` and what is wrong with the file as a whole.
    """
    carrying.refuse_known(files.fingerprint(upload.data))
    unit = accounts.currencies().get(upload.currency)
    if unit is None:
        raise approvals.UnitUnknown(param="currency", unit=upload.currency)
    table = files.open_table(upload.data, most_rows=reading.MOST_ROWS)
    return reading.read(table, unit=unit, partner_id=upload.partner_id, own=approvals.own_accounts(by))


def ask(
    upload: Upload,
    *,
    reason: str,
    by: User,
    now: datetime,
    skip_refused: bool = False,
    token: str = "",
    origin: audit.Origin = audit.NOWHERE,
) -> Approval:
    """Asks for the whole file: begun at once within the asker's limits, else waiting for another person.

    Rows that can't be done stop it unless ``skip_refused``. The same ``token`` again gives the first
    answer. Raises what ``look`` and ``approvals.ask_file`` do.
    """
    known = Approval.objects.filter(asked_by=by, terms__token=token).first() if token else None
    if known is not None:
        return known
    sheet = look(upload, by=by)
    if not sheet.lines:
        raise NothingLeft
    if sheet.refused and not skip_refused:
        raise RowsRefused(param="skip_refused", count=sheet.refused)
    digest = files.fingerprint(upload.data)
    filed = carrying.Filed(sheet, upload.file_name[-200:], digest, get_language() or "")
    return approvals.ask_file(filed=filed, reason=reason, by=by, now=now, token=token, origin=origin)


def of(approval: Approval) -> AdjustmentFile | None:
    """The file of a wish, where it is one."""
    return AdjustmentFile.objects.filter(approval=approval).select_related("approval", "currency").first()
