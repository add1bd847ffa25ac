"""The members of a segment as a file: CSV of any length, or a workbook of up to 50,000 rows.

Rows come one by one, so that a million costs no memory. Contacts are masked unless whole ones are asked
for. Text that a spreadsheet would take for a formula is written with an apostrophe in front.
"""

import csv
import io
from collections.abc import Iterator, Sequence

import openpyxl
from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from loyalty.errors import LoyaltyError
from loyalty.imports.reporting import MARK, safe
from members.entering import phones
from members.models import Member

LONGEST_BOOK = 50_000
CHUNK = 2000


class BookTooLong(LoyaltyError):
    code = "workbook_too_long"
    sentence = gettext_lazy(
        "A workbook holds at most %(limit)s members; these are %(count)s. Please take the CSV file instead."
    )


def header() -> list[str]:
    return [_("number"), _("name"), _("phone"), _("e-mail"), _("tier"), _("joining day"), _("language")]


def rows(members: QuerySet[Member], *, whole: bool) -> Iterator[list[str]]:
    """One row a member in order of number of joining; ``whole``: contacts unmasked."""
    found = members.select_related("account", "tier").order_by("pk")
    for member in found.iterator(chunk_size=CHUNK):
        phone, email = member.phone or "", member.email or ""
        yield [
            member.account.number,
            member.name,
            phone if whole or not phone else phones.mask(phone),
            email if whole or not email else masked(email),
            str(member.tier) if member.tier else "",
            member.joined_on.isoformat(),
            member.language,
        ]


def masked(email: str) -> str:
    """``lin@example.com`` → ``l***@example.com``."""
    name, _at, host = email.partition("@")
    return f"{name[:1]}***@{host}"


def lines(members: QuerySet[Member], *, whole: bool) -> Iterator[str]:
    """The file as CSV, line by line."""
    yield MARK + _line(header())
    for row in rows(members, whole=whole):
        yield _line(row)


def book(members: QuerySet[Member], *, whole: bool) -> io.BytesIO:
    """The file as a workbook; raises ``BookTooLong``."""
    count = members.count()
    if count > LONGEST_BOOK:
        raise BookTooLong(limit=LONGEST_BOOK, count=count)
    made = openpyxl.Workbook(write_only=True)
    sheet = made.create_sheet(_("Members"))
    for row in [header(), *rows(members, whole=whole)]:
        sheet.append([safe(cell) for cell in row])
    out = io.BytesIO()
    made.save(out)
    out.seek(0)
    return out


def _line(cells: Sequence[str]) -> str:
    out = io.StringIO()
    csv.writer(out).writerow([safe(cell) for cell in cells])
    return out.getvalue()
