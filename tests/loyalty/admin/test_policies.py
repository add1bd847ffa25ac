"""Policies through the pages: wished in the form, shown with what they would change, confirmed with a reason."""

import json
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission
from django.test import Client
from django.urls import reverse
from playwright.sync_api import Page

from loyalty import clock, policies
from loyalty.models import AuditRecord, Currency, Lifetime, PolicyVersion, Programme, User
from tests import cast
from tests.conftest import Opener
from tests.loyalty.admin import scene
from tests.loyalty.admin.test_editor import sign_in
from tests.pages import accessibility_faults, overflows

pytestmark = pytest.mark.django_db

ENGLISH = {"Accept-Language": "en"}
PREVIEW = reverse("admin:loyalty_policyversion_preview")
PROGRAMME = reverse("admin:loyalty_programme_change", args=[1])


def filled(staff: Client, address: str, **changes: Any) -> dict[str, Any]:
    """The page's form as it stands, with some fields changed."""
    form = staff.get(address).context["adminform"].form
    data = {name: form[name].value() for name in form.fields if name != "logo"}
    data = {name: form.fields[name].prepare_value(value) for name, value in data.items()}
    kept = {name: value for name, value in data.items() if value is not None and value is not False}
    return {name: value for name, value in (kept | changes).items() if value is not None}


def wished(staff: Client, address: str = PROGRAMME, **changes: Any) -> str:
    """Saves the form and gives back the address of the page that asks."""
    answer = staff.post(address, filled(staff, address, **changes))
    assert answer.status_code == 302, answer.context["adminform"].form.errors
    found: str = answer.headers["Location"]
    return found


def wish_of(address: str) -> str:
    return address.partition("?wish=")[2]


def confirmed(staff: Client, address: str, **more: str) -> Any:
    return staff.post(PREVIEW, {"wish": wish_of(address), "reason": "周年庆", **more}, follow=True, headers=ENGLISH)


def test_saving_a_policy_only_wishes(staff: Client) -> None:
    address = wished(staff, stacking="multiplicative")

    assert address.startswith(PREVIEW)
    assert Programme.objects.get(pk=1).stacking == "additive"
    assert not PolicyVersion.objects.exists()
    assert not AuditRecord.objects.filter(deed="loyalty.programme.change").exists()
    assert not LogEntry.objects.exists()


def test_what_is_no_policy_is_saved_at_once(staff: Client) -> None:
    wished(staff, name_en="Everwarm", stacking="multiplicative")

    found = Programme.objects.get(pk=1)
    assert (found.name_en, found.stacking) == ("Everwarm", "additive")


def test_a_confirmed_wish_is_a_version_with_its_author_reason_and_record(staff: Client) -> None:
    answer = confirmed(staff, wished(staff, stacking="multiplicative", multiplier_ceiling="2.5"))

    version = PolicyVersion.objects.get(number=2)
    assert version.terms["changed"]["programme"] == {"stacking": "multiplicative", "multiplier_ceiling": "2.5"}
    assert (version.published_by, version.reason) == (User.objects.get(username="operator"), "周年庆")
    assert Programme.objects.get(pk=1).stacking == "multiplicative"
    assert AuditRecord.objects.get(deed="loyalty.policyversion.publish").reason == "周年庆"
    assert "Version 2 is in force from" in str(next(iter(answer.context["messages"])))


def test_the_page_that_asks_says_each_difference_in_words(staff: Client) -> None:
    answer = staff.get(
        wished(staff, stacking="multiplicative", tender_minor="500", free_items_earn="on"), headers=ENGLISH
    )

    told = [(str(each.label), each.before, each.after) for each in answer.context["changes"]]
    assert told == [
        ("Several multipliers", "add up (×1.5 and ×2 give ×2.5)", "multiply (×1.5 and ×2 give ×3)"),
        ("Reward lines earn", "no", "yes"),
        ("Paying with points: worth of a step", "¥1.00", "¥5.00"),
    ]


def test_the_figures_tell_what_last_month_would_have_been(staff: Client) -> None:
    scene.another()
    address = wished(staff, rounding_mode="ceil", tender_minor="500")

    answer = staff.get(reverse("admin:loyalty_policyversion_figures"), {"wish": wish_of(address)}, headers=ENGLISH)

    assert answer.context["found"].report.events >= 1
    assert answer.context["worth"] == ["¥0.95", "¥4.75"]
    assert Programme.objects.get(pk=1).rounding_mode == "floor"


def test_without_scripts_the_figures_are_a_link_away(staff: Client) -> None:
    address = wished(staff, rounding_mode="ceil")

    plain = staff.get(address).content.decode()
    worked = staff.get(f"{address}&figures=1")

    assert "figures=1" in plain
    assert worked.context["found"].report.change == 0


@pytest.mark.parametrize(
    ("more", "field"), [({"reason": " "}, "reason"), ({"effective_from": "2020-01-01T00:00"}, "effective_from")]
)
def test_a_refusal_stands_at_its_field_and_nothing_is_written(staff: Client, more: dict[str, str], field: str) -> None:
    answer = confirmed(staff, wished(staff, stacking="multiplicative"), **more)

    assert list(answer.context["form"].errors) == [field]
    assert not PolicyVersion.objects.exists()


def test_a_change_for_later_leaves_the_present(staff: Client) -> None:
    start = clock.now() + timedelta(days=2)

    confirmed(staff, wished(staff, stacking="multiplicative"), effective_from=f"{start:%Y-%m-%dT%H:%M}")

    assert Programme.objects.get(pk=1).stacking == "additive"
    assert PolicyVersion.objects.get(number=2).effective_from > clock.now()


def test_confirming_twice_says_so(staff: Client) -> None:
    address = wished(staff, stacking="multiplicative")
    confirmed(staff, address)

    answer = confirmed(staff, address)

    assert "This is how it stands already" in str(next(iter(answer.context["messages"])))
    assert PolicyVersion.objects.count() == 2


def test_a_currency_asks_too_and_reads_its_dates(staff: Client) -> None:
    unit = Currency.objects.get(code="points")
    page = reverse("admin:loyalty_currency_change", args=[unit.pk])

    confirmed(staff, wished(staff, page, expiry_mode="dates", expiry_length="0", expiry_dates="06-30，12-31"))

    unit.refresh_from_db()
    assert (unit.expiry_mode, unit.expiry_length, unit.expiry_dates) == ("dates", 0, ["06-30", "12-31"])


def test_who_may_not_change_the_programme_cannot_confirm(staff: Client) -> None:
    address = wished(staff, stacking="multiplicative")
    viewer = User.objects.create_user("viewer", password=cast.PASSWORD, is_staff=True)
    viewer.user_permissions.add(Permission.objects.get(codename="view_policyversion"))
    client = Client()
    client.force_login(viewer)

    answers = [client.get(address), client.post(PREVIEW, {"wish": wish_of(address), "reason": "x"})]

    assert [answer.status_code for answer in answers] == [403, 403]
    assert not PolicyVersion.objects.exists()


def test_a_wish_that_was_tampered_with_is_refused(staff: Client) -> None:
    assert staff.get(PREVIEW, {"wish": "eyJwcm9ncmFtbWUiOnt9fQ:x:y"}).status_code == 403


def test_the_list_says_what_each_version_changed(staff: Client) -> None:
    policies.publish(changes={"programme": {"stacking": "multiplicative"}}, by=None, now=cast.NOW, reason="x")

    page = staff.get(reverse("admin:loyalty_policyversion_changelist"), headers=ENGLISH).content.decode()

    assert "Several multipliers: add up (×1.5 and ×2 give ×2.5) → multiply (×1.5 and ×2 give ×3)" in page
    assert "as it began" in page


def life(**changes: Any) -> dict[str, Any]:
    unit = Currency.objects.get(code="points")
    told = {
        "name_zh": "金卡",
        "name_en": "Gold",
        "currency": unit.pk,
        "rank": "10",
        "condition": "{}",
        "is_active": "on",
    }
    return told | {"mode": "months", "length": "24"} | changes


ADD_LIFE = reverse("admin:loyalty_lifetime_add")
GOLD = '{"all": [{"fact": "member.tier", "op": "eq", "value": "gold"}]}'


def test_a_lifetime_for_some_members_is_written(staff: Client) -> None:
    cast.ladder()

    staff.post(ADD_LIFE, life(condition=GOLD))

    found = Lifetime.objects.get()
    page = staff.get(reverse("admin:loyalty_lifetime_changelist"), headers=ENGLISH).content.decode()
    assert (found.mode, found.length, found.condition["all"][0]["value"]) == ("months", 24, "gold")
    assert "valid for 24 months" in page


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"condition": '{"all": [{"fact": "event.amount", "op": "gte", "value": 1}]}'}, "condition"),
        ({"condition": '{"all": [{"fact": "nobody.knows", "op": "eq", "value": 1}]}'}, "condition"),
        ({"mode": "idle_days"}, "mode"),
        ({"mode": "dates"}, "mode"),
    ],
)
def test_a_lifetime_that_cannot_stand_is_refused_at_its_field(
    staff: Client, changes: dict[str, str], field: str
) -> None:
    answer = staff.post(ADD_LIFE, life(**changes))

    assert list(answer.context["adminform"].form.errors) == [field]
    assert not Lifetime.objects.exists()


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("language", "width"), [("zh-CN", 390), ("en-US", 1280)])
def test_a_change_is_wished_seen_and_confirmed_in_a_browser(browse: Opener, language: str, width: int) -> None:
    scene.another()
    with browse(language=language, width=width) as page:
        sign_in(page)
        page.goto(PROGRAMME)
        page.locator("[name=tender_minor]").fill("500")
        page.locator("button[name=_save]").click()
        page.wait_for_selector("[data-figures]:not([aria-busy]) .eg-verdict")
        faults, wide = accessibility_faults(page), overflows(page)
        page.locator("[name=reason]").fill("周年庆")
        page.locator(".eg-button-primary").click()
        page.wait_for_url("**/programme/**")

    assert Programme.objects.get(pk=1).tender_minor == 500
    assert (faults, wide) == ([], False)


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_whom_a_lifetime_is_for_is_chosen_by_hand(desk_en: Page) -> None:
    cast.ladder()
    sign_in(desk_en)
    desk_en.goto(ADD_LIFE)
    desk_en.wait_for_selector("html[data-conditions-ready]")

    desk_en.get_by_role("button", name="Add condition").click()
    desk_en.keyboard.type("tier")
    desk_en.keyboard.press("Enter")

    [leaf] = json.loads(desk_en.locator("textarea[data-conditions]").input_value())["all"]
    assert leaf["fact"] == "member.tier"
    assert accessibility_faults(desk_en) == []
