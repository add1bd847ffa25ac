"""A member's own copy of everything that is kept of them: one ZIP of JSON, tables for spreadsheets, pictures.

Written row by row, so its size does not matter to memory; nothing of it stays on our disks. Cells that a
spreadsheet would compute are written with an apostrophe in front. The trail keeps that a copy was made.
"""

import csv
import io
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from tempfile import SpooledTemporaryFile
from typing import IO, Any
from zipfile import ZIP_DEFLATED, ZipFile

from django.core.serializers.json import DjangoJSONEncoder
from django.utils.translation import gettext as _

from loyalty import accounts, audit, limits
from loyalty.audit import NOWHERE, Origin
from loyalty.imports.reporting import MARK, safe
from loyalty.models import Account, User
from loyalty.personal import Dossier, Table
from members.privacy import persons

IN_MEMORY = 4 * 1024 * 1024
A_DAY = 20
Kept = Sequence[tuple[Dossier, Sequence[Table]]]


def make(
    account_id: int, *, now: datetime, by: User | None = None, reason: str = "", origin: Origin = NOWHERE
) -> IO[bytes]:
    """The copy, ready to be read from its beginning; the caller closes it, and it is gone.

    At most so many a day. Call it outside a transaction. Raises ``TooManyTries``.
    """
    limits.hit(bucket=f"export:{account_id}", limit=A_DAY, per_seconds=24 * 3600, now=now)
    account = Account.objects.get(pk=account_id)
    audit.record(
        deed="members.data.exported",
        subject=audit.name_of(account),
        actor=by,
        reason=reason,
        now=now,
        **origin._asdict(),
    )
    target: IO[bytes] = SpooledTemporaryFile(max_size=IN_MEMORY)  # noqa: SIM115  # handed to who sends it
    try:
        write(target, account_id, now=now)
        target.seek(0)
    except BaseException:
        target.close()
        raise
    return target


def write(target: IO[bytes], account_id: int, *, now: datetime) -> None:
    """Writes the ZIP: ``data.json`` with everything, a CSV for each table that has rows, the pictures."""
    account_ids = sorted(accounts.family(account_id))
    kept = list(persons.tell(account_ids))
    with ZipFile(target, "w", ZIP_DEFLATED) as archive:
        archive.writestr("README.txt", _about(kept, now))
        with archive.open("data.json", "w", force_zip64=True) as stream:
            for piece in document(kept, now):
                stream.write(piece.encode())
        for dossier, table in _tables(kept):
            if table.count():
                with archive.open(f"{dossier.code}/{table.code}.csv", "w", force_zip64=True) as stream:
                    for line in lines(table):
                        stream.write(line.encode())
        for attachment in persons.files(account_ids):
            with attachment.open() as source:
                archive.writestr(f"pictures/{attachment.name}", source.read())


def document(kept: Kept, now: datetime) -> Iterator[str]:
    """Everything as one JSON object, row by row: app → table → rows, columns by their names in our tables."""
    yield f'{{"made_at": {_plain(now)}'
    for dossier, tables in kept:
        yield f", {_plain(dossier.code)}: {{"
        for place, table in enumerate(tables):
            names = [name for name, _title in table.columns]
            yield f"{', ' if place else ''}{_plain(table.code)}: ["
            for number, row in enumerate(table.rows()):
                yield f"{',' if number else ''}\n  {_plain(dict(zip(names, row, strict=True)))}"
            yield "]"
        yield "}"
    yield "}\n"


def lines(table: Table) -> Iterator[str]:
    """A table as CSV, line by line, with the titles of its columns in the reader's language."""
    yield MARK + _line(str(title) for _name, title in table.columns)
    for row in table.rows():
        yield _line(safe(_cell(value)) for value in row)


def _tables(kept: Kept) -> Iterator[tuple[Dossier, Table]]:
    for dossier, tables in kept:
        for table in tables:
            yield dossier, table


def _about(kept: Kept, now: datetime) -> str:
    head = _("Your data, as it was kept on %(at)s (UTC).") % {"at": f"{now:%Y-%m-%d %H:%M}"}
    what = _("data.json holds everything; the tables are the same for spreadsheets. Money is in minor units.")
    parts = [f"{dossier.code}/  {dossier.label}" for dossier, _tables_of in kept]
    return "\n".join([head, what, "", *parts, ""])


def _plain(value: Any) -> str:
    return json.dumps(value, cls=DjangoJSONEncoder, ensure_ascii=False)


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, Mapping | list):
        return _plain(value)
    return value.isoformat() if isinstance(value, datetime) else str(value)


def _line(cells: Iterable[str]) -> str:
    stream = io.StringIO()
    csv.writer(stream).writerow(list(cells))
    return stream.getvalue()
