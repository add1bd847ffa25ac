"""The member's page in the back office: one view of everything, with what is private masked."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Group, Permission
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from playwright.sync_api import Page

from loyalty.models import AuditRecord, Message, MessageTemplate, User
from members.admin import facets
from members.models import Erasure, Member, Picture, StaffNote
from members.privacy import wishes
from members.profile import pictures
from tests import cast
from tests.loyalty import till
from tests.members.privacy import canaries
from tests.pages import accessibility_faults, overflows

pytestmark = pytest.mark.django_db
ENGLISH = {"Accept-Language": "en"}


@pytest.fixture
def staff() -> Client:
    client = Client()
    client.force_login(cast.operator())
    return client


@pytest.fixture
def member() -> Member:
    till.one_for_one()
    cast.ladder()
    person = canaries.somebody()
    canaries.mark_person(person)
    canaries.mark_words(person)
    return person


def address(member: Member, page: str = "change") -> str:
    return reverse(f"admin:members_member_{page}", args=[member.pk])


def look(client: Client, member: Member, **query: Any) -> Any:
    return client.get(address(member), query, headers=ENGLISH)


@pytest.mark.parametrize("tab", facets.TABS)
def test_every_part_opens(staff: Client, member: Member, tab: str) -> None:
    answer = look(staff, member, tab=tab)

    assert (answer.status_code, answer.context["tab"]) == (200, tab)
    assert answer.content.decode().count('aria-current="page"') >= 1


def test_the_card_says_who_it_is_and_what_they_are_worth(staff: Client, member: Member) -> None:
    answer = look(staff, member)

    page = answer.content.decode()
    figures = [each["value"] for each in answer.context["kpis"]]
    words = (canaries.NAME, "VIP", "membership terms and privacy notice", "Starter")
    assert [word for word in words if word not in page] == []
    assert figures == ["¥300.00", 2, 290, 0]


def test_phone_and_mail_are_masked_until_a_reason_was_given(staff: Client, member: Member) -> None:
    """14.2.4: masked by default; revealed for a reason that the trail keeps, to that person alone."""
    hidden = [look(staff, member, tab=tab).content.decode() for tab in facets.TABS]
    refused = staff.post(address(member, "reveal"), {"reason": ""})
    staff.post(address(member, "reveal"), {"reason": "asked at the till"})
    shown = look(staff, member, tab="person").content.decode()

    secrets = ("139 1111 2222", "+8613911112222", canaries.EMAIL, "金丝雀路8号")
    assert [secret for secret in secrets for page in hidden if secret in page] == []
    assert (refused.status_code, "139 1111 2222" in shown, canaries.EMAIL in shown) == (200, True, True)
    record = AuditRecord.objects.get(deed="members.contacts.seen")
    assert (record.reason, record.subject) == ("asked at the till", f"members.member:{member.pk}")
    other = Client()
    other.force_login(User.objects.create_superuser("second", password=cast.PASSWORD))
    assert "139 1111 2222" not in look(other, member).content.decode()


def test_what_was_seen_is_masked_again_after_a_while(
    staff: Client, member: Member, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("loyalty.clock.now", lambda: till.NOW)
    staff.post(address(member, "reveal"), {"reason": "x"})
    seen = "139 1111 2222" in look(staff, member).content.decode()
    monkeypatch.setattr("loyalty.clock.now", lambda: till.NOW + timedelta(minutes=11))

    assert (seen, "139 1111 2222" in look(staff, member).content.decode()) == (True, False)


@pytest.mark.parametrize(
    ("role", "answers"),
    [
        (("view_member",), (403, False)),
        (("view_member", "change_member"), (403, False)),
        (("view_member", "reveal_contacts"), (302, True)),
    ],
)
def test_contacts_are_shown_to_roles_that_may_reveal_them_and_to_no_other(
    member: Member, role: tuple[str, ...], answers: tuple[int, bool]
) -> None:
    """14.2.4: reveal takes a permission of its own, which changing members does not bring."""
    Member.objects.filter(pk=member.pk).update(guardian_name="周妈妈", guardian_contact="+8613500135000")
    group = Group.objects.create(name="role")
    group.permissions.set(Permission.objects.filter(codename__in=role))
    user = User.objects.create_user("colleague", password=cast.PASSWORD, is_staff=True)
    user.groups.add(group)
    client = Client()
    client.force_login(user)

    hidden = look(client, member).content.decode()
    pressed = client.post(address(member, "reveal"), {"reason": "asked at the till"})
    shown = look(client, member).content.decode()

    assert ("139 1111 2222" in hidden, "135****5000" in hidden, "+8613500135000" in hidden) == (False, True, False)
    assert (pressed.status_code, "139 1111 2222" in shown) == answers
    assert ("+8613500135000" in shown, AuditRecord.objects.filter(deed="members.contacts.seen").exists()) == (
        answers[1],
        answers[1],
    )


def test_who_may_only_look_gets_no_button_to_see_or_change(member: Member) -> None:
    client, viewer = Client(), User.objects.create_user("viewer", password=cast.PASSWORD, is_staff=True)
    viewer.user_permissions.set(Permission.objects.filter(codename__in=["view_member"]))
    client.force_login(viewer)

    answer = look(client, member)

    assert (answer.status_code, answer.context["filters"]) == (200, [])
    assert client.post(address(member, "reveal"), {"reason": "x"}).status_code == 403
    assert client.post(address(member, "erase"), {"reason": "x"}).status_code == 403


def test_the_stream_is_sieved_and_paged_by_links(staff: Client, member: Member) -> None:
    for number in range(40):
        till.post(till.order(f"S-{number}", 100, member.account, till.NOW - timedelta(minutes=number)))

    first = look(staff, member, of="orders")
    second = staff.get(address(member) + first.context["more"], headers=ENGLISH)

    names = [each["line"].moment.title for page in (first, second) for each in page.context["lines"]]
    assert (len(first.context["lines"]), len(names), len(set(names))) == (30, 42, 42)
    assert (second.context["more"], bool(second.context["newest"])) == ("", True)
    assert {each["line"].strand.code for each in first.context["lines"]} == {"orders"}


def test_a_longer_story_costs_no_more_questions(staff: Client, member: Member) -> None:
    asked = []
    for extra in (0, 5):
        for number in range(extra):
            till.post(till.order(f"Q-{number}", 100, member.account))
            StaffNote.objects.create(member=member, text="x", written_at=till.NOW)
        look(staff, member)
        with CaptureQueriesContext(connection) as queries:
            look(staff, member)
        asked.append(len(queries))

    assert asked[0] == asked[1]


def test_a_note_is_kept_and_its_words_are_not_in_the_trail(staff: Client, member: Member) -> None:
    staff.post(address(member, "note"), {"text": "喜欢周末电话联系"})

    assert StaffNote.objects.filter(member=member, text="喜欢周末电话联系").count() == 1
    assert "喜欢周末电话联系" in look(staff, member, tab="notes").content.decode()
    assert [row for row in AuditRecord.objects.all() if "喜欢" in f"{row.before}{row.after}{row.reason}"] == []


def test_a_changed_name_is_in_the_trail_without_the_name(staff: Client, member: Member) -> None:
    """The trail can't be erased, so it says that a name changed and not to what."""
    form = {"name": "新名字", "birthday": "2010-01-01", "language": ""}

    answer = staff.post(address(member) + "?tab=person", {**form, **_inlines(staff, member)})

    assert (answer.status_code, Member.objects.get(pk=member.pk).name) == (302, "新名字")
    record = AuditRecord.objects.get(deed="members.member.change")
    assert record.after["name"] == "•••"
    assert Member.objects.get(pk=member.pk).phone == "+8613911112222"


def _inlines(staff: Client, member: Member) -> dict[str, str]:
    sets = look(staff, member, tab="person").context["inline_admin_formsets"]
    return {
        f"{each.formset.prefix}-{name}": str(value)
        for each in sets
        for name, value in (("TOTAL_FORMS", 0), ("INITIAL_FORMS", 0))
    }


def test_a_message_goes_by_a_template_that_needs_no_event(staff: Client, member: Member) -> None:
    template = MessageTemplate.objects.create(code="hello", kind="note", name_zh="问候")
    template.texts.create(channel="in_app", language="zh-hans", subject="你好", body="你好")

    staff.post(address(member, "send"), {"template": template.pk})

    assert Message.objects.filter(account=member.pk, template=template).count() == 1


def test_staff_ask_for_an_erasure_with_a_reason_and_keep_the_member_after_all(staff: Client, member: Member) -> None:
    refused = staff.post(address(member, "erase"), {"reason": " "})
    staff.post(address(member, "erase"), {"reason": "by letter of 11 November"})
    row = Erasure.objects.get()
    shown = look(staff, member).content.decode()
    staff.post(address(member, "keep"))

    row.refresh_from_db()
    assert (refused.status_code, row.reason, "Asked to be forgotten" in shown) == (
        200,
        "by letter of 11 November",
        True,
    )
    assert (row.state, wishes.waiting(member.pk)) == ("taken_back", None)


def test_the_portrait_is_for_who_may_see_members(staff: Client, member: Member) -> None:
    answer = staff.get(address(member, "portrait"))

    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "image/webp")
    assert answer.content == pictures.read(Picture.objects.get(), "small")
    assert Client().get(address(member, "portrait")).status_code == 302


def test_possible_duplicates_lead_to_the_merge(staff: Client) -> None:
    first, second = cast.member("同名"), cast.member("同名", phone="13800138011")

    people = staff.get(reverse("admin:members_member_changelist"), headers=ENGLISH).content.decode()
    page = staff.get(reverse("admin:members_member_find_duplicates"), headers=ENGLISH, follow=True).content.decode()

    assert "Possible duplicates" in people
    assert f"?survivor={first.account.number}&amp;duplicate={second.account.number}" in page
    assert "same name and birthday" in page


@pytest.mark.browser
@pytest.mark.parametrize("width", [1280, 768])
def test_the_page_is_whole_for_everybody(browse: Any, member: Member, width: int) -> None:
    operator = cast.operator()
    with browse(language="en-US", width=width) as page:
        _sign_in(page, operator)
        page.goto(address(member))

        assert (accessibility_faults(page), overflows(page)) == ([], False)


def _sign_in(page: Page, operator: User) -> None:
    page.goto("/admin/login/?next=/admin/loyalty/partner/")
    page.fill("#id_username", operator.username)
    page.fill("#id_password", cast.PASSWORD)
    page.press("#id_password", "Enter")
    page.wait_for_url("**/admin/loyalty/partner/")
