"""The mall's admin pages."""

import html
from datetime import datetime

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from loyalty.models import Entry
from members.models import BenefitClaim
from rewards import redemptions
from rewards.models import Privilege, Redemption, Reward
from tests import cast
from tests.members.benefits import perks

pytestmark = pytest.mark.django_db


@pytest.fixture
def staff() -> Client:
    client = Client(headers={"Accept-Language": "en"})
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
        "privileges-TOTAL_FORMS": 0,
        "privileges-INITIAL_FORMS": 0,
    } | changes


def line(benefit: object, does: str, **columns: object) -> dict[str, object]:
    """The first line of what benefits do, as the reward's form sends it."""
    told = {"benefit": benefit, "does": does, "hours": "", "price_points": "", **columns}
    return {"privileges-TOTAL_FORMS": 1, **{f"privileges-0-{name}": value for name, value in told.items()}}


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


def test_what_a_benefit_does_is_chosen_on_the_rewards_page(staff: Client) -> None:
    """What a line has no need of is left out."""
    reward, benefit = cast.reward(), perks.benefit()
    address = reverse("admin:rewards_reward_change", args=[reward.pk])

    page = staff.get(address).content.decode()
    answer = staff.post(address, told(reward, **line(benefit.pk, "price", hours=5, price_points=0)))

    assert ("they pay another price" in page, answer.status_code) == (True, 302)
    assert list(Privilege.objects.values_list("benefit", "does", "hours", "price_points")) == [
        (benefit.pk, "price", None, 0)
    ]


@pytest.mark.parametrize(
    ("used_in", "columns", "field"),
    [
        ("anywhere", {"does": "early"}, "hours"),
        ("anywhere", {"does": "price"}, "price_points"),
        ("anywhere", {"does": "early", "hours": 1441}, "__all__"),
        ("till", {"does": "price", "price_points": 0}, "benefit"),
    ],
)
def test_a_line_that_cannot_be_is_told_beside_its_field(
    staff: Client, used_in: str, columns: dict[str, object], field: str
) -> None:
    reward, benefit = cast.reward(), perks.benefit(used_in=used_in)

    answer = staff.post(
        reverse("admin:rewards_reward_change", args=[reward.pk]),
        told(reward, **line(benefit.pk, str(columns["does"]), **{k: v for k, v in columns.items() if k != "does"})),
    )

    [formset] = answer.context["inline_admin_formsets"]
    assert [list(form.errors) for form in formset.formset.forms] == [[field]]
    assert Privilege.objects.count() == 0


def test_staff_cancel_with_a_reason_and_all_goes_back(staff: Client, noon: datetime) -> None:
    member, reward = cast.gold_member(points=2000), cast.reward(points=800)
    perks.offer()
    Privilege.objects.create(reward=reward, benefit=perks.benefit(), does="price", price_points=100)
    taken = redemptions.place(
        account_id=member.pk, reward_code="toy", quantity=1, token="t", benefit="grooming", now=cast.NOW
    )
    page = reverse("admin:rewards_redemption_change", args=[taken.pk])
    [address] = [link for link in staff.get(page).context["actions_detail"] if "cancel" in link["path"]]

    asked = staff.get(address["path"]).content.decode()
    refused = staff.post(address["path"], {"reason": ""})
    done = staff.post(address["path"], {"reason": "缺货"})

    words = ("100 points go back", "“Grooming” can be used again", "× 1 is on the shelf again")
    assert [each for each in words if each not in html.unescape(asked)] == []
    assert (refused.status_code, done.status_code, cast.available(member.pk)) == (200, 302, 2000)
    assert list(BenefitClaim.objects.values_list("state", flat=True)) == ["open"]
    assert [link for link in staff.get(page).context["actions_detail"] if "cancel" in link["path"]] == []
