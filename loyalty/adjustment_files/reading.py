"""A file of adjustments, read strictly: which member, how many points, and a note for them.

Nothing is guessed. A row that can't be done says why and is left out; the same member twice counts
twice and is pointed out. Members are named by number, ``m:``, ``p:`` (phone) or ``x:`` (a partner's
own customer id), as tills name them.
"""

import re
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from loyalty import bulk, faults
from loyalty.adjustment_files.refusals import (
    Again,
    NoPoints,
    NotWhole,
    OwnPoints,
    PartnerMissing,
    Suspended,
    UnknownMember,
)
from loyalty.errors import LoyaltyError
from loyalty.events import customers
from loyalty.faults import Fault
from loyalty.imports import cells
from loyalty.imports.files import Table
from loyalty.imports.refusals import ChangedByExcel, DoubledColumn, LeadingZerosLost, MissingColumns, NoRows
from loyalty.imports.tables import Row
from loyalty.imports.wording import Note
from loyalty.models import Account, Currency

MOST_ROWS = 10_000
MOST = 10**9
LONGEST_NOTE = 120
NUMBER_LENGTH = 12  # digits of a member number
COLUMNS: Mapping[str, tuple[str, ...]] = {
    "member": ("member", "membernumber", "memberno", "会员", "会员号", "会员编号", "卡号", "手机号", "phone"),
    "points": ("points", "amount", "积分", "分值", "数量", "成长值"),
    "note": ("note", "reason", "memo", "备注", "说明", "原因"),
}
NEEDED = ("member", "points")
WHOLE = re.compile(r"(?P<sign>[-+−]?)(?P<body>\d{1,15}|\d{1,3}(?:,\d{3})+)(?:\.0+)?", re.ASCII)
REFUSED, REPEATED, SUSPENDED = "refused", "repeated", "suspended"


@dataclass(frozen=True, slots=True)
class Line:
    """A row that can be done."""

    row: int
    account_id: int
    amount: int
    note: str


@dataclass(frozen=True)
class Sheet:
    """A whole file, read: what it asks for, and what there is to say of some of its rows."""

    unit: Currency
    lines: Sequence[Line]
    notes: Sequence[Note]
    total_rows: int

    @cached_property
    def given(self) -> int:
        return sum(line.amount for line in self.lines if line.amount > 0)

    @cached_property
    def taken(self) -> int:
        return -sum(line.amount for line in self.lines if line.amount < 0)

    @property
    def total(self) -> int:
        """Its size for the limits: what it gives and what it takes, added."""
        return self.given + self.taken

    @cached_property
    def shares(self) -> Mapping[int, int]:
        """How many points each account gives or gets in all."""
        found: Counter[int] = Counter()
        for line in self.lines:
            found[line.account_id] += abs(line.amount)
        return found

    @property
    def largest(self) -> int:
        """The largest single row, signed."""
        return max((line.amount for line in self.lines), key=abs, default=0)

    @property
    def refused(self) -> int:
        return self.total_rows - len(self.lines)


@dataclass(slots=True)
class _Draft:
    """A row whose cells are sound; who it is about is not looked up yet."""

    row: int
    reference: str
    amount: int
    note: str


def read(table: Table, *, unit: Currency, partner_id: int | None, own: Collection[int] = ()) -> Sheet:
    """Every row of a file. Raises what is wrong with the file; what is wrong with rows is noted.

    ``own`` are accounts of whoever asks, which nobody adjusts for themselves.
    """
    places = _places(table.header)
    notes: list[Note] = []
    drafts: list[_Draft] = []
    rows = 0
    for row in table.rows:
        rows += 1
        try:
            drafts.append(_draft(row, places, partner_id))
        except Fault as fault:
            notes.append(Note.of(row.number, fault, REFUSED))
    if not rows:
        raise NoRows
    lines = list(_lines(drafts, notes, partner_id, own))
    return Sheet(unit, lines, sorted(notes, key=lambda note: note.row), rows)


def _places(header: Sequence[str]) -> dict[str, int]:
    """Which column is what, by its name in English or Chinese."""
    plain = [re.sub(r"[\W_]+", "", name.lower()) for name in header]
    found: dict[str, int] = {}
    for code, names in COLUMNS.items():
        fitting = [place for place, name in enumerate(plain) if name in names]
        if len(fitting) > 1:
            raise DoubledColumn(columns=", ".join(f"“{header[place]}”" for place in fitting))
        if fitting:
            found[code] = fitting[0]
    missing = [code for code in NEEDED if code not in found]
    if missing and not any(header):
        raise NoRows
    if missing:
        known = ", ".join(name for name in header if name)
        raise MissingColumns(columns=", ".join(f"“{name}”" for name in missing), known=known)
    return found


def _draft(row: Row, places: Mapping[str, int], partner_id: int | None) -> _Draft:
    if row.fault is not None:
        raise row.fault
    note = row.cells[places["note"]] if "note" in places else ""
    return _Draft(
        row=row.number,
        reference=_reference(row.cells[places["member"]], partner_id),
        amount=points(row.cells[places["points"]]),
        note=cells.text(note, "note", LONGEST_NOTE),
    )


def _reference(raw: str, partner_id: int | None) -> str:
    """A member as tills name them; a phone that a spreadsheet changed says so with its scheme, too."""
    value = cells.identifier(raw, "member")
    scheme, name = customers.split(value)
    if not cells.identifier(name, "member"):
        raise faults.Required(param="member")
    if scheme == "external" and partner_id is None:
        raise PartnerMissing(param="member")
    return value


def points(raw: str) -> int:
    """Signed whole points. A formula, a fraction or a sum of money is none."""
    value = raw.strip()
    if not value:
        raise faults.Required(param="points")
    if cells.SCIENTIFIC.fullmatch(value):
        raise ChangedByExcel(param="points")
    found = WHOLE.fullmatch(value)
    if found is None:
        raise NotWhole(param="points")
    size = int(found["body"].replace(",", ""))
    if not size:
        raise NoPoints(param="points")
    if size > MOST:
        raise faults.OutOfRange(param="points", minimum=-MOST, maximum=MOST)
    return size if found["sign"] in ("", "+") else -size


@dataclass(slots=True)
class _Known:
    """Who the rows are about, looked up at once."""

    accounts: Mapping[str, int]
    statuses: Mapping[int, str]
    padded: Collection[str]
    seen: dict[int, int] = field(default_factory=dict)

    @classmethod
    def load(cls, references: set[str], partner_id: int | None) -> "_Known":
        """One query for each kind of name, and two more."""
        found = customers.resolve(references, partner_id=partner_id)
        rows = Account.objects.filter(bulk.among("id", sorted(set(found.values()))))
        short = {_number(each) for each in references - found.keys()} - {""}
        real = Account.objects.filter(number__in={each.zfill(NUMBER_LENGTH) for each in short})
        padded = set(real.values_list("number", flat=True)) if short else set()
        return cls(found, dict(rows.values_list("id", "status")), padded)

    def account(self, reference: str) -> int:
        """The account; raises what speaks against it."""
        account_id = self.accounts.get(reference)
        if account_id is None and _number(reference).zfill(NUMBER_LENGTH) in self.padded:
            raise LeadingZerosLost(param="member", expected=NUMBER_LENGTH)
        if account_id is None or self.statuses.get(account_id) == Account.Status.CLOSED:
            raise UnknownMember(param="member")
        return account_id


def _number(reference: str) -> str:
    """The digits of what may be a member number that lost its zeros, or ""."""
    scheme, name = customers.split(reference)
    return name if scheme in ("", "number") and name.isdecimal() and len(name) < NUMBER_LENGTH else ""


def _lines(drafts: Sequence[_Draft], notes: list[Note], partner_id: int | None, own: Collection[int]) -> Iterator[Line]:
    known = _Known.load({draft.reference for draft in drafts}, partner_id)
    for draft in drafts:
        try:
            account_id = known.account(draft.reference)
            _refuse_own(account_id, own)
        except LoyaltyError as refusal:
            notes.append(Note.of(draft.row, refusal, REFUSED))
            continue
        first = known.seen.setdefault(account_id, draft.row)
        if first != draft.row:
            notes.append(Note.of(draft.row, Again(param="member", first=first), REPEATED))
        elif known.statuses[account_id] == Account.Status.FROZEN:
            notes.append(Note.of(draft.row, Suspended(param="member"), SUSPENDED))
        yield Line(draft.row, account_id, draft.amount, draft.note)


def _refuse_own(account_id: int, own: Collection[int]) -> None:
    if account_id in own:
        raise OwnPoints(param="member")
