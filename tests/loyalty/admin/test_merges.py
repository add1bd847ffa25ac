"""Merging duplicates on the operators' pages: asked, shown, turned round, done, taken back."""

from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from django.urls import reverse

from loyalty.ledger import merging, spending
from loyalty.models import Account, AuditRecord, Merge, User
from members.models import Member
from tests import cast

pytestmark = pytest.mark.django_db
NEW = "admin:loyalty_merge_add"
ENGLISH = {"Accept-Language": "en"}


@pytest.fixture
def pair(noon: object) -> tuple[Member, Member]:
    """Somebody with two memberships: 300 points on the newer, 100 on the older."""
    del noon
    return cast.member(points=300, phone="13800138001"), cast.member(points=100, phone="13800138002")


def told(pair: tuple[Member, Member], deed: str = "look", **more: Any) -> dict[str, Any]:
    form = {"duplicate": pair[0].account.number, "survivor": "13800138002", "reason": "same person"}
    return {**form, "deed": deed, **more}


def press(staff: Client, data: dict[str, Any]) -> Any:
    return staff.post(reverse(NEW), data, headers=ENGLISH)


def test_the_second_page_shows_what_would_go_over_and_writes_nothing(
    staff: Client, pair: tuple[Member, Member]
) -> None:
    page = press(staff, told(pair))

    here, there, together = page.context["together"][0]
    assert (here.available, there.available, together) == (100, 300, 400)
    assert "What would go over" in page.content.decode()
    assert Merge.objects.count() == 0


def test_the_two_can_be_turned_round(staff: Client, pair: tuple[Member, Member]) -> None:
    page = press(staff, told(pair, "turn"))

    assert page.context["preview"].survivor == pair[0].account
    assert page.context["form"].data["duplicate"] == "13800138002"


def test_merging_moves_everything_and_leaves_a_record(staff: Client, pair: tuple[Member, Member]) -> None:
    answer = press(staff, told(pair, "merge"))

    row = Merge.objects.get()
    record = AuditRecord.objects.get(deed="account.merged")
    assert answer.url == reverse("admin:loyalty_merge_change", args=[row.pk])
    assert (row.survivor, row.duplicate, row.reason) == (pair[1].account, pair[0].account, "same person")
    assert (cast.available(pair[1].account_id), cast.available(pair[0].account_id)) == (400, 0)
    assert (record.reason, record.actor, row.merged_by) == ("same person", row.merged_by, User.objects.get())


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"survivor": "13000000000"}, "survivor"),
        ({"survivor": "13800138001"}, "duplicate"),
        ({"reason": " "}, "reason"),
        ({"duplicate": ""}, "duplicate"),
    ],
)
@pytest.mark.parametrize("deed", ["look", "merge"])
def test_what_is_wrong_is_said_beside_its_field(
    staff: Client, pair: tuple[Member, Member], change: dict[str, str], field: str, deed: str
) -> None:
    page = press(staff, told(pair, deed) | change)

    assert (page.status_code, list(page.context["form"].errors), Merge.objects.count()) == (200, [field], 0)


def test_a_merge_is_taken_back_with_a_reason_and_says_what_is_missing(
    staff: Client, pair: tuple[Member, Member]
) -> None:
    press(staff, told(pair, "merge"))
    row = Merge.objects.get()
    spending.spend(account_id=row.survivor_id, amount=150, now=cast.NOW)
    button = reverse("admin:loyalty_merge_take_back", args=[row.pk])

    asked = staff.get(button, headers=ENGLISH).content.decode()
    done = staff.post(button, {"reason": "two persons"}, headers=ENGLISH, follow=True).content.decode()

    row.refresh_from_db()
    missing = row.record["unreturned"]["points"]
    assert row.duplicate.number in asked
    assert f"{missing} points were spent meanwhile" in done
    assert (cast.available(row.survivor_id), cast.available(row.duplicate_id)) == (100 - 150 + missing, 300 - missing)
    assert staff.get(button).status_code in (200, 302)
    assert "take_back" not in staff.get(reverse("admin:loyalty_merge_change", args=[row.pk])).content.decode()


def test_who_may_only_look_cannot_merge(pair: tuple[Member, Member]) -> None:
    looker = User.objects.create_user("looker", is_staff=True)
    looker.user_permissions.set(Permission.objects.filter(codename="view_merge"))
    client = Client()
    client.force_login(looker)
    row = merging.merge(
        survivor_id=pair[1].account_id, duplicate_id=pair[0].account_id, reason="x", by=None, now=cast.NOW
    )

    asked = [
        client.get(reverse("admin:loyalty_merge_changelist")).status_code,
        client.get(reverse(NEW)).status_code,
        client.post(reverse(NEW), told(pair, "merge")).status_code,
        client.post(reverse("admin:loyalty_merge_take_back", args=[row.pk]), {"reason": "x"}).status_code,
    ]

    assert asked == [200, 403, 403, 403]


def test_the_purses_page_leads_to_the_merge_and_a_shared_purse_is_left_alone(
    staff: Client, pair: tuple[Member, Member]
) -> None:
    account = pair[0].account
    page, button = (reverse(f"admin:loyalty_account_{name}", args=[account.pk]) for name in ("change", "merge_away"))

    offered = button in staff.get(page).content.decode()
    filled = staff.get(button, follow=True).content.decode()
    Account.objects.filter(pk=account.pk).update(kind=Account.Kind.POOL)
    content = staff.get(page).content.decode()

    assert offered
    assert f'value="{account.number}"' in filled
    adjust = reverse("admin:loyalty_account_adjust", args=[account.pk])
    assert (button in content, adjust in content) == (False, False)
