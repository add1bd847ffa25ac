"""A member's own copy: complete, readable by machines and by spreadsheets, and of nobody else."""

import csv
import io
import json
from typing import Any
from zipfile import ZipFile

import pytest
from django.utils import translation

from loyalty.limits import TooManyTries
from loyalty.models import AuditRecord
from members.models import Consent, Member
from members.privacy import exporting
from tests import cast
from tests.loyalty import till
from tests.loyalty.till import NOW
from tests.members.privacy import canaries

pytestmark = pytest.mark.django_db


def copy_of(member: Member) -> ZipFile:
    target = io.BytesIO()
    exporting.write(target, member.pk, now=NOW)
    return ZipFile(target)


def told(archive: ZipFile) -> Any:
    return json.loads(archive.read("data.json"))


def test_everything_marked_is_in_the_copy() -> None:
    """PIPL 45: whatever bears their mark and is theirs is told, pictures included."""
    till.one_for_one()
    member = canaries.somebody()
    canaries.mark_person(member)
    canaries.mark_words(member)

    archive = copy_of(member)

    found = told(archive)
    assert set(found) == {"made_at", "loyalty", "members", "rewards", "community", "wechat"}
    assert found["members"]["member"][0]["name"] == canaries.NAME
    assert (found["members"]["pet"][0]["name"], found["members"]["address"][0]["street"]) == (
        "金丝雀毛毛",
        "金丝雀路8号",
    )
    assert [row["payload"]["metadata"] for row in found["loyalty"]["event"] if row["kind"] == "order.paid"] == [
        {"note": "金丝雀乔安娜 请送"}
    ] * 2
    assert found["loyalty"]["given"][0]["memo"] == "金丝雀祝你生日快乐"
    assert len([name for name in archive.namelist() if name.startswith("pictures/")]) == 1
    assert archive.testzip() is None


def test_nobody_else_is_in_it() -> None:
    till.one_for_one()
    member = canaries.somebody()
    canaries.mark_words(member)
    other = Member.objects.exclude(pk=member.pk).get()

    text = copy_of(member).read("data.json").decode()

    assert [word for word in (other.name, str(other.phone), other.account.number) if word in text] == []


def test_each_table_is_a_spreadsheet_with_titles_and_no_formula() -> None:
    """1.2.10: a cell that would be computed begins with an apostrophe."""
    member = cast.member("=HYPERLINK(1)")

    with translation.override("en"):
        text = copy_of(member).read("members/member.csv").decode("utf-8-sig")

    head, row = list(csv.reader(io.StringIO(text)))
    assert (head[:4], row[1], row[2]) == (["number", "name", "phone", "e-mail"], "'=HYPERLINK(1)", "+8613800138000")


def test_tables_without_rows_are_left_out_of_the_spreadsheets_only() -> None:
    archive = copy_of(cast.member())

    assert "members/pet.csv" not in archive.namelist()
    assert told(archive)["members"]["pet"] == []


def test_a_copy_is_in_the_trail_and_not_made_without_end() -> None:
    member = cast.member()

    exporting.make(member.pk, now=NOW, by=member.user).close()

    assert AuditRecord.objects.get(deed="members.data.exported").subject == f"loyalty.account:{member.pk}"
    for _try in range(exporting.A_DAY - 1):
        exporting.make(member.pk, now=NOW).close()
    with pytest.raises(TooManyTries):
        exporting.make(member.pk, now=NOW)
    assert Consent.objects.filter(member=member).count() == 1


def test_the_number_of_statements_does_not_grow_with_the_rows(django_assert_max_num_queries: Any) -> None:
    till.one_for_one()
    member = canaries.somebody()
    for number in range(20):
        till.post(till.order(f"M-{number}", 100, member.account))

    with django_assert_max_num_queries(130):
        copy_of(member)
