"""Facts that reckon with days: streaks that go on, and ages in months."""

from datetime import date, timedelta
from typing import Any

import pytest
from django.utils import timezone

from community.models import CheckinDay
from loyalty import clock
from loyalty.models import Account, Order
from loyalty.registry import Fact, registry
from members.models import Member, Pet
from tests import cast
from tests.members.paying import shop

pytestmark = pytest.mark.django_db


def value(code: str, member: Member) -> Any:
    """The fact as a predicate reads it; the same expression filters in SQL."""
    fact = next(each for each in registry.all(Fact) if each.code == code)
    rows = Account.objects.annotate(found=fact.expression())
    found = rows.filter(pk=member.pk).values_list("found", flat=True).get()
    alike = rows.filter(found=found) if found is not None else rows.filter(found=None)
    assert member.pk in alike.values_list("pk", flat=True)
    return found


def today() -> date:
    return timezone.localdate()


@pytest.mark.parametrize(
    ("days_ago", "streak"),
    [
        ((), 0),
        ((0,), 1),
        ((1,), 1),
        ((2,), 0),
        ((0, 1, 2), 3),
        ((1, 2, 3), 3),
        ((0, 2, 3, 4), 1),
        ((1, 2, 4, 5, 6, 7), 2),
        ((2, 3, 4), 0),
    ],
)
def test_days_in_a_row_count_while_they_go_on(days_ago: tuple[int, ...], streak: int) -> None:
    member, other = cast.member(), cast.member("何", phone="13500135000")
    for ago in days_ago:
        CheckinDay.objects.create(account_id=member.pk, day=today() - timedelta(days=ago), created_at=cast.NOW)
    for ago in range(9):
        CheckinDay.objects.create(account_id=other.pk, day=today() - timedelta(days=ago), created_at=cast.NOW)

    assert (value("checkin.streak", member), value("checkin.streak", other)) == (streak, 9)


@pytest.mark.parametrize(
    ("months_ago", "streak"),
    [((), 0), ((0,), 1), ((1,), 1), ((2, 3), 0), ((0, 0, 1, 2), 3), ((1, 2, 3, 5), 3), (tuple(range(15)), 15)],
)
def test_months_in_a_row_count_over_the_turn_of_the_year(months_ago: tuple[int, ...], streak: int) -> None:
    member = cast.member()
    for number, ago in enumerate(months_ago):
        shop.order(member, shop.line("TEA"), number=f"A-{number}")
        day = clock.add_months(today().replace(day=1), -ago)
        Order.objects.filter(external_id=f"A-{number}").update(placed_on=day)

    assert value("order.month_streak", member) == streak


@pytest.mark.parametrize(("days", "months"), [(0, 0), (20, 0), (400, 13), (3700, 121)])
def test_the_age_of_the_youngest_pet_is_in_whole_months(days: int, months: int) -> None:
    member = cast.member()
    born = today() - timedelta(days=days)
    Pet.objects.create(member=member, name="豆包", species="dog", birthday=born, added_at=cast.NOW)
    Pet.objects.create(member=member, name="老豆", species="dog", birthday=date(2001, 1, 1), added_at=cast.NOW)

    assert value("pet.age_months", member) == months


def test_without_a_pet_there_is_no_age() -> None:
    assert value("pet.age_months", cast.member()) is None


def test_the_day_a_month_is_full_counts_and_the_eve_does_not() -> None:
    member = cast.member()
    full = clock.add_months(today(), -2)
    pet = Pet.objects.create(member=member, name="豆包", species="dog", birthday=full, added_at=cast.NOW)
    on_the_day = value("pet.age_months", member)

    Pet.objects.filter(pk=pet.pk).update(birthday=full + timedelta(days=1))

    assert (on_the_day, value("pet.age_months", member)) == (2, 1)
