"""What benefits do in the mall, as members see it: locks with who may, doors that open earlier, free with a benefit."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from members.models import BenefitClaim, Member
from rewards.models import Redemption, Reward
from tests import cast, visits
from tests.conftest import Opener
from tests.members.benefits import perks
from tests.members.benefits.perks import Way
from tests.pages import accessibility_faults, overflows
from tests.rewards.perks import Does, privilege

pytestmark = pytest.mark.django_db
TOY, FORM = "/mall/toy/", "/mall/toy/redeem/"


def newcomer(points: int = 1000) -> Member:
    member = cast.new_member(password=cast.PASSWORD)
    cast.give(member.pk, points)
    return member


def tile(client: Client) -> Any:
    [found] = client.get("/mall/").context["rewards"]
    return found


def test_what_is_kept_for_others_shows_a_lock_and_who_may(noon: datetime) -> None:
    cast.reward()
    gold = visits.as_member(cast.gold_member(password=cast.PASSWORD))
    client = visits.as_member(newcomer())
    perks.offer("lounge", tier="gold", way=Way.STANDING)
    privilege(Does.RESERVED, "lounge")

    seen, page, mine = tile(client), client.get(TOY).content.decode(), tile(gold)

    assert (seen.state, seen.flag, seen.note) == ("locked", "Reserved", "This is kept for Gold members and above.")
    assert ("This is kept for Gold members and above." in page, " disabled" in page) == (True, True)
    assert client.get("/mall/?show=mine").context["rewards"] == []
    assert (mine.state, mine.flag) == ("open", "")
    assert "Kept for Gold members and above" in gold.get(TOY).content.decode()


def test_what_is_kept_for_others_is_no_suggestion_on_the_home_page(noon: datetime) -> None:
    cast.reward()
    client = visits.as_member(newcomer())
    privilege(Does.RESERVED, "lounge")

    assert "Cat wand" not in client.get("/").content.decode()


def test_holders_see_an_open_door_and_others_when_it_opens(noon: datetime) -> None:
    cast.reward()
    Reward.objects.update(starts_at=cast.NOW + timedelta(hours=5))
    gold = visits.as_member(cast.gold_member(password=cast.PASSWORD))
    client = visits.as_member(newcomer())
    before = client.get("/mall/").context["rewards"]
    perks.offer("first-look", tier="gold", way=Way.STANDING)
    privilege(Does.EARLY, "first-look", hours=24)

    early, others = tile(gold), tile(client)

    opens = "March 18, 2026, 17:00"
    assert before == []
    assert (early.state, early.flag, early.note) == ("open", "First to you", f"For everybody from {opens}")
    assert (others.state, others.flag) == ("locked", "Soon")
    assert others.note == f"This opens on {opens}. Earlier already: Gold members and above."
    assert "Opens 24 hours earlier for Gold members and above" in client.get(TOY).content.decode()


def test_a_price_of_ones_own_stands_beside_everybodys(noon: datetime) -> None:
    cast.reward(points=800)
    client = visits.as_member(cast.gold_member(points=700, password=cast.PASSWORD))
    perks.offer("price", tier="gold", way=Way.STANDING)
    privilege(Does.PRICE, "price", points=600)

    seen, page = tile(client), client.get(TOY).content.decode()
    client.post(FORM, client.get(FORM).context["form"].initial)

    assert (seen.points, seen.was, seen.state, seen.note) == (600, 800, "open", "Your price with “Price”")
    assert ("<s>" in page, "Redeem for 600 points" in page) == (True, True)
    assert Redemption.objects.get().points == 600


def test_free_with_a_benefit_is_the_first_way_and_takes_one_use(noon: datetime) -> None:
    cast.reward(points=800)
    member = cast.gold_member(points=1000, password=cast.PASSWORD)
    client = visits.as_member(member)
    perks.offer(quota=2, period="quarter")
    privilege(Does.PRICE, points=0)

    seen, ways = tile(client), client.get(TOY).context["ways"]
    form = client.get(ways[0].url).context["form"].initial
    answers = [client.post(FORM, form) for _press in range(2)]
    ticket = client.get(answers[0].headers["Location"]).content.decode()

    assert seen.note == "Free with “Grooming”"
    assert [(way.points, way.benefit, way.note) for way in ways] == [(0, "grooming", "2 times left"), (800, "", "")]
    assert (Redemption.objects.count(), BenefitClaim.objects.count(), cast.available(member.pk)) == (1, 1, 1000)
    assert "Grooming" in ticket.partition("Paid with")[2]
    assert client.get(TOY).context["ways"][0].note == "1 time left"


def test_who_is_short_of_points_takes_it_with_the_benefit_alone(noon: datetime) -> None:
    cast.reward(points=800)
    client = visits.as_member(cast.gold_member(points=100, password=cast.PASSWORD))
    perks.offer()
    privilege(Does.PRICE, points=0)

    assert tile(client).state == "open"
    assert [way.benefit for way in client.get(TOY).context["ways"]] == ["grooming"]


def test_a_use_that_went_meanwhile_is_said_and_nothing_is_taken(noon: datetime) -> None:
    cast.reward(points=800)
    member = cast.gold_member(points=1000, password=cast.PASSWORD)
    client = visits.as_member(member)
    perks.offer()
    privilege(Does.PRICE, points=0)
    form = client.get(f"{FORM}?with=grooming").context["form"].initial
    BenefitClaim.objects.filter(pk=perks.claimed(member).pk).update(state="used")

    answer = client.post(FORM, form)

    assert (answer.status_code, Redemption.objects.count()) == (422, 0)
    assert "You have taken this as often as there is in this period: 1 of 1." in answer.content.decode()


def test_a_benefit_that_is_named_wrongly_is_the_price_for_points(noon: datetime) -> None:
    cast.reward(points=800)
    client = visits.as_member(cast.gold_member(points=1000, password=cast.PASSWORD))

    assert client.get(f"{FORM}?with=%00nothing").context["form"].initial["price"] == 800


@pytest.mark.parametrize("path", ["/mall/", "/", TOY])
def test_more_rewards_with_benefits_cost_no_more_queries(path: str, noon: datetime) -> None:
    client = visits.as_member(cast.gold_member(password=cast.PASSWORD))
    perks.offer()
    counts = []

    for turn in range(3):
        code = "toy" if not turn else f"toy-{turn}"
        cast.reward(code, points=100)
        privilege(Does.RESERVED, reward=code)
        privilege(Does.PRICE, points=0, reward=code)
        counts.append(visits.queries(client, path))

    assert counts == [counts[0]] * 3


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("language", "width", "dark"), [("zh-CN", 390, False), ("en-US", 1280, True)])
def test_the_mall_with_benefits_is_for_everybody(
    browse: Opener, noon: datetime, language: str, width: int, *, dark: bool
) -> None:
    for code in ("toy", "grooming", "new"):
        cast.reward(code)
    Reward.objects.filter(code="new").update(starts_at=cast.NOW + timedelta(hours=5))
    member = newcomer()
    perks.offer("lounge", tier="gold", way=Way.STANDING)
    perks.offer("first-look", tier="gold", way=Way.STANDING)
    perks.offer()
    privilege(Does.RESERVED, "lounge")
    privilege(Does.PRICE, points=0, reward="grooming")
    privilege(Does.EARLY, "first-look", hours=24, reward="new")

    faults: list[object] = []
    with browse(language=language, width=width, dark=dark) as page:
        page.goto("/sign-in/")
        page.fill("#id_login", member.account.number)
        page.fill("#id_password", cast.PASSWORD)
        page.click("main form button.btn.big")
        page.wait_for_selector("#newest")
        for address in ("/mall/", TOY, "/mall/grooming/", "/mall/new/", "/mall/grooming/redeem/?with=grooming"):
            page.goto(address)
            faults += [*accessibility_faults(page), *([address] if overflows(page) else [])]

    assert faults == []
