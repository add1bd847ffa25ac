"""Tags by API, and who is in which segment."""

from datetime import timedelta

import pytest

from loyalty import clock
from loyalty.models import Event, PartnerKey
from members.groups import segments
from members.models import Member, Segment, Tag, Tagging
from tests import cast
from tests.tills import Till, code, told

pytestmark = pytest.mark.django_db
GOLD = {"fact": "member.tier", "op": "eq", "value": "gold"}
Scope = PartnerKey.Scope


def tag(name: str = "vip", **known: object) -> Tag:
    return Tag.objects.create(code=name, name_zh="贵宾", name_en="VIP", **known)


def golden() -> Segment:
    return Segment.objects.create(code="golden", name_zh="金卡", name_en="Golden", condition=GOLD)


def at(member: Member, rest: str) -> str:
    return f"/members/m:{member.account.number}/{rest}"


def till(*scopes: str) -> Till:
    return Till("till", *(scopes or (Scope.MEMBERS_READ, Scope.MEMBERS_WRITE)))


def test_a_tag_is_given_read_and_taken() -> None:
    member, desk = cast.new_member(), till()
    tag(expires_days=30)

    given = desk.post(at(member, "tags"), {"tag": "vip"})
    again = desk.post(at(member, "tags"), {"tag": "vip", "days": 10})
    read = told(desk.get(at(member, "tags")))
    gone = [told(desk.delete(at(member, "tags/vip")))["removed"] for _time in range(2)]

    assert (given.status_code, again.status_code) == (201, 200)
    assert [(each["code"], each["name"], each["source"]) for each in read["tags"]] == [("vip", "VIP", "partner")]
    assert (read["member"], gone) == (member.account.number, [True, False])
    assert Event.objects.filter(kind="tag.given").count() == 1


def test_the_same_key_gives_the_tag_once() -> None:
    member, desk = cast.new_member(), till()
    tag()

    first = desk.post(at(member, "tags"), {"tag": "vip"}, key="K-1")
    Tagging.objects.all().delete()
    second = desk.post(at(member, "tags"), {"tag": "vip"}, key="K-1")

    assert (told(first), Tagging.objects.count()) == (told(second), 0)


def test_a_tag_that_has_ended_is_not_told() -> None:
    member, desk = cast.new_member(), till()
    ends = clock.now() - timedelta(seconds=1)
    Tagging.objects.create(member=member, tag=tag(), source="staff", given_at=cast.NOW, expires_at=ends)

    assert told(desk.get(at(member, "tags")))["tags"] == []


def test_tags_are_refused_in_words() -> None:
    member, desk = cast.new_member(), till()
    tag("auto", is_automatic=True)

    assert code(desk.post(at(member, "tags"), {"tag": "nope"})) == (404, "tag_not_found")
    assert code(desk.post(at(member, "tags"), {"tag": "auto"})) == (422, "tag_sets_itself")
    assert code(desk.delete(at(member, "tags/auto"))) == (422, "tag_sets_itself")
    assert code(desk.post("/members/m:1/tags", {"tag": "auto"})) == (404, "member_not_found")
    assert code(desk.post(at(member, "tags"), {"tag": "auto", "days": 0})) == (400, "must_be_positive")


def test_each_call_needs_its_scope() -> None:
    member = cast.new_member()
    tag()
    golden()
    reader, writer = till(Scope.MEMBERS_READ), till(Scope.MEMBERS_WRITE)

    assert code(reader.post(at(member, "tags"), {"tag": "vip"})) == (403, "scope_missing")
    assert code(reader.delete(at(member, "tags/vip"))) == (403, "scope_missing")
    reads = (at(member, "tags"), at(member, "segments"), "/segments", "/segments/golden/members")
    assert [code(writer.get(each)) for each in reads] == [(403, "scope_missing")] * 4


def test_segments_and_who_is_in_them() -> None:
    gold, new, desk = cast.gold_member(), cast.new_member(), till()
    segments.recount(golden(), now=cast.NOW)

    listed = told(desk.get("/segments"))["segments"]
    inside = [told(desk.get(f"/segments/golden/members/m:{each.account.number}"))["inside"] for each in (gold, new)]

    assert [(each["code"], each["name"], each["kind"], each["members"]) for each in listed] == [
        ("golden", "Golden", "dynamic", 1)
    ]
    assert inside == [True, False]
    assert told(desk.get(at(gold, "segments")))["segments"] == [{"code": "golden", "name": "Golden"}]
    assert code(desk.get("/segments/none/members")) == (404, "segment_not_found")


def test_members_of_a_segment_come_page_by_page() -> None:
    desk = till()
    people = [cast.member(f"会员{place}", phone=f"1380013900{place}") for place in range(3)]
    Segment.objects.create(code="all", name_zh="全部", name_en="All", condition={})

    first = told(desk.get("/segments/all/members", {"limit": "2"}))
    second = told(desk.get("/segments/all/members", {"limit": "2", "cursor": first["next"]}))

    numbers = [each.account.number for each in people]
    assert (first["members"], first["has_more"]) == (numbers[:2], True)
    assert (second["members"], second["next"]) == (numbers[2:], None)
    assert code(desk.get("/segments/all/members", {"cursor": "x!"})) == (400, "invalid_cursor")
    assert code(desk.get("/segments/all/members", {"limit": "0"})) == (400, "out_of_range")
