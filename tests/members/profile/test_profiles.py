"""Correcting what is known of a person."""

from datetime import date, datetime, timedelta
from typing import Any

import pytest
from django.utils import translation

from loyalty.errors import LoyaltyError, NotFound
from loyalty.models import AuditRecord
from members.entering import details
from members.models import Member, MemberSettings
from members.profile import profiles
from members.profile.birthdates import BirthdaySettled
from tests import cast

pytestmark = pytest.mark.django_db
KNOWN: dict[str, Any] = {"name": "林小满", "birthday": date(1994, 5, 21)}


def test_everything_told_is_replaced_and_read_as_on_joining() -> None:
    member = cast.new_member(password=cast.PASSWORD)

    profiles.change(member.pk, name="周诺", birthday=None, now=cast.NOW)

    member = Member.objects.select_related("user").get(pk=member.pk)
    assert (member.name, member.birthday) == ("周诺", None)
    assert member.user is not None
    assert member.user.display_name == "周诺"


@pytest.mark.parametrize(
    ("told", "refusal", "param"),
    [({"birthday": date(2026, 3, 19)}, details.BirthdayAhead, "birthday")],
)
def test_what_cannot_be_kept_is_refused_and_nothing_changes(
    told: dict[str, Any], refusal: type[LoyaltyError], param: str
) -> None:
    member = cast.gold_member()

    with pytest.raises(refusal) as caught:
        profiles.change(member.pk, **{**KNOWN, **told}, now=cast.NOW)

    assert caught.value.param == param
    assert Member.objects.get(pk=member.pk).birthday == date(1994, 5, 21)


def test_a_member_that_is_gone_cannot_be_changed() -> None:
    with pytest.raises(NotFound):
        profiles.change(4711, **KNOWN, now=cast.NOW)


def move(member: Member, day: date | None, now: datetime = cast.NOW) -> None:
    profiles.change(member.pk, name="林小满", birthday=day, now=now)


def test_a_birthday_told_on_joining_is_corrected_once_and_then_rests() -> None:
    member = cast.member()
    move(member, date(1994, 5, 22))

    with pytest.raises(BirthdaySettled) as caught:
        move(member, date(1994, 3, 19), cast.NOW + timedelta(days=364))
    with translation.override("en"):
        words = str(caught.value)
    move(member, date(1994, 5, 22), cast.NOW + timedelta(days=364))
    move(member, date(1994, 5, 23), cast.NOW + timedelta(days=365))

    assert words.startswith("This birthday can be changed again from March 18, 2027.")
    assert Member.objects.get(pk=member.pk).birthday == date(1994, 5, 23)


def test_without_a_limit_a_birthday_changes_as_one_likes() -> None:
    MemberSettings.objects.update(birthday_edit_days=0)
    member = cast.member()

    for day in (1, 2, 3):
        move(member, date(1994, 5, day))

    assert Member.objects.get(pk=member.pk).birthday == date(1994, 5, 3)


def test_taking_a_birthday_away_is_no_way_around_the_limit() -> None:
    member = cast.member()
    move(member, None)

    with pytest.raises(BirthdaySettled):
        move(member, date(1994, 3, 19), cast.NOW + timedelta(days=1))

    assert Member.objects.get(pk=member.pk).birthday is None


def test_staff_set_a_birthday_right_at_any_time_and_the_trail_keeps_no_date() -> None:
    member, operator = cast.member(), cast.operator()
    move(member, date(1994, 5, 22))

    profiles.correct_birthday(
        member.pk, birthday=date(1994, 5, 12), reason="Seen on the card", by=operator, now=cast.NOW
    )

    assert Member.objects.get(pk=member.pk).birthday == date(1994, 5, 12)
    record = AuditRecord.objects.get(deed="members.birthday.correct")
    assert (record.actor, record.reason, record.subject) == (
        operator,
        "Seen on the card",
        f"members.member:{member.pk}",
    )
    assert "1994" not in f"{record.before}{record.after}"
