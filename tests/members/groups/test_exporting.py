"""Files of members: masked, harmless to spreadsheets, bounded as workbooks."""

import openpyxl
import pytest

from members.groups import exporting, segments
from members.models import Member
from tests import cast

pytestmark = pytest.mark.django_db


def test_contacts_are_masked_unless_whole_ones_are_asked_for() -> None:
    member = cast.new_member()
    Member.objects.filter(pk=member.pk).update(email="lin@example.com")

    masked, whole = (next(exporting.rows(segments.everyone(), whole=each))[2:4] for each in (False, True))

    assert masked == ["139****9000", "l***@example.com"]
    assert whole == [member.phone, "lin@example.com"]


def test_a_name_is_never_a_formula() -> None:
    member = cast.new_member()
    Member.objects.filter(pk=member.pk).update(name="=HYPERLINK(1)")

    line = list(exporting.lines(segments.everyone(), whole=False))[1]
    cells = next(
        openpyxl.load_workbook(exporting.book(segments.everyone(), whole=False))
        .worksheets[0]
        .iter_rows(min_row=2, values_only=True)
    )

    assert line.split(",")[:2] == [member.account.number, "'=HYPERLINK(1)"]
    assert cells[:2] == (member.account.number, "'=HYPERLINK(1)")


def test_a_workbook_is_bounded_and_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    cast.new_member()
    monkeypatch.setattr(exporting, "LONGEST_BOOK", 0)

    with pytest.raises(exporting.BookTooLong) as refused:
        exporting.book(segments.everyone(), whole=False)

    assert refused.value.numbers == {"limit": 0, "count": 1}
