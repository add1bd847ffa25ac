"""Birthdays and years of joining: on the right day, once a year whatever is edited, in bounded pieces."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from loyalty import jobs
from loyalty.models import Account, Event
from loyalty.registry import Stride
from members.models import Member, MemberSettings, Pet
from members.profile import celebrating, pets, profiles
from members.profile.anniversaries import Feast
from tests import cast

pytestmark = pytest.mark.django_db
Walk = Callable[[datetime, str, str], Stride]


def at(day: date) -> datetime:
    """Noon in Shanghai."""
    return datetime(day.year, day.month, day.day, 4, tzinfo=UTC)


def celebrate(day: date, walk: Walk = celebrating.member_birthdays) -> int:
    """The job of that day, to its end; how many were celebrated."""
    cursor, told = "", 0
    while True:
        stride = walk(at(day), day.isoformat(), cursor)
        told += stride.counts["celebrated"]
        if not stride.cursor:
            return told
        cursor = stride.cursor


def days_celebrated(kind: str) -> list[date]:
    return list(Event.objects.filter(kind=kind).order_by("occurred_on").values_list("occurred_on", flat=True))


def born(day: date | None, phone: str = "13800138000") -> Member:
    member = cast.member(phone=phone, now=datetime(2024, 1, 1, tzinfo=UTC))
    Member.objects.filter(pk=member.pk).update(birthday=day)
    return member


def pet(member: Member, day: date, name: str = "咪咪", species: str = "cat") -> Pet:
    return pets.add(member_id=member.pk, told=pets.Told(name, species, birthday=day), now=cast.NOW)


@pytest.mark.parametrize(
    ("choice", "days"),
    [
        ("february", [date(2027, 2, 28), date(2028, 2, 29)]),
        ("march", [date(2027, 3, 1), date(2028, 2, 29)]),
    ],
)
def test_who_was_born_on_29_february_has_one_birthday_a_year(choice: str, days: list[date]) -> None:
    """E63."""
    MemberSettings.objects.update(leap_day=choice)
    born(date(2000, 2, 29))

    for number in (2027, 2028):
        for offset in range(-3, 4):
            celebrate(date(number, 3, 1) + timedelta(days=offset))

    assert days_celebrated("member.birthday") == days


def test_a_birthday_gives_the_gift_of_the_rule_once_however_often_the_job_runs() -> None:
    cast.rule("birthday", "member.birthday", points=88)
    member, _other = born(date(1994, 3, 18)), born(date(1994, 3, 20), "13900139000")

    counts = [celebrate(date(2026, 3, 18)) for _ in range(3)]

    assert (counts, cast.available(member.pk)) == ([1, 0, 0], 88)
    event = Event.objects.get(kind="member.birthday")
    assert (event.key, event.payload) == (f"member.birthday:{member.pk}:2026", {"year": 2026})


def test_a_birthday_moved_from_past_to_future_is_celebrated_once() -> None:
    """E63: exactly one a year whatever is edited."""
    MemberSettings.objects.update(birthday_edit_days=0)
    member = born(date(1994, 3, 18))
    celebrate(date(2026, 3, 18))
    profiles.change(member.pk, name="林", birthday=date(1994, 5, 1), now=at(date(2026, 3, 19)))

    again = celebrate(date(2026, 5, 1))
    next_year = celebrate(date(2027, 5, 1))

    assert (again, next_year) == (0, 1)


def test_a_birthday_told_in_the_course_of_the_day_is_celebrated_the_day_after() -> None:
    member = born(None)
    morning = celebrate(date(2026, 3, 18))
    profiles.change(member.pk, name="林", birthday=date(1994, 3, 18), now=at(date(2026, 3, 18)))

    after = [celebrate(date(2026, 3, 19)), celebrate(date(2026, 3, 20))]

    assert (morning, after) == (0, [1, 0])


def test_by_the_month_birthdays_come_on_the_first_and_for_who_tells_later_once() -> None:
    MemberSettings.objects.update(birthday_on="month")
    born(date(1994, 3, 31))
    first = celebrate(date(2026, 3, 1))
    born(date(1990, 3, 2), "13900139000")
    born(date(1990, 4, 2), "13700137000")

    later = [celebrate(date(2026, 3, day)) for day in (2, 18, 31)]

    assert (first, later) == (1, [1, 0, 0])
    assert celebrate(date(2026, 4, 1)) == 1


def test_changing_from_day_to_month_gives_no_second_birthday() -> None:
    born(date(1994, 3, 2))
    celebrate(date(2026, 3, 2))
    MemberSettings.objects.update(birthday_on="month")

    assert celebrate(date(2026, 3, 18)) == 0


def test_who_has_left_is_not_celebrated() -> None:
    member = born(date(1994, 3, 18))
    pet(member, date(2020, 3, 18))
    Account.objects.filter(pk=member.pk).update(status=Account.Status.CLOSED)

    told = [celebrate(date(2026, 3, 18), walk) for walk in (celebrating.member_birthdays, celebrating.pet_birthdays)]

    assert told == [0, 0]


def test_of_three_pets_two_are_celebrated_a_year() -> None:
    """E65."""
    member = born(None)
    cast.rule("pet", "pet.birthday", points=20)
    for month in (3, 5, 7):
        pet(member, date(2020, month, 18))

    for day in (date(2026, month, 18) for month in range(1, 13)):
        celebrate(day, celebrating.pet_birthdays)

    told = Event.objects.filter(kind="pet.birthday").order_by("occurred_on").values_list("payload", flat=True)
    assert [(each["nth"], each["age"], each["species"]) for each in told] == [(1, 6, "cat"), (2, 6, "cat")]
    assert days_celebrated("pet.birthday") == [date(2026, 3, 18), date(2026, 5, 18)]
    assert cast.available(member.pk) == 40


def test_pets_of_one_day_share_the_years_number_and_taking_one_out_makes_no_room() -> None:
    """E65: the cap counts what was celebrated, whoever is there now."""
    member, day = born(None), date(2026, 3, 18)
    first = [pet(member, date(2020, 3, 18), name) for name in ("甲", "乙", "丙")]
    same_day = celebrate(day, celebrating.pet_birthdays)
    pets.remove(member_id=member.pk, pet_id=first[0].pk, now=cast.NOW)
    pet(member, date(2021, 3, 19), "丁")

    day_after = celebrate(day + timedelta(days=1), celebrating.pet_birthdays)

    assert (same_day, day_after) == (2, 0)


def test_without_a_cap_every_pet_is_celebrated() -> None:
    MemberSettings.objects.update(pet_birthdays_a_year=0)
    member = born(None)
    for _ in range(3):
        pet(member, date(2020, 3, 18))

    assert celebrate(date(2026, 3, 18), celebrating.pet_birthdays) == 3


def test_pets_that_passed_away_or_were_taken_out_have_no_birthday() -> None:
    member = born(None)
    gone, hidden = pet(member, date(2020, 3, 18)), pet(member, date(2020, 3, 18))
    pets.remember(member_id=member.pk, pet_id=gone.pk, on=date(2026, 3, 1), now=cast.NOW)
    pets.remove(member_id=member.pk, pet_id=hidden.pk, now=cast.NOW)

    assert celebrate(date(2026, 3, 18), celebrating.pet_birthdays) == 0


def test_no_pet_is_celebrated_on_the_day_it_was_born() -> None:
    pet(born(None), date(2026, 3, 18))

    assert celebrate(date(2026, 3, 18), celebrating.pet_birthdays) == 0
    assert celebrate(date(2027, 3, 18), celebrating.pet_birthdays) == 1


def test_who_joined_on_29_february_has_an_anniversary_every_year() -> None:
    """E66."""
    member = born(None)
    Member.objects.filter(pk=member.pk).update(joined_on=date(2024, 2, 29))
    MemberSettings.objects.update(leap_day="march")

    for number in range(2024, 2029):
        for offset in range(-3, 3):
            celebrate(date(number, 3, 1) + timedelta(days=offset), celebrating.joining_days)

    assert days_celebrated("member.anniversary") == [
        date(2025, 2, 28), date(2026, 2, 28), date(2027, 2, 28), date(2028, 2, 29),
    ]  # fmt: skip
    years = Event.objects.order_by("occurred_on").filter(kind="member.anniversary").values_list("payload", flat=True)
    assert [each["years"] for each in years] == [1, 2, 3, 4]


def test_days_that_were_missed_are_made_up_for() -> None:
    born(date(1994, 3, 15))
    now = at(date(2026, 3, 13))
    jobs.run_due(now=now, as_of=now, codes=["member_birthdays"])

    later = at(date(2026, 3, 18))
    runs = jobs.run_due(now=later, as_of=later, codes=["member_birthdays"])

    assert [run.period for run in runs] == [f"2026-03-{day}" for day in (14, 15, 16, 17, 18)]
    assert days_celebrated("member.birthday") == [date(2026, 3, 15)]


def test_pieces_are_bounded_and_cost_the_same_for_one_and_for_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(celebrating, "RANGE", 3)
    monkeypatch.setattr(celebrating, "RANGES_A_STRIDE", 1)
    members = [born(date(1994, 3, 18), f"1380013{number:04d}") for number in range(7)]
    costs = []
    cursor = "1|0"  # today's, after yesterday's
    for _ in range(3):
        with CaptureQueriesContext(connection) as seen:
            stride = celebrating.member_birthdays(at(date(2026, 3, 18)), "2026-03-18", cursor)
        costs.append((stride.counts["celebrated"], len(seen)))
        cursor = stride.cursor

    assert [told for told, _cost in costs] == [3, 3, 1]
    assert len({cost for _told, cost in costs}) == 1
    assert (cursor, Event.objects.filter(kind="member.birthday").count()) == ("", len(members))


@pytest.mark.postgres
def test_a_day_is_found_through_the_index_among_many() -> None:
    """The plan reads the index on birthdays, not the table."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        feast = Feast(2026, 3, 18)
        rows = Member.objects.filter(birthday__in=feast.births())
        plans = [
            rows.explain(),
            Member.objects.filter(joined_on__in=feast.births()).explain(),
            Pet.objects.filter(removed_at=None, passed_on=None, birthday__in=feast.births()).explain(),
        ]

    names = ("member_birthdays", "member_joining_days", "pet_birthdays")
    assert [name in plan for name, plan in zip(names, plans, strict=True)] == [True] * 3
