"""Every page that is registered opens, in both languages, and asks no more for three rows than for one."""

import pytest
from django.contrib import admin
from django.db import connection
from django.db.models import Model
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from loyalty.admin.base import AppendOnly
from loyalty.models import Account, AdjustmentFile, Entry, Event, ImportJob, Merge, Rule
from members.models import Member
from tests.loyalty.admin import scene

pytestmark = pytest.mark.django_db

PAGES = sorted(admin.site._registry, key=lambda model: model._meta.label)
OURS = [model for model in PAGES if model._meta.app_label in {"loyalty", "members"}]
LANGUAGES = ["zh-hans", "en"]


def address(model: type[Model], page: str, *args: object) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{page}", args=args)


def named(model: type[Model]) -> str:
    return model._meta.label


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_list_opens(staff: Client, language: str) -> None:
    scene.another()

    opened = {
        named(each): staff.get(address(each, "changelist"), follow=True, headers={"Accept-Language": language})
        for each in PAGES
    }

    assert {name: answer.status_code for name, answer in opened.items()} == dict.fromkeys(opened, 200)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_object_opens(staff: Client, language: str) -> None:
    scene.another()
    rows = {each: each._default_manager.first() for each in PAGES}

    answers = {
        named(each): staff.get(address(each, "change", row.pk), headers={"Accept-Language": language}).status_code
        for each, row in rows.items()
        if row is not None
    }

    assert answers == dict.fromkeys(answers, 200)


def test_every_form_for_a_new_row_opens_where_rows_may_be_added(staff: Client) -> None:
    answers = {each: staff.get(address(each, "add")).status_code for each in PAGES}

    closed = {named(each) for each, status in answers.items() if status == 403}
    written = {named(each) for each in PAGES if isinstance(admin.site.get_model_admin(each), AppendOnly)}
    assert set(answers.values()) == {200, 403}
    assert written - closed == {named(each) for each in (AdjustmentFile, ImportJob, Merge)}  # forms of their own


@pytest.mark.parametrize("model", OURS, ids=named)
def test_a_list_of_three_asks_no_more_than_a_list_of_one(staff: Client, model: type[Model]) -> None:
    asked: list[int] = []
    for rows in (1, 3):
        for _ in range(rows - len(asked)):
            scene.another()
        staff.get(address(model, "changelist"))
        with CaptureQueriesContext(connection) as queries:
            staff.get(address(model, "changelist"))
        asked.append(len(queries))

    assert asked[0] == asked[1]


@pytest.mark.parametrize("model", [Account, Member], ids=named)
def test_the_page_of_a_purse_asks_no_more_for_three_orders_than_for_one(staff: Client, model: type[Model]) -> None:
    member = scene.another()
    partner = member.account.orders.get().partner
    asked = []
    for extra in ((), ("B-1", "B-2")):
        for order_id in extra:
            scene.order(member, partner, order_id)
        staff.get(address(model, "change", member.pk), {"tab": "points"})
        with CaptureQueriesContext(connection) as queries:
            page = staff.get(address(model, "change", member.pk), {"tab": "points"})
        asked.append((len(page.context["orders"]), len(queries)))

    assert [orders for orders, _ in asked] == [1, 3]
    assert asked[0][1] == asked[1][1]


def test_rows_of_the_books_can_be_read_and_nothing_else(staff: Client) -> None:
    scene.another()
    entry, rows = Entry.objects.earliest("pk"), list(Entry.objects.order_by("pk").values_list("pk", "amount"))

    changed = staff.post(address(Entry, "change", entry.pk), {"amount": 1})
    deleted = staff.post(address(Entry, "delete", entry.pk), {"post": "yes"})
    added = staff.post(address(Entry, "add"), {"amount": 1})

    assert (changed.status_code, deleted.status_code, added.status_code) == (403, 403, 403)
    assert list(Entry.objects.order_by("pk").values_list("pk", "amount")) == rows


def test_an_events_page_tells_what_each_rule_gave(staff: Client) -> None:
    scene.another()
    event = Event.objects.get(kind="order.paid")

    page = staff.get(address(Event, "change", event.pk), headers={"Accept-Language": "en"})

    assert "¥100.00 counts, 1 for every ¥1.00" in page.content.decode()


def test_the_first_page_counts_what_is_there_and_what_waits(staff: Client) -> None:
    scene.another()

    page = staff.get(reverse("admin:index"), headers={"Accept-Language": "en"})

    figures = {figure["title"]: figure["value"] for figure in page.context["figures"]}
    assert (figures["Members"], figures["Orders this month"], figures["Points issued this month"]) == ("1", "1", "100")
    assert {str(pile.title): pile.count for pile in page.context["piles"]} == {"Failed jobs": 1, "Messages given up": 1}


def test_a_member_is_found_by_number_phone_and_name(staff: Client) -> None:
    member = scene.another()
    scene.another()

    found = [
        staff.get(address(Account, "changelist"), {"q": term or ""}).context["cl"].result_list[0].pk
        for term in (member.account.number, member.phone, member.name)
    ]

    assert found == [member.pk] * 3


def test_lists_show_phone_and_mail_masked(staff: Client) -> None:
    member = scene.another()
    Member.objects.filter(pk=member.pk).update(email="lin@example.com")

    page = staff.get(address(Member, "changelist")).content.decode()

    assert "l***@example.com" in page
    assert f"****{str(member.phone)[-4:]}" in page
    assert str(member.phone) not in page


def test_drafts_are_deleted_and_published_rules_are_not(staff: Client) -> None:
    scene.another()
    draft, live = Rule.objects.get(state="draft"), Rule.objects.get(state="live")

    statuses = [staff.post(address(Rule, "delete", each.pk), {"post": "yes"}).status_code for each in (draft, live)]

    assert statuses == [302, 403]
    assert list(Rule.objects.all()) == [live]
