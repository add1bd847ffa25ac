"""How old somebody is, in Python and in SQL alike."""

from datetime import date, timedelta

import pytest
from django.utils import timezone

from loyalty.models import Account
from members import consent, finding
from members.entering import ages, enrolment
from members.entering.guardians import Guardian
from members.models import Consent, Member
from tests import cast

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("born", "today", "is_child"),
    [
        (date(2012, 3, 18), date(2026, 3, 17), True),
        (date(2012, 3, 18), date(2026, 3, 18), False),
        (date(2012, 2, 29), date(2026, 2, 27), True),
        (date(2012, 2, 29), date(2026, 2, 28), False),
        (None, date(2026, 3, 18), False),
    ],
)
def test_a_child_is_one_until_the_day_of_the_fourteenth_birthday(
    born: date | None, today: date, *, is_child: bool
) -> None:
    assert ages.is_child(born, today) is is_child


@pytest.mark.parametrize("years", [ages.CHILD_UNTIL, ages.ADULT_FROM])
@pytest.mark.parametrize("ahead", [-1, 0, 1, 400])
def test_sql_and_python_agree(years: int, ahead: int) -> None:
    member = cast.gold_member()
    today = timezone.localdate()
    birthday = date(today.year - years, today.month, min(today.day, 28)) + timedelta(days=ahead)
    Member.objects.filter(pk=member.pk).update(birthday=birthday)

    told = Account.objects.annotate(told=ages.under(years, "member__birthday")).get(pk=member.pk)

    assert told.told is ages.is_under(years, birthday, today)


def test_whose_birthday_is_unknown_is_no_minor() -> None:
    account = enrolment.enrol(source="api", phone="13600136000", now=cast.NOW).account

    told = Account.objects.annotate(told=ages.under(18, "member__birthday")).get(pk=account.pk)

    assert told.told is False


def test_a_child_is_sent_no_offers_whatever_was_ticked_before() -> None:
    """PIPL 31: under 14 neither advertised to nor studied; held at delivery too."""
    child = enrolment.enrol(
        source="api",
        phone="13600136000",
        birthday=timezone.localdate() - timedelta(days=365 * 9),
        guardian=Guardian("周妈妈"),
        consents={"terms": True, "marketing": True},
        now=timezone.now(),
    )
    recorded = consent.given(child)
    Consent.objects.create(member=child, purpose="marketing", version="old", is_given=True, answered_at=timezone.now())

    address = finding.addresses([child.pk])[child.pk]

    assert (recorded["marketing"], set(address.consents)) == (False, {"terms", "guardian"})
