"""One stream over all strands: in order, nothing twice and nothing left out, whatever the page."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loyalty.personal import Moment, Strand
from loyalty.registry import registry
from members import timeline
from tests import cast
from tests.loyalty import till
from tests.loyalty.till import NOW
from tests.members.privacy import canaries

Rows = dict[str, list[int]]


def strands(rows: Rows) -> list[Strand]:
    """Strands whose moments lie so many minutes back."""

    def one(code: str, minutes: Sequence[int]) -> Strand:
        told = [Moment(NOW - timedelta(minutes=each), f"{at:03}", code) for at, each in enumerate(minutes)]
        told.sort(key=lambda moment: (moment.at, moment.key), reverse=True)

        def moments(_ids: Collection[int], before: datetime | None, limit: int) -> Sequence[Moment]:
            return [each for each in told if before is None or each.at <= before][:limit]

        return Strand(code, code, "x", moments, "")

    return [one(code, minutes) for code, minutes in rows.items()]


def walk(rows: Rows, length: int) -> list[tuple[datetime, str, str]]:
    found, cursor = [], ""
    for _page in range(60):
        page = timeline.read([1], strands(rows), cursor=cursor, length=length)
        found += [(line.moment.at, line.strand.code, line.moment.key) for line in page.lines]
        cursor = page.next
        if not cursor:
            return found
    raise AssertionError


@given(st.dictionaries(st.sampled_from("abc"), st.lists(st.integers(0, 3), max_size=8), max_size=3), st.integers(1, 7))
def test_walking_page_by_page_is_reading_all_at_once(rows: Rows, length: int) -> None:
    """Many things happen in one instant; each is met once, in order."""
    everything = walk(rows, 100)

    found = walk(rows, length)

    assert found == everything
    assert len(found) == sum(len(each) for each in rows.values())
    assert found == sorted(found, reverse=True)


@pytest.mark.parametrize(
    "cursor", ["", "x", "2026-01-01~1", "2026-01-01T00:00:00+00:00~x", "2026-01-01T00:00:00+00:00~-1"]
)
def test_a_cursor_that_is_none_begins_at_the_newest(cursor: str) -> None:
    page = timeline.read([1], strands({"a": [0, 1]}), cursor=cursor)

    assert [line.moment.at for line in page.lines] == [NOW, NOW - timedelta(minutes=1)]


@pytest.mark.django_db
def test_every_strand_tells_what_there_is_newest_first_and_keeps_to_its_limit() -> None:
    till.one_for_one()
    cast.ladder()
    member = canaries.somebody()
    canaries.mark_person(member)
    canaries.mark_words(member)

    told = {each.code: list(each.moments([member.pk], None, 50)) for each in registry.all(Strand)}
    cut = {each.code: list(each.moments([member.pk], None, 1)) for each in registry.all(Strand)}

    empty = {code for code, moments in told.items() if not moments}
    assert empty <= {"tiers", "mall", "community", "wishes", "deeds", "leaving"}
    assert cut == {code: moments[:1] for code, moments in told.items()}
    for moments in told.values():
        assert moments == sorted(moments, key=lambda each: (each.at, each.key), reverse=True)
        assert [each for each in moments if not str(each.title)] == []
