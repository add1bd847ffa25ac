"""Home, code, statement and receipt."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from django.test import Client

from loyalty import rules
from loyalty.events import intake
from loyalty.events.incoming import Incoming
from loyalty.ledger import expiring
from loyalty.models import Currency, Entry, Rule
from members.models import Member
from rewards import redemptions
from tests import cast, tills, visits

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("noon")]


def buy(member: Member, order_id: str, amount: str = "100.00", *, at: datetime | None = None) -> None:
    """An order told by the till at the time it was placed."""
    when = at or cast.NOW - timedelta(hours=1)
    told = {"order_id": order_id, "currency": "CNY", "amount": amount, "customer": f"m:{member.account.number}"}
    outcome = intake.post([Incoming("order.paid", told, when)], partner=cast.partner(), now=when)[0]
    assert outcome.error is None


def give_back(order_id: str, amount: str) -> None:
    told = {"order_id": order_id, "refund_id": f"R-{order_id}", "currency": "CNY", "amount": amount}
    intake.post([Incoming("order.refunded", told, cast.NOW)], partner=cast.partner(), now=cast.NOW)


def lines(client: Client, query: str = "") -> list[tuple[str, int, str]]:
    """(title, points, kind) of every line of one page of the statement."""
    months = client.get(f"/points/{query}").context["months"]
    return [(str(line.title), line.points, line.kind) for month in months for line in month.lines]


def newest(member: Member, **wanted: Any) -> Entry:
    return Entry.objects.filter(account_id=member.pk, currency__code="points", **wanted).latest("version")


def told(client: Client, entry_id: UUID) -> Any:
    answer = client.get(f"/points/{entry_id}/")
    assert answer.status_code == 200
    return answer.context["receipt"]


def test_home_says_what_one_has_where_one_stands_and_what_comes_next() -> None:
    cast.rule("daily", "checkin.done", points=5)
    cast.reward(points=3000)
    client = visits.as_member(cast.gold_member(points=3280, password=cast.PASSWORD))

    page = client.get("/").content.decode()

    said = ("林小满", "3,280", "Gold", "Next stop: Platinum", "1,600", "Check in, +5", "Cat wand")
    assert [words for words in said if words not in page] == []


def test_home_of_a_new_member_leads_by_the_hand() -> None:
    cast.rule("gift", "member.joined", points=100)
    member = cast.new_member(password=cast.PASSWORD)
    Member.objects.filter(pk=member.pk).update(birthday=None)

    context = visits.as_member(member).get("/").context

    assert [(str(step.title), step.done, step.url) for step in context["steps"]] == [
        ("Tell us your birthday", False, "/me/profile/"),
        ("Tell us about your pet", False, "/me/pets/add/"),
        ("Check in for the first time", False, "/tasks/"),
    ]
    assert context["gift"].points == 100


def test_a_step_that_is_done_makes_way_for_the_next() -> None:
    member = cast.new_member(password=cast.PASSWORD)

    steps = visits.as_member(member).get("/").context["steps"]

    assert [(str(step.title), step.done) for step in steps] == [
        ("Tell us about your pet", False),
        ("Check in for the first time", False),
        ("Collect your first points in the shop", False),
    ]


def test_a_member_of_long_standing_is_not_led() -> None:
    context = visits.as_member(cast.gold_member(password=cast.PASSWORD)).get("/").context

    assert (context["steps"], context["gift"]) == ([], None)


@pytest.mark.parametrize(("days", "told_on_home"), [(200, False), (330, True)])
def test_points_that_go_soon_are_named_on_the_card_and_always_on_the_statement(days: int, told_on_home: bool) -> None:
    """Twelve months after they came; the last day of use is the eve of the instant they go."""
    member = cast.new_member(password=cast.PASSWORD)
    cast.give(member.pk, 120, now=cast.NOW - timedelta(days=days))
    client = visits.as_member(member)

    home, statement = client.get("/").context["card"], client.get("/points/").context["card"]

    assert statement.expiring.points == 120
    assert statement.expiring.on.year == (cast.NOW + timedelta(days=365 - days)).year
    assert (home.expiring == statement.expiring) is told_on_home


def test_a_suspended_member_sees_everything_and_is_told() -> None:
    client = visits.as_member(cast.suspended_member(password=cast.PASSWORD))

    pages = {path: client.get(path).content.decode() for path in ("/", "/me/")}

    assert ["Your membership is paused" in page for page in pages.values()] == [True, True]
    assert "500" in pages["/"]


def test_pages_with_a_person_on_them_are_stored_nowhere() -> None:
    client = visits.as_member(cast.gold_member(password=cast.PASSWORD))

    stored = {
        path: client.get(path).headers.get("Cache-Control", "")
        for path in (
            "/",
            "/card/",
            "/points/",
            "/me/",
            "/me/profile/",
            "/me/privacy/",
            "/me/messages/",
            "/messages/",
            "/mall/",
            "/tickets/",
            "/tasks/",
        )
    }

    assert [path for path, policy in stored.items() if "no-store" not in policy] == []


def test_an_order_is_one_line_however_many_rules_gave_points() -> None:
    tills.a_point_per_yuan()
    cast.rule("bonus", "order.paid", points=20)
    member = cast.new_member(password=cast.PASSWORD)

    buy(member, "A-1")

    client = visits.as_member(member)
    assert lines(client) == [("Your purchase", 120, "earned")]
    receipt = told(client, newest(member).pk)
    assert (receipt.points, receipt.order_ref, receipt.balance_after) == (120, "A-1", 120)
    assert [step.sentence for step in receipt.steps] == [
        "Order ¥100.00, 1 for every full ¥1: +100 points",
        "bonus: +20 points",
    ]


def test_a_receipt_says_which_limit_cut_it_and_the_line_hints_at_it() -> None:
    rule = Rule.objects.create(
        code="capped",
        name_zh="封顶",
        name_en="Double day",
        kind="order.paid",
        effects=[{"effect": "points.rate", "currency": "points", "points": 1, "per_minor": 100}],
        caps=[{"per": "day", "currency": "points", "limit": 150, "over": "clip"}],
    )
    rules.publish(rule, by=None, now=cast.NOW - timedelta(days=3650))
    member = cast.new_member(password=cast.PASSWORD)
    buy(member, "A-1")
    buy(member, "A-2", at=cast.NOW - timedelta(minutes=30))

    client = visits.as_member(member)
    statement = client.get("/points/").content.decode()
    receipt = told(client, newest(member).pk)

    assert statement.count("limit reached") == 1
    assert [(step.sentence, step.limit) for step in receipt.steps] == [
        (
            "Order ¥100.00, 1 for every full ¥1: +50 points (limit 150 that day, 100 earned before: 50 of 100 count)",
            True,
        )
    ]


def test_a_return_tells_which_points_went_back() -> None:
    tills.a_point_per_yuan()
    member = cast.new_member(password=cast.PASSWORD)
    buy(member, "A-1")

    give_back("A-1", "30.00")

    client = visits.as_member(member)
    assert lines(client) == [("Return", -30, "refunded"), ("Your purchase", 100, "earned")]
    receipt = told(client, newest(member, counter="clawed_back").pk)
    assert [(step.sentence, step.amount_text) for step in receipt.steps] == [
        ("Goes back with the return: 1 point per yuan", "−30")
    ]


def test_what_was_spent_is_called_by_the_reward() -> None:
    member = cast.gold_member(points=1000, password=cast.PASSWORD)
    cast.reward(points=800)
    redemptions.place(account_id=member.pk, reward_code="toy", quantity=1, token="t", now=cast.NOW)

    client = visits.as_member(member)

    assert lines(client, "?show=spent") == [("Cat wand", -800, "spent")]
    assert told(client, newest(member).pk).title == "Cat wand"


def test_pending_points_stand_apart_until_the_day_they_are_ready() -> None:
    """E21: seven days pending."""
    Currency.objects.filter(code="points").update(pending_days=7)
    tills.a_point_per_yuan()
    member = cast.new_member(password=cast.PASSWORD)
    buy(member, "A-1")

    client = visits.as_member(member)
    answer = client.get("/points/?show=pending")
    (month,) = answer.context["months"]

    assert (answer.context["card"].points, answer.context["card"].pending) == (0, 100)
    assert [(line.kind, line.state_text) for line in month.lines] == [("pending", "ready on Mar 25")]
    assert told(client, newest(member).pk).arrives_on.isoformat() == "2026-03-25"


def test_what_expires_at_one_instant_is_one_line() -> None:
    member = cast.new_member(password=cast.PASSWORD)
    long_ago = cast.NOW - timedelta(days=400)
    for points in (30, 40):
        cast.give(member.pk, points, now=long_ago)
    expiring.sweep(now=cast.NOW)

    client = visits.as_member(member)

    assert lines(client, "?show=expired") == [("Expired", -70, "expired")]
    assert told(client, newest(member).pk).points == -70


@pytest.mark.parametrize(
    ("show", "kinds"),
    [
        ("all", ["spent", "earned", "adjusted"]),
        ("earned", ["earned", "adjusted"]),
        ("spent", ["spent"]),
        ("expired", []),
        ("pending", []),
    ],
)
def test_each_filter_shows_its_own(show: str, kinds: list[str]) -> None:
    tills.a_point_per_yuan()
    member = cast.gold_member(points=1000, password=cast.PASSWORD)
    buy(member, "A-1")
    cast.reward(points=800)
    redemptions.place(account_id=member.pk, reward_code="toy", quantity=1, token="t", now=cast.NOW)

    assert [kind for _title, _points, kind in lines(visits.as_member(member), f"?show={show}")] == kinds


def test_an_unknown_filter_leads_nowhere() -> None:
    client = visits.as_member(cast.new_member(password=cast.PASSWORD))

    assert client.get("/points/?show=secrets").status_code == 404


@pytest.mark.parametrize("cursor", ["", "1", "x-1", "-1-1", "9" * 40, "99999999999999999-1", "1-1'--"])
def test_a_cursor_that_is_none_of_ours_is_harmless(cursor: str) -> None:
    client = visits.as_member(cast.gold_member(password=cast.PASSWORD))

    assert client.get("/points/", {"before": cursor}).status_code == 200


def test_earlier_lines_follow_without_gap_or_repeat_and_months_add_up() -> None:
    """45 orders over two months; the heading of a month that goes on is not repeated."""
    tills.a_point_per_yuan()
    member = cast.new_member(password=cast.PASSWORD)
    for day in range(45):
        buy(member, f"A-{day}", f"{day + 1}.00", at=cast.NOW - timedelta(days=day))
    client = visits.as_member(member)

    address, headings = "/points/", []
    seen: list[int] = []
    while address:
        answer = client.get(address, headers={"HX-Request": "true"} if seen else {})
        assert ("<html" in answer.content.decode()) is not bool(seen)
        for month in answer.context["months"]:
            seen += [line.points for line in month.lines]
            if not month.continued:
                headings.append((month.first_on.isoformat(), month.gained, month.used))
        address = answer.context["more_url"]

    assert seen == list(range(1, 46))
    assert headings == [("2026-03-01", sum(range(1, 19)), 0), ("2026-02-01", sum(range(19, 46)), 0)]


def test_nobody_reads_anothers_receipt() -> None:
    other = cast.gold_member(password=cast.PASSWORD)
    client = visits.as_member(cast.new_member(password=cast.PASSWORD))

    assert client.get(f"/points/{newest(other).pk}/").status_code == 404


@pytest.mark.parametrize("path", ["/", "/points/", "/points/?show=spent"])
def test_three_lines_cost_as_many_queries_as_one(path: str) -> None:
    tills.a_point_per_yuan()
    cast.reward(points=10, stock=99)
    member = cast.gold_member(points=1000, password=cast.PASSWORD)
    client, counts = visits.as_member(member), []

    for turn in range(3):
        buy(member, f"A-{turn}", at=cast.NOW - timedelta(days=turn))
        redemptions.place(account_id=member.pk, reward_code="toy", quantity=1, token=str(turn), now=cast.NOW)
        counts.append(visits.queries(client, path))

    assert counts == [counts[0]] * 3
