"""The mall and the tickets."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from loyalty import ids
from rewards.models import Redemption, Reward
from tests import cast, visits

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("noon")]


def shelf(client: Client, query: str = "") -> list[tuple[str, str, int]]:
    """(code, state, points missing) of every tile."""
    tiles = client.get(f"/mall/{query}").context["rewards"]
    return [(tile.code, tile.state, tile.missing) for tile in tiles]


def form_of(client: Client, code: str = "toy") -> dict[str, Any]:
    """The hidden fields as the page gives them."""
    initial: dict[str, Any] = client.get(f"/mall/{code}/redeem/").context["form"].initial
    return initial


def test_the_shelf_shows_what_is_in_reach_what_is_not_and_what_is_gone() -> None:
    for code, points, stock in (("dear", 5000, 3), ("cheap", 100, 50), ("gone", 50, 0)):
        cast.reward(code, points=points, stock=stock)
    Reward.objects.create(code="soon", name_zh="将来", price_points=1, starts_at=cast.NOW + timedelta(days=1))
    Reward.objects.create(
        code="past", name_zh="过去", price_points=1, starts_at=cast.NOW - timedelta(days=9), ends_at=cast.NOW
    )
    Reward.objects.create(
        code="hidden", name_zh="收起", price_points=1, starts_at=cast.NOW - timedelta(days=9), is_on_shelf=False
    )
    client = visits.as_member(cast.gold_member(points=1000, password=cast.PASSWORD))

    assert shelf(client) == [("cheap", "open", 0), ("dear", "short", 4000), ("gone", "gone", 0)]
    assert shelf(client, "?show=mine") == [("cheap", "open", 0)]


@pytest.mark.parametrize(
    ("points", "columns", "says"),
    [
        (1000, {}, ""),
        (500, {}, "300 points are missing."),
        (1000, {"stock_left": 0}, "the last one has just gone"),
        (1000, {"limit_per_member": 1}, "you have redeemed it 1 times already"),
    ],
)
def test_a_reward_says_why_it_cannot_be_taken(points: int, columns: dict[str, int], says: str) -> None:
    member = cast.gold_member(points=points + 800 * bool(columns.get("limit_per_member")), password=cast.PASSWORD)
    cast.reward(points=800)
    client = visits.as_member(member)
    if columns.get("limit_per_member"):
        client.post("/mall/toy/redeem/", form_of(client))
    Reward.objects.filter(code="toy").update(**columns)

    answer = client.get("/mall/toy/")

    assert str(answer.context["refusal"]).find(says) >= 0
    assert (" disabled" in answer.content.decode()) is bool(says)


def test_a_suspended_member_looks_and_cannot_take() -> None:
    cast.reward(points=100)
    client = visits.as_member(cast.suspended_member(password=cast.PASSWORD))

    answer = client.post("/mall/toy/redeem/", {"key": ids.uuid7().hex, "price": 100})

    assert answer.status_code == 423
    assert "suspended" in client.get("/mall/toy/").content.decode()
    assert Redemption.objects.count() == 0


def test_redeeming_pays_once_however_often_the_form_is_sent() -> None:
    member = cast.gold_member(points=1000, password=cast.PASSWORD)
    cast.reward(points=300, stock=5)
    client = visits.as_member(member)
    form = form_of(client)

    answers = [client.post("/mall/toy/redeem/", form) for _press in range(3)]

    (redemption,) = Redemption.objects.all()
    assert {answer.headers["Location"] for answer in answers} == {f"/tickets/{redemption.number}/"}
    assert cast.available(member.pk) == 700
    assert Reward.objects.get().stock_left == 4


def test_two_visits_to_the_form_are_two_redemptions() -> None:
    member = cast.gold_member(points=1000, password=cast.PASSWORD)
    cast.reward(points=300)
    client = visits.as_member(member)

    for _visit in range(2):
        client.post("/mall/toy/redeem/", form_of(client))

    assert cast.available(member.pk) == 400


def test_a_price_that_rose_meanwhile_is_shown_before_anything_is_paid() -> None:
    member = cast.gold_member(points=1000, password=cast.PASSWORD)
    cast.reward(points=300)
    client = visits.as_member(member)
    form = form_of(client)
    Reward.objects.update(price_points=500)

    answer = client.post("/mall/toy/redeem/", form)

    assert answer.status_code == 409
    assert "The price is 500 points now, not 300." in answer.content.decode()
    assert cast.available(member.pk) == 1000


@pytest.mark.parametrize("form", [{}, {"key": "x", "price": 300}, {"key": "a" * 32, "price": "much"}])
def test_a_form_without_its_key_takes_nothing(form: dict[str, Any]) -> None:
    cast.reward(points=300)
    client = visits.as_member(cast.gold_member(password=cast.PASSWORD))

    assert client.post("/mall/toy/redeem/", form).status_code == 422
    assert Redemption.objects.count() == 0


def test_the_ticket_shows_its_code_and_is_greeted_once() -> None:
    cast.reward(points=300)
    client = visits.as_member(cast.gold_member(password=cast.PASSWORD))
    address = client.post("/mall/toy/redeem/", form_of(client)).headers["Location"]

    page = client.get(address).content.decode()
    Redemption.objects.update(redeemed_at=cast.NOW - timedelta(hours=1))

    assert ("It is yours. Enjoy!" in page, "<svg" in page.partition("QR code of the ticket")[2]) == (True, True)
    assert Redemption.objects.get().number in page
    assert "It is yours. Enjoy!" not in client.get(address).content.decode()


def test_nobody_sees_anothers_ticket() -> None:
    cast.reward(points=300)
    owner = visits.as_member(cast.gold_member(password=cast.PASSWORD))
    address = owner.post("/mall/toy/redeem/", form_of(owner)).headers["Location"]

    assert visits.as_member(cast.new_member(password=cast.PASSWORD)).get(address).status_code == 404


def test_usable_tickets_come_first() -> None:
    cast.reward(points=100, stock=9)
    client = visits.as_member(cast.gold_member(password=cast.PASSWORD))
    answers = [client.post("/mall/toy/redeem/", form_of(client)) for _turn in range(2)]
    numbers = [answer.headers["Location"].split("/")[2] for answer in answers]
    Redemption.objects.filter(number=numbers[1]).update(
        state=Redemption.State.VERIFIED, redeemed_at=cast.NOW + timedelta(hours=1)
    )

    found = client.get("/tickets/").context["tickets"]

    assert [(ticket.ref, ticket.state) for ticket in found] == [(numbers[0], "ready"), (numbers[1], "used")]


@pytest.mark.parametrize("path", ["/mall/", "/tickets/", "/"])
def test_three_rows_cost_as_many_queries_as_one(path: str) -> None:
    client, counts = visits.as_member(cast.gold_member(password=cast.PASSWORD)), []

    for turn in range(3):
        cast.reward(f"toy-{turn}", points=100)
        client.post(f"/mall/toy-{turn}/redeem/", form_of(client, f"toy-{turn}"))
        counts.append(visits.queries(client, path))

    assert counts == [counts[0]] * 3


@pytest.mark.parametrize("path", ["/mall/nothing/", "/mall/nothing/redeem/", "/tickets/NOTHING/"])
def test_what_is_not_there_leads_nowhere(path: str) -> None:
    assert visits.as_member(cast.new_member(password=cast.PASSWORD)).get(path).status_code == 404
