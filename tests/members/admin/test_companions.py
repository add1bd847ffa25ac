"""Pets, interests and the brand's choices in the admin; a birthday set right by staff."""

from datetime import date

import pytest
from django.test import Client
from django.urls import reverse

from loyalty.models import AuditRecord
from members.models import Interest, Member, MemberSettings
from members.profile import interests, pets, profiles
from tests import cast

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("noon")]


@pytest.fixture
def client() -> Client:
    client = Client(headers={"Accept-Language": "en"})
    client.force_login(cast.operator(), backend="django.contrib.auth.backends.ModelBackend")
    return client


def test_staff_set_a_birthday_right_with_a_reason(client: Client) -> None:
    member = cast.member()
    profiles.change(member.pk, name="林小满", birthday=date(1994, 5, 22), now=cast.NOW)
    page = reverse("admin:members_member_correct_birthday", args=[member.pk])

    asked = client.get(page)
    client.post(page, {"birthday": "1994-05-12", "reason": ""})
    before = Member.objects.get(pk=member.pk).birthday
    client.post(page, {"birthday": "1994-05-12", "reason": "Seen on the card"})

    assert b"Set the birthday right" in asked.content
    assert (before, Member.objects.get(pk=member.pk).birthday) == (date(1994, 5, 22), date(1994, 5, 12))
    assert AuditRecord.objects.filter(deed="members.birthday.correct", reason="Seen on the card").count() == 1


def test_pets_are_found_by_name_and_those_taken_out_are_not_shown(client: Client) -> None:
    member = cast.member()
    shown = pets.add(member_id=member.pk, told=pets.Told("咪咪", "cat"), now=cast.NOW)
    hidden = pets.add(member_id=member.pk, told=pets.Told("咪子", "cat"), now=cast.NOW)
    pets.remove(member_id=member.pk, pet_id=hidden.pk, now=cast.NOW)

    page = client.get(reverse("admin:members_pet_changelist"), {"q": "咪"}).content.decode()

    assert ("咪咪" in page, "咪子" in page) == (True, False)
    assert client.get(reverse("admin:members_pet_change", args=[shown.pk])).status_code == 200
    assert client.get(reverse("admin:members_pet_add")).status_code == 403


def test_interests_are_counted_and_retired_not_deleted(client: Client) -> None:
    member = cast.member()
    client.post(
        reverse("admin:members_interest_add"), {"code": "food", "name_zh": "吃", "name_en": "Food", "rank": "0"}
    )
    interests.choose(member_id=member.pk, codes=["food"], now=cast.NOW)
    food = Interest.objects.get()

    page = client.get(reverse("admin:members_interest_changelist"))

    assert page.context["cl"].result_list[0].ticks == 1
    assert client.get(reverse("admin:members_interest_delete", args=[food.pk])).status_code == 403


def test_the_choices_are_one_row_whose_changes_are_kept(client: Client) -> None:
    listing = client.get(reverse("admin:members_membersettings_changelist"))
    page = listing.headers["Location"]
    row = MemberSettings.objects.get()
    told = {
        "birthday_on": "month",
        "leap_day": "march",
        "birthday_edit_days": "180",
        "pet_limit": "5",
        "pet_birthdays_a_year": "3",
        "erasure_days": str(row.erasure_days),
    }

    client.post(page, told)

    row.refresh_from_db()
    assert (row.birthday_on, row.leap_day, row.pet_birthdays_a_year) == ("month", "march", 3)
    assert AuditRecord.objects.filter(subject="members.membersettings:1").count() == 1
    assert client.get(reverse("admin:members_membersettings_add")).status_code == 403
