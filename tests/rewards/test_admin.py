"""The mall's admin pages."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from loyalty.models import Entry
from rewards import redemptions
from rewards.models import Redemption, Reward
from tests import cast

pytestmark = pytest.mark.django_db


@pytest.fixture
def staff() -> Client:
    client = Client()
    client.force_login(cast.operator())
    return client


def told(reward: Reward, **changes: object) -> dict[str, object]:
    """What the reward's form sends."""
    return {
        "name_zh": reward.name_zh,
        "name_en": reward.name_en,
        "text_zh": "",
        "text_en": "",
        "price_points": reward.price_points,
        "limit_per_member": reward.limit_per_member,
        "is_on_shelf": "on",
        "starts_at_0": "2026-02-16",
        "starts_at_1": "12:00:00",
        "ends_at_0": "",
        "ends_at_1": "",
        "stock_change": "",
    } | changes


@pytest.mark.parametrize("name", ["reward", "redemption"])
def test_a_list_of_three_asks_no_more_than_a_list_of_one(staff: Client, name: str) -> None:
    member = cast.gold_member(points=9000)
    address = reverse(f"admin:rewards_{name}_changelist")
    asked = []
    for number in (1, 2, 3):
        cast.reward(f"toy-{number}", points=100)
        redemptions.place(
            account_id=member.pk, reward_code=f"toy-{number}", quantity=1, token=f"t-{number}", now=cast.NOW
        )
        staff.get(address)
        with CaptureQueriesContext(connection) as queries:
            page = staff.get(address)
        asked.append((page.context["cl"].result_count, len(queries)))

    assert [rows for rows, _ in asked] == [1, 2, 3]
    assert len({count for _, count in asked}) == 1


def test_selling_while_the_form_is_open_is_not_undone(staff: Client) -> None:
    """The form saves everything but the stock, and changes that by so many."""
    reward = cast.reward(points=800, stock=10)
    Reward.objects.filter(pk=reward.pk).update(stock_left=7)

    answer = staff.post(
        reverse("admin:rewards_reward_change", args=[reward.pk]), told(reward, price_points=900, stock_change=20)
    )

    reward.refresh_from_db()
    assert (answer.status_code, reward.price_points, reward.stock_left) == (302, 900, 27)


def test_more_than_there_is_cannot_be_taken_away(staff: Client) -> None:
    reward = cast.reward(stock=2)

    answer = staff.post(
        reverse("admin:rewards_reward_change", args=[reward.pk]), told(reward, stock_change=-3), follow=True
    )

    reward.refresh_from_db()
    assert reward.stock_left == 2
    assert [message.level_tag for message in answer.context["messages"]].count("error") == 1


def test_a_period_that_ends_before_it_starts_is_refused(staff: Client) -> None:
    """Bad input 98: the fault is named beside its field."""
    reward = cast.reward()

    answer = staff.post(
        reverse("admin:rewards_reward_change", args=[reward.pk]),
        told(reward, ends_at_0="2026-02-15", ends_at_1="12:00:00"),
    )

    assert list(answer.context["adminform"].form.errors) == ["ends_at"]


def test_what_was_taken_can_be_read_but_not_written(staff: Client) -> None:
    member = cast.gold_member(points=9000)
    reward = cast.reward(points=800)
    redemption = redemptions.place(account_id=member.pk, reward_code="toy", quantity=1, token="t", now=cast.NOW)

    page = staff.get(reverse("admin:rewards_redemption_change", args=[redemption.pk]))
    written = staff.post(reverse("admin:rewards_redemption_change", args=[redemption.pk]), {"points": 1})
    deleted = staff.post(reverse("admin:rewards_reward_delete", args=[reward.pk]), {"post": "yes"})

    assert (page.status_code, written.status_code, deleted.status_code) == (200, 403, 403)
    assert (Redemption.objects.get().points, Entry.objects.get(counter="redeemed").amount) == (800, -800)
