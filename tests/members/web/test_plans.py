"""The pages of paid membership."""

import re
from datetime import date, datetime

import pytest

from members.models import Member, PlanTerm
from members.paying import buying
from tests import cast, visits
from tests.conftest import Opener
from tests.members.paying import shop
from tests.pages import accessibility_faults, overflows

pytestmark = pytest.mark.django_db


def page(member: Member, path: str = "/plans/", *, language: str = "en") -> str:
    answer = visits.as_member(member, language=language).get(path)
    assert answer.status_code == 200
    return re.sub(r"\s+", " ", answer.content.decode())


def test_a_plan_says_what_it_costs_in_money_and_points(noon: datetime) -> None:
    shop.plan()
    member = cast.gold_member(password=cast.PASSWORD)

    assert "<b>¥500</b>" in page(member)
    assert "<b>10,000 积分</b>" in page(member, language="zh-hans")


def test_without_a_plan_nothing_leads_to_the_page(noon: datetime) -> None:
    member = cast.gold_member(password=cast.PASSWORD)
    before = "/plans/" in page(member, "/me/")
    shop.plan()

    assert (before, "/plans/" in page(member, "/me/")) == (False, True)


def test_the_confirmation_says_what_is_spent_and_through_when(noon: datetime) -> None:
    shop.plan()
    member = cast.gold_member(points=12000, password=cast.PASSWORD)

    shown = page(member, "/plans/plus/buy/")

    assert "−10,000" in shown
    assert "March 17, 2027" in shown
    assert "2,000 points" in shown


def test_a_press_buys_and_a_second_one_shows_the_same_term(noon: datetime) -> None:
    shop.plan()
    member = cast.gold_member(points=12000, password=cast.PASSWORD)
    client = visits.as_member(member)
    form = {"key": "a" * 32, "price": "10000"}

    first, second = (client.post("/plans/plus/buy/", form) for _ in range(2))

    term = PlanTerm.objects.get()
    assert first.headers["Location"] == second.headers["Location"] == f"/plans/terms/{term.pk}/"
    assert cast.available(member.pk) == 2000
    assert "PLUS is yours. Enjoy!" in page(member, f"/plans/terms/{term.pk}/")


def test_too_few_points_are_told_before_and_after_the_press(noon: datetime) -> None:
    shop.plan()
    member = cast.gold_member(points=9000, password=cast.PASSWORD)

    asked = page(member, "/plans/plus/buy/")
    answer = visits.as_member(member).post("/plans/plus/buy/", {"key": "a" * 32, "price": "10000"})

    assert ("1,000 points are missing" in asked, "Left afterwards" in asked) == (True, False)
    assert (answer.status_code, PlanTerm.objects.count()) == (422, 0)


def test_the_trial_is_confirmed_and_offered_once(noon: datetime) -> None:
    shop.plan()
    member = cast.gold_member(password=cast.PASSWORD)
    asked = "/plans/plus/try/" in page(member)

    answer = visits.as_member(member).post("/plans/plus/try/")

    term = PlanTerm.objects.get()
    assert (asked, answer.headers["Location"], term.through_on) == (True, f"/plans/terms/{term.pk}/", date(2026, 3, 24))
    assert "/plans/plus/try/" not in page(member)
    assert "You are trying it" in page(member)


def test_a_term_of_another_is_not_there(noon: datetime) -> None:
    shop.plan()
    mine, other = cast.gold_member(password=cast.PASSWORD), cast.member("何", phone="13500135000", points=10000)
    term = buying.buy(account_id=other.pk, plan_code="plus", token="t", now=shop.NOW)

    assert visits.as_member(mine).get(f"/plans/terms/{term.pk}/").status_code == 404


def test_the_home_page_tells_in_time_that_a_plan_ends(noon: datetime) -> None:
    shop.plan(length=20, unit="days")
    member = cast.gold_member(points=10000, password=cast.PASSWORD)
    buying.buy(account_id=member.pk, plan_code="plus", token="t", now=shop.at(-3))
    early = "plan-ending" in page(member, "/")
    PlanTerm.objects.update(through_on=date(2026, 3, 25))

    assert (early, "PLUS: 8 days left" in page(member, "/")) == (False, True)


def test_more_plans_cost_no_more_statements(noon: datetime) -> None:
    member = cast.gold_member(password=cast.PASSWORD)
    client = visits.as_member(member)
    shop.plan()
    one = visits.queries(client, "/plans/")
    for code in ("a", "b"):
        shop.plan(code)

    assert visits.queries(client, "/plans/") == one


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_the_page_fits_a_phone_and_everybody_can_use_it(live: str, browse: Opener) -> None:
    shop.plan()
    member = cast.gold_member(points=12000, password=cast.PASSWORD)
    with browse(language="zh-hans", width=390) as phone:
        phone.goto("/sign-in/")
        phone.fill("#id_login", member.account.number)
        phone.fill("#id_password", cast.PASSWORD)
        phone.click("main form button.btn.big")
        for path in ("/plans/", "/plans/plus/buy/", "/plans/plus/try/"):
            phone.goto(path)
            assert (overflows(phone), accessibility_faults(phone)) == (False, [])
