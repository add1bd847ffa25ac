"""The operators' pages of segments: live count, lists, overlap, export, and members by segment."""

import json
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from loyalty.models import AuditRecord, User
from members.groups import segments, tags
from members.models import Member, Segment, Tag, Tagging
from tests import cast, visits
from tests.conftest import Opener
from tests.pages import accessibility_faults, overflows

pytestmark = pytest.mark.django_db
GOLD = {"all": [{"fact": "member.tier", "op": "eq", "value": "gold"}]}
LIST = reverse("admin:members_segment_changelist")
PEOPLE = reverse("admin:members_member_changelist")


@pytest.fixture
def staff() -> Client:
    return signed_in(cast.operator())


def signed_in(user: User) -> Client:
    client = Client(headers={"Accept-Language": "en"})
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


def clerk(*permissions: str) -> Client:
    user = User.objects.create_user("clerk", password=cast.PASSWORD, is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    return signed_in(user)


def segment(code: str = "golden", condition: Any = GOLD, **known: object) -> Segment:
    return Segment.objects.create(code=code, name_zh=code, name_en=code.title(), condition=condition, **known)


def fixed(code: str = "listed") -> Segment:
    return segment(code, {}, kind=Segment.Kind.STATIC)


def form(code: str, kind: str, condition: object = "{}", **more: object) -> dict[str, object]:
    return {"code": code, "name_zh": code, "name_en": code, "kind": kind, "note": "", "condition": condition, **more}


def count(client: Client, condition: object, code: str = "") -> dict[str, Any]:
    told = {"condition": json.dumps(condition), "code": code}
    found: dict[str, Any] = client.post(reverse("admin:members_segment_count"), told).json()
    return found


def number(client: Client, **asked: str) -> int:
    answer = client.get(PEOPLE, asked)
    found: int = answer.context["cl"].result_count
    return found


def test_the_count_comes_while_one_types(staff: Client) -> None:
    gold, _new = cast.gold_member(), cast.new_member()

    found = count(staff, GOLD)

    assert (found["count"], found["words"], found["percent"]) == ("1", "1 of 2 members (50%)", 50.0)
    assert found["sentence"] == "tier is Gold"
    told = f"{gold.account.number} · 138****8000 · Gold"
    assert found["samples"] == [
        {"name": "林小满", "told": told, "href": reverse("admin:members_member_change", args=[gold.pk])}
    ]


def test_what_is_wrong_is_told_beside_the_field(staff: Client) -> None:
    cast.ladder()
    itself = {"all": [{"fact": segments.FACT, "op": "has_any", "value": ["golden"]}]}
    segment()

    unknown = count(staff, {"all": [{"fact": "member.shoe", "op": "eq", "value": 1}]})

    assert unknown["path"] == "all.0.fact"
    assert count(staff, itself, code="golden")["path"] == "all.0.value"
    assert staff.post(reverse("admin:members_segment_count"), {"condition": "{"}).json()["problem"] != ""


def test_the_count_is_for_those_who_may_see_segments() -> None:
    cast.gold_member()
    may, may_not = clerk("view_segment"), visits.visitor()

    assert count(may, GOLD)["samples"] == []  # but the names only for who may see members
    assert may_not.post(reverse("admin:members_segment_count"), {}).status_code == 302
    User.objects.get(username="clerk").user_permissions.clear()
    assert may.post(reverse("admin:members_segment_count"), {}).status_code == 403
    assert may.get(reverse("admin:members_segment_dimensions")).status_code == 403


def test_a_saved_segment_is_counted_and_said_in_words(staff: Client) -> None:
    cast.gold_member()

    staff.post(reverse("admin:members_segment_add"), form("golden", "dynamic", json.dumps(GOLD)))

    kept = Segment.objects.get()
    page = staff.get(LIST).content.decode()
    assert (kept.condition, kept.count) == (GOLD, 1)
    assert "tier is Gold" in page
    assert AuditRecord.objects.filter(deed="members.segment.add").count() == 1


def test_a_condition_that_cannot_be_read_is_not_saved(staff: Client) -> None:
    answer = staff.post(reverse("admin:members_segment_add"), form("bad", "dynamic", '{"all": [{"fact": "x"}]}'))

    assert Segment.objects.count() == 0
    assert "data-faults" in answer.content.decode()


def test_a_list_is_filled_by_text_and_by_file(staff: Client) -> None:
    gold, new = cast.gold_member(), cast.new_member()
    table = SimpleUploadedFile("people.csv", f"member\n{gold.account.number}\n{gold.account.number}\n".encode())
    told = form("listed", "static", references=f"{str(new.phone)[3:]}\n123", file=table)

    answer = staff.post(reverse("admin:members_segment_add"), told, follow=True)

    assert sorted(Segment.objects.get().listed.values_list("member", flat=True)) == sorted([gold.pk, new.pk])
    said = [str(each) for each in answer.context["messages"]]
    assert "2 members are new on the list." in said
    assert "2 entries are no members: 123, member" in said


def test_members_are_listed_by_segment_and_tag(staff: Client) -> None:
    gold, new = cast.gold_member(), cast.new_member()
    segment()
    segments.add(fixed(), [gold.pk, new.pk], now=cast.NOW)
    vip = Tag.objects.create(code="vip", name_zh="vip", name_en="vip")
    tags.put(tag=vip, account_ids=[new.pk], source=Tagging.Source.STAFF, now=cast.NOW)

    found = [
        number(staff, segment="golden"),
        number(staff, segment="golden,listed"),
        number(staff, segment="listed", outside="golden"),
        number(staff, tag="vip"),
    ]

    assert found == [1, 1, 1, 1]


def test_the_overlap_links_each_number_to_its_members(staff: Client) -> None:
    gold, new = cast.gold_member(), cast.new_member()
    segment()
    segments.add(fixed(), [gold.pk, new.pk], now=cast.NOW)

    answer = staff.get(reverse("admin:members_segment_overlap"), {"a": "golden", "b": "listed"})

    parts = answer.context["parts"]
    assert [part["count"] for part in parts] == [0, 1, 1, 1, 2]
    assert [
        number(staff, **dict(pair.split("=") for pair in part["href"].replace("%2C", ",").split("?")[1].split("&")))
        for part in parts
    ] == [0, 1, 1, 1, 2]


def test_the_dimensions_are_listed_and_found(staff: Client) -> None:
    page = reverse("admin:members_segment_dimensions")

    every, few = staff.get(page), staff.get(page, {"q": "order.last_on"})

    assert every.context["directory"].total > 250
    assert few.context["matching"] == 1
    assert "order.last_on" in few.content.decode()


def test_an_export_needs_its_own_permission_and_is_kept() -> None:
    cast.gold_member()
    golden = segment()
    client = clerk("view_segment")
    address = reverse("admin:members_segment_export", args=[golden.pk, "csv"])

    refused = client.get(address).status_code
    user = User.objects.get(username="clerk")
    user.user_permissions.add(Permission.objects.get(codename="export_segment"))
    answer = client.get(f"{address}?whole=1")
    body = b"".join(answer.streaming_content).decode()  # type: ignore[attr-defined]  # a streamed answer

    assert refused == 403
    assert "138****8000" in body
    assert "13800138000" not in body
    kept = AuditRecord.objects.get(deed="members.segment.exported")
    assert (kept.actor, kept.after["members"], kept.after["whole_contacts"]) == (user, 1, False)


def test_whole_contacts_are_for_those_who_may_have_them(staff: Client) -> None:
    cast.gold_member()
    golden = segment()

    answer = staff.get(reverse("admin:members_segment_export", args=[golden.pk, "csv"]), {"whole": "1"})
    body = b"".join(answer.streaming_content).decode()  # type: ignore[attr-defined]  # a streamed answer
    book = staff.get(reverse("admin:members_segment_export", args=[golden.pk, "xlsx"]))

    assert "+8613800138000" in body
    assert book["Content-Disposition"].endswith('.xlsx"')
    assert list(AuditRecord.objects.order_by("pk").values_list("after__whole_contacts", flat=True)) == [True, False]


def test_a_segment_is_frozen_and_retired_by_buttons(staff: Client) -> None:
    cast.gold_member()
    golden = segment()

    staff.post(
        reverse("admin:members_segment_freeze", args=[golden.pk]), {"code": "kept", "name_zh": "留", "name_en": "Kept"}
    )
    staff.post(reverse("admin:members_segment_retire", args=[golden.pk]))

    golden.refresh_from_db()
    assert (Segment.objects.get(code="kept").count, golden.archived_at is not None) == (1, True)


@pytest.mark.parametrize("name", ["tag_them", "list_them"])
def test_many_members_are_changed_at_once_after_a_look(staff: Client, name: str) -> None:
    gold, new = cast.gold_member(), cast.new_member()
    vip, listed = Tag.objects.create(code="vip", name_zh="vip", name_en="vip"), fixed()
    target = vip if name == "tag_them" else listed
    chosen = {"action": name, "_selected_action": [gold.pk, new.pk], "select_across": "0", "index": "0"}

    asked = staff.post(PEOPLE, chosen)
    before = Tagging.objects.count() + listed.listed.count()
    staff.post(PEOPLE, chosen | {"apply": "1", "target": target.pk})

    assert "Members chosen: 2" in asked.content.decode()
    assert before == 0
    assert Tagging.objects.count() + listed.listed.count() == 2
    kept = AuditRecord.objects.get(deed=f"members.member.{name}")
    assert (kept.after["chosen"], kept.after["changed"]) == (2, 2)


def test_a_tag_is_taken_off_all_that_a_filter_shows(staff: Client) -> None:
    gold, new = cast.gold_member(), cast.new_member()
    vip = Tag.objects.create(code="vip", name_zh="vip", name_en="vip")
    tags.put(tag=vip, account_ids=[gold.pk, new.pk], source=Tagging.Source.STAFF, now=cast.NOW)
    segment()
    across = {"action": "untag_them", "_selected_action": [gold.pk], "select_across": "1", "index": "0"}

    staff.post(f"{PEOPLE}?segment=golden", across | {"apply": "1", "target": vip.pk})

    assert list(Tagging.objects.values_list("member", flat=True)) == [new.pk]


def test_who_may_only_look_is_offered_no_deeds() -> None:
    gold = cast.gold_member()
    vip = Tag.objects.create(code="vip", name_zh="vip", name_en="vip")
    client = clerk("view_member")

    client.post(PEOPLE, {"action": "tag_them", "_selected_action": [gold.pk], "apply": "1", "target": vip.pk})

    assert Tagging.objects.count() == 0


def test_the_lists_ask_as_often_for_three_rows_as_for_one(staff: Client) -> None:
    cast.ladder()
    segment("s0")
    few = visits.queries(staff, LIST)
    segment("s1")
    segment("s2")

    assert visits.queries(staff, LIST) == few


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("language", "width", "dark"), [("en-US", 1280, False), ("zh-CN", 390, True)])
def test_a_segment_is_made_with_its_count_beside_it(
    live: str, browse: Opener, language: str, width: int, dark: bool
) -> None:
    cast.gold_member()
    cast.new_member()
    cast.operator()

    with browse(language=language, width=width, dark=dark) as page:
        page.goto("/admin/login/?next=/admin/members/segment/add/")
        page.fill("[name=username]", "operator")
        page.fill("[name=password]", cast.PASSWORD)
        page.press("[name=password]", "Enter")
        page.wait_for_selector("[data-conditions-ready]")
        page.locator(".eg-adders button").first.click()
        page.locator(".eg-leaf input").first.fill("member.tier")
        page.locator("[role=option]").first.click()
        page.locator(".eg-leaf select").nth(1).select_option("gold")
        page.wait_for_selector("[data-count-samples] li:only-child")
        counted = page.locator("[data-count-words]").inner_text()
        faults, wide = accessibility_faults(page), overflows(page)
        page.fill("[name=code]", "golden")
        page.fill("[name=name_zh]", "金卡")
        page.fill("[name=name_en]", "Gold")
        page.locator("[name=_save]").first.click()
        page.wait_for_url("**/admin/members/segment/")

    assert "50%" in counted
    assert (faults, wide) == ([], False)
    assert Segment.objects.get().condition == GOLD


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_overlap_and_dimensions_fit_a_phone(live: str, browse: Opener) -> None:
    cast.gold_member()
    segment()
    fixed()
    cast.operator()

    with browse(language="zh-CN", width=390) as page:
        page.goto("/admin/login/?next=/admin/members/segment/overlap/?a=golden%26b=listed")
        page.fill("[name=username]", "operator")
        page.fill("[name=password]", cast.PASSWORD)
        page.press("[name=password]", "Enter")
        page.wait_for_url("**/overlap/**")
        found = [accessibility_faults(page), overflows(page)]
        page.goto("/admin/members/segment/dimensions/")
        found += [accessibility_faults(page), overflows(page)]

    assert found == [[], False, [], False]


def test_members_without_segments_see_the_whole_list(staff: Client) -> None:
    cast.gold_member()

    assert (number(staff), Member.objects.count()) == (1, 1)
