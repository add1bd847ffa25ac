"""`/rewards` and `/redemptions`: what a till can redeem for a member."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from loyalty import clock
from loyalty.models import AccountReference
from members.models import Member
from rewards.models import Redemption, Reward
from tests import cast
from tests.members.benefits import perks
from tests.rewards.perks import Does, privilege
from tests.tills import Till, code, told

pytestmark = pytest.mark.django_db


def known_as(external_id: str, member: Member, till: Till) -> None:
    AccountReference.objects.create(partner=till.partner, external_id=external_id, account=member.account)


def rich_member() -> Member:
    """Holds 2,000 points by the real clock, as the API reads it."""
    member = cast.new_member()
    cast.give(member.account_id, 2000, now=clock.now())
    return member


def redeem(till: Till, **changes: Any) -> Any:
    body = {"member": "x:C-1", "reward": "toy", "token": "T-1", "quoted_points": 800} | changes
    return till.post("/redemptions", body)


def test_the_shelf_shows_what_is_open_now() -> None:
    cast.reward("toy", points=800)
    cast.reward("cheap", points=100, stock=0)
    for name in ("off", "soon", "over"):
        cast.reward(name)
    now = clock.now()
    Reward.objects.filter(code="off").update(is_on_shelf=False)
    Reward.objects.filter(code="soon").update(starts_at=now + timedelta(hours=1))
    Reward.objects.filter(code="over").update(ends_at=now - timedelta(hours=1))

    rewards = told(Till().get("/rewards"))["rewards"]

    assert [(each["code"], each["points"], each["left"]) for each in rewards] == [("cheap", 100, 0), ("toy", 800, 10)]


def test_a_longer_shelf_takes_no_more_queries() -> None:
    till = Till()
    asked = []
    for number in (1, 2, 3):
        cast.reward(f"toy-{number}")
        till.get("/rewards")
        with CaptureQueriesContext(connection) as queries:
            shown = told(till.get("/rewards"))["rewards"]
        asked.append((len(shown), len(queries)))

    assert [rows for rows, _ in asked] == [1, 2, 3]
    assert len({count for _, count in asked}) == 1


def test_a_till_redeems_for_its_customer() -> None:
    till, member = Till(), rich_member()
    known_as("C-1", member, till)
    cast.reward("toy", points=800)

    answer = redeem(till)

    body = told(answer)
    assert (answer.status_code, body["reward"], body["points"], body["token"]) == (201, "toy", 800, "T-1")
    assert Redemption.objects.get().number == body["number"]
    assert cast.available(member.account_id) == 1200


def test_the_same_token_is_answered_the_same_under_a_new_key() -> None:
    """E73: the token outlives the Idempotency-Key."""
    till, member = Till(), rich_member()
    known_as("C-1", member, till)
    cast.reward("toy", points=800)

    first, again = redeem(till), redeem(till)

    assert (first.status_code, again.status_code, told(again)) == (201, 200, told(first))
    assert cast.available(member.account_id) == 1200


def test_two_tills_may_use_the_same_token() -> None:
    first, second, member = Till(), Till("shop"), rich_member()
    known_as("C-1", member, first)
    known_as("C-1", member, second)
    cast.reward("toy", points=800)

    assert [redeem(first).status_code, redeem(second).status_code] == [201, 201]


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"quoted_points": 700}, (409, "price_changed")),
        ({"quantity": 3, "quoted_points": 2400}, (422, "insufficient_points")),
        ({"reward": "gone", "quoted_points": None}, (422, "out_of_stock")),
        ({"reward": "nothing"}, (404, "reward_not_found")),
        ({"member": "x:C-2"}, (404, "member_not_found")),
        ({"quantity": 0}, (400, "out_of_range")),
        ({"quantity": 101}, (400, "out_of_range")),
        ({"quantity": "1"}, (400, "integer_required")),
        ({"points": 1}, (400, "unknown_field")),
    ],
)
def test_a_refusal_has_its_code_and_takes_nothing(changes: dict[str, Any], expected: tuple[int, str]) -> None:
    """E74: quoted 800, another price now → 409 price_changed."""
    till, member = Till(), rich_member()
    known_as("C-1", member, till)
    cast.reward("toy", points=800)
    cast.reward("gone", stock=0)

    answer = till.post(
        "/redemptions",
        {
            name: value
            for name, value in (
                {"member": "x:C-1", "reward": "toy", "token": "T-1", "quoted_points": 800} | changes
            ).items()
            if value is not None
        },
    )

    assert code(answer) == expected
    assert (cast.available(member.account_id), Redemption.objects.count()) == (2000, 0)


def test_a_key_without_the_scope_sees_and_takes_nothing() -> None:
    till = Till("till", "events:write", "members:read")

    assert code(till.get("/rewards"))[0] == 403
    assert code(redeem(till))[0] == 403


def test_a_suspended_member_is_told_apart() -> None:
    till, member = Till(), cast.suspended_member(points=2000)
    known_as("C-1", member, till)
    cast.reward("toy", points=800)

    assert code(redeem(till)) == (423, "member_frozen")


def test_the_shelf_tells_what_benefits_do() -> None:
    cast.reward("toy", points=800)
    start = clock.now() + timedelta(hours=1)
    Reward.objects.filter(code="toy").update(starts_at=start)
    privilege(Does.EARLY, "first-look", hours=2)
    privilege(Does.PRICE, points=0)

    [reward] = told(Till().get("/rewards"))["rewards"]

    assert [(each["benefit"], each["does"], each["points"], each["takes_use"]) for each in reward["privileges"]] == [
        ("first-look", "early", None, False),
        ("grooming", "price", 0, True),
    ]
    assert reward["privileges"][0]["opens_at"] < reward["starts_at"]


def test_a_till_redeems_with_a_benefit_once() -> None:
    till, member = Till(), rich_member()
    known_as("C-1", member, till)
    cast.reward("toy", points=800)
    perks.offer(quota=1)
    privilege(Does.PRICE, points=0)

    first = redeem(till, benefit="grooming", quoted_points=0)
    second = redeem(till, benefit="grooming", quoted_points=0, token="T-2")

    body = told(first)
    assert (first.status_code, body["points"], body["benefit"]) == (201, 0, "grooming")
    assert code(second) == (422, "benefit_quota_used")
    assert cast.available(member.account_id) == 2000


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, (422, "reward_reserved")),
        ({"reward": "soon"}, (422, "opens_later")),
        ({"reward": "other", "benefit": "grooming"}, (422, "benefit_not_accepted")),
        ({"reward": "free", "benefit": "grooming", "quoted_points": 0}, (404, "benefit_not_found")),
    ],
)
def test_what_benefits_refuse_has_its_code(changes: dict[str, Any], expected: tuple[int, str]) -> None:
    till, member = Till(), rich_member()
    known_as("C-1", member, till)
    for name in ("toy", "soon", "other", "free"):
        cast.reward(name, points=800)
    Reward.objects.filter(code="soon").update(starts_at=clock.now() + timedelta(hours=1))
    privilege(Does.RESERVED, "lounge")
    privilege(Does.EARLY, "first-look", hours=2, reward="soon")
    privilege(Does.PRICE, points=0, reward="free")

    assert code(redeem(till, **changes)) == expected
    assert (cast.available(member.account_id), Redemption.objects.count()) == (2000, 0)
