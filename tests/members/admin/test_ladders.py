"""The operators' pages of ladders, and the buttons on a member's page."""

import json

import pytest
from django.test import Client
from django.urls import reverse

from loyalty.models import AuditRecord, User
from members.models import MAIN, LadderVersion, Member, Standing, Tier
from tests import cast
from tests.conftest import Opener

pytestmark = pytest.mark.django_db


@pytest.fixture
def staff() -> Client:
    client = Client(headers={"Accept-Language": "en"})
    client.force_login(cast.operator(), backend="django.contrib.auth.backends.ModelBackend")
    return client


def ladder_page(button: str = "") -> str:
    return reverse(f"admin:members_ladder_{button or 'change'}", args=[MAIN])


def button(member: Member, name: str) -> str:
    return reverse(f"admin:members_member_{name}", args=[member.pk])


def tier_form(tier: Tier, **changes: object) -> dict[str, object]:
    columns = ("name_zh", "name_en", "code", "rank", "threshold", "icon", "color_from", "color_to")
    told = {name: getattr(tier, name) for name in columns}
    return {**told, "ladder": tier.ladder_id, "requirement": "{}", "retention": "{}", **changes}


def test_publishing_shows_who_would_move_first(staff: Client) -> None:
    """E60: the page counts before anybody moves."""
    cast.ladder()
    cast.member(growth=2500)
    Tier.objects.filter(code="gold").update(threshold=3000)

    asked = staff.get(ladder_page("publish")).content.decode()

    assert "<strong>1</strong> members would fall, <strong>0</strong> would rise" in asked
    assert LadderVersion.objects.count() == 1


def test_publishing_makes_a_version(staff: Client) -> None:
    cast.ladder()
    Tier.objects.filter(code="gold").update(threshold=3000)

    staff.post(ladder_page("publish"), {"moves": "now"})

    version = LadderVersion.objects.get(number=2)
    assert (version.moves, version.published_by) == ("now", User.objects.get(username="operator"))
    assert AuditRecord.objects.filter(deed="members.ladder.publish").count() == 1


def test_a_draft_that_is_not_ready_says_why(staff: Client) -> None:
    cast.ladder()
    Tier.objects.filter(code="gold").update(threshold=400)

    assert "asks for less than the tier below it" in staff.get(ladder_page("publish")).content.decode()


def test_the_ladders_page_edits_policies_and_tiers(staff: Client) -> None:
    cast.ladder()

    page = staff.get(ladder_page())

    assert page.status_code == 200
    assert [form.instance.code for form in page.context["inline_admin_formsets"][0].formset.forms] == [
        "starter",
        "silver",
        "gold",
        "platinum",
    ]


def test_a_tiers_conditions_are_checked(staff: Client) -> None:
    gold = cast.ladder()["gold"]
    address = reverse("admin:members_tier_change", args=[gold.pk])
    wrong = {"fact": "event.amount", "op": "gte", "value": 1}
    right = {"at_least": 1, "of": [{"fact": "metric.orders", "op": "gte", "value": 3, "window": {"days": 365}}]}

    refused = staff.post(address, tier_form(gold, requirement=json.dumps(wrong)))
    kept = staff.post(address, tier_form(gold, requirement=json.dumps(right)))

    assert "belongs to an event" in str(refused.context["adminform"].form.errors["requirement"])
    assert kept.status_code == 302
    gold.refresh_from_db()
    assert gold.requirement == right


def test_staff_grant_and_take_back(staff: Client) -> None:
    tiers = cast.ladder()
    member = cast.member(growth=700)

    staff.post(button(member, "grant"), {"tier": tiers["gold"].pk, "through": "2099-12-31", "reason": "年度会员"})
    member.refresh_from_db()
    granted = member.tier
    staff.post(button(member, "revoke"), {"ladder": MAIN, "reason": "误操作"})
    member.refresh_from_db()

    assert (granted, member.tier) == (tiers["gold"], tiers["silver"])
    assert sorted(AuditRecord.objects.values_list("deed", "reason")) == [
        ("members.standing.grant", "年度会员"),
        ("members.standing.revoke", "误操作"),
    ]


def test_a_refusal_stands_beside_its_field(staff: Client) -> None:
    tiers = cast.ladder()
    member = cast.member(growth=700)

    answer = staff.post(button(member, "lock"), {"tier": tiers["gold"].pk, "through": "", "reason": "产假"})

    assert "is not on Gold yet" in str(answer.context["form"].errors["tier"])
    assert not Standing.objects.exclude(floor=None).exists()


def test_locking_and_unlocking(staff: Client) -> None:
    tiers = cast.ladder()
    member = cast.member(growth=700)

    staff.post(button(member, "lock"), {"tier": tiers["silver"].pk, "through": "2099-12-31", "reason": "产假"})
    locked = Standing.objects.get().floor
    page = staff.get(reverse("admin:members_member_change", args=[member.pk])).content.decode()
    staff.post(button(member, "unlock"), {"ladder": MAIN, "reason": "回来了"})

    assert (locked, Standing.objects.get().floor) == (tiers["silver"], None)
    assert "Unlock the tier" in page


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_the_conditions_are_edited_as_in_rules(live: str, browse: Opener) -> None:
    gold = cast.ladder()["gold"]
    cast.operator()

    with browse(language="en-US", width=1280) as page:
        page.goto(f"/admin/login/?next=/admin/members/tier/{gold.pk}/change/")
        page.fill("[name=username]", "operator")
        page.fill("[name=password]", cast.PASSWORD)
        page.press("[name=password]", "Enter")
        page.wait_for_selector("[data-conditions-ready]")
        page.locator(".eg-adders button").first.click()
        page.locator(".eg-leaf input").first.fill("orders")
        page.keyboard.press("Enter")
        page.locator(".eg-leaf input[type=number]").last.fill("3")
        page.locator("[name=_save]").first.click()
        page.wait_for_url("**/admin/members/tier/")

    gold.refresh_from_db()
    assert gold.requirement["all"][0]["fact"] == "metric.orders"
