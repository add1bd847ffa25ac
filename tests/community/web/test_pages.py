"""The check-in and the tasks page."""

from datetime import timedelta

import pytest

from community import checkins
from community.models import CheckinDay
from loyalty import clock
from members.models import Member
from tests import cast, visits

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("noon")]
SEVENTH = {"fact": "event.streak", "op": "eq", "value": 7}


def week_of(member: Member) -> list[tuple[str, str, int]]:
    """(label, state, points) of each day shown."""
    found = visits.as_member(member).get("/tasks/").context["check_in"]
    return [(day.label, day.state, day.points) for day in found.days]


def test_the_week_shows_what_was_done_missed_and_what_each_day_ahead_gives() -> None:
    """NOW is a Wednesday; the gift of the seventh day is five days off."""
    cast.rule("daily", "checkin.done", points=5)
    cast.rule("seventh", "checkin.done", points=20, condition=SEVENTH)
    member = cast.gold_member(password=cast.PASSWORD)
    for days in (2, 1):
        checkins.check_in(member.pk, cast.NOW - timedelta(days=days))

    found = visits.as_member(member).get("/tasks/").context["check_in"]

    assert (found.streak, found.done_today, found.points_today) == (2, False, 5)
    assert (found.next_gift.days, found.next_gift.label) == (5, "+20 extra")
    assert [(day.label, day.state, day.points, day.bonus) for day in found.days] == [
        ("Mon", "done", 0, False),
        ("Tue", "done", 0, False),
        ("Today", "today", 5, False),
        ("Thu", "ahead", 5, False),
        ("Fri", "ahead", 5, False),
        ("Sat", "ahead", 5, False),
        ("Sun", "ahead", 25, True),
    ]


def test_checking_in_stamps_today_once_and_leads_back() -> None:
    cast.rule("daily", "checkin.done", points=5)
    member = cast.new_member(password=cast.PASSWORD)
    client = visits.as_member(member)

    answers = [client.post("/check-in/", {"next": "/tasks/"}) for _press in range(2)]

    assert {answer.headers["Location"] for answer in answers} == {"/tasks/"}
    assert (CheckinDay.objects.count(), cast.available(member.pk)) == (1, 5)
    assert week_of(member)[2][:2] == ("Today", "done")
    assert "See you tomorrow" in client.get("/tasks/").content.decode()


def test_the_stamp_is_seen_landing_only_right_away(monkeypatch: pytest.MonkeyPatch) -> None:
    member = cast.new_member(password=cast.PASSWORD)
    client = visits.as_member(member)
    client.post("/check-in/")
    landing = client.get("/").content.decode().count(" fresh")

    monkeypatch.setattr(clock, "now", lambda: cast.NOW + timedelta(minutes=1))

    assert (landing, client.get("/").content.decode().count(" fresh")) == (1, 0)


def test_a_suspended_member_is_told_kindly_and_not_stamped() -> None:
    client = visits.as_member(cast.suspended_member(password=cast.PASSWORD))

    client.post("/check-in/")

    page = client.get("/").content.decode()
    assert "This membership is suspended. Please contact the shop." in page
    assert CheckinDay.objects.count() == 0


def test_looking_never_stamps() -> None:
    client = visits.as_member(cast.new_member(password=cast.PASSWORD))

    assert client.get("/check-in/").status_code == 405
    assert CheckinDay.objects.count() == 0


def test_tasks_are_what_is_still_open() -> None:
    newcomer = visits.as_member(cast.new_member(password=cast.PASSWORD)).get("/tasks/").context["tasks"]

    assert [(str(task.title), task.done) for task in newcomer] == [
        ("Tell us your birthday", True),
        ("Tell us about your pet", False),
        ("Check in for the first time", False),
        ("Collect your first points in the shop", False),
    ]


def test_a_long_streak_costs_as_many_queries_as_a_short_one() -> None:
    cast.rule("daily", "checkin.done", points=5)
    member = cast.gold_member(password=cast.PASSWORD)
    client, counts = visits.as_member(member), []

    for days in (1, 2, 3):
        checkins.check_in(member.pk, cast.NOW - timedelta(days=days))
        counts.append(visits.queries(client, "/tasks/"))

    assert counts == [counts[0]] * 3
