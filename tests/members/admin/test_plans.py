"""The operators' pages of paid membership."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from loyalty import clock, programme
from loyalty.models import AuditRecord
from members.models import Ladder, Plan, PlanTerm, Tier
from members.paying import buying, income
from tests import cast
from tests.members.paying import shop

pytestmark = pytest.mark.django_db


@pytest.fixture
def staff() -> Client:
    client = Client(headers={"Accept-Language": "en"})
    client.force_login(cast.operator(), backend="django.contrib.auth.backends.ModelBackend")
    return client


def form(**more: Any) -> dict[str, Any]:
    told = {
        "code": "plus",
        "name_zh": "PLUS 年卡",
        "name_en": "PLUS",
        "length": 1,
        "unit": "years",
        "price": "500",
        "price_points": "10000",
        "sku": "PLUS",
        "trial_days": 7,
        "remind_days": 14,
        "refund": "pro_rata",
        "is_on_sale": "on",
        "benefit_offers-TOTAL_FORMS": 0,
        "benefit_offers-INITIAL_FORMS": 0,
    }
    return told | more


def test_a_price_typed_in_yuan_is_kept_in_fen(staff: Client) -> None:
    answer = staff.post(reverse("admin:members_plan_add"), form(price="499.90"))

    assert (answer.status_code, Plan.objects.get().price_minor) == (302, 49990)
    page = staff.get(reverse("admin:members_plan_change", args=[Plan.objects.get().pk])).content.decode()
    assert 'value="499.90"' in page


def test_what_a_till_sells_needs_a_price(staff: Client) -> None:
    answer = staff.post(reverse("admin:members_plan_add"), form(price=""))

    assert "What a till sells has a price." in answer.content.decode()
    assert Plan.objects.count() == 0


def test_a_tier_of_an_unpublished_ladder_is_refused(staff: Client) -> None:
    cast.ladder()
    aside = Ladder.objects.create(code="aside", name_zh="旁", name_en="Aside")
    tier = Tier.objects.create(ladder=aside, code="x", name_zh="x", name_en="x", rank=1, is_paid=True)

    answer = staff.post(reverse("admin:members_plan_add"), form(tier=tier.pk))

    assert "Publish the ladder first." in answer.content.decode()


def test_the_list_heads_with_who_holds_one_and_what_came_in(staff: Client) -> None:
    shop.plan()
    now = clock.now()
    one, other, third = (
        cast.member(name, phone=phone)
        for name, phone in (("林", "13800138000"), ("何", "13500135000"), ("程", "13600136000"))
    )
    cast.give(one.pk, 20000, now=now)
    for token in "ab":
        buying.buy(account_id=one.pk, plan_code="plus", token=token, now=now)
    shop.order(other, now=now)
    buying.try_out(account_id=third.pk, plan_code="plus", now=now)

    seen = income.figures(now=now)
    page = staff.get(reverse("admin:members_plan_changelist")).content.decode()

    assert (seen.members, seen.trying, seen.bought, seen.renewed, seen.minor, seen.points) == (3, 1, 3, 1, 50000, 20000)
    assert "20,000" in page


def test_ending_a_term_shows_first_what_would_be_given_back(staff: Client) -> None:
    shop.plan()
    member, now = cast.member(), clock.now()
    cast.give(member.pk, 10000, now=now)
    term = buying.buy(account_id=member.pk, plan_code="plus", token="t", now=now)
    first = programme.day_of(now) - timedelta(days=100)
    PlanTerm.objects.update(starts_on=first, through_on=first + timedelta(days=364))
    button = reverse("admin:members_planterm_end_term", args=[term.pk])

    asked = staff.get(button).content.decode()
    staff.post(button, {"gives_back": "on", "reason": "搬家了"})

    assert "100 days used, 265 left. 7,260 points go back to where they came from." in asked
    term.refresh_from_db()
    assert (term.refunded_points, cast.available(member.pk), term.ended_on) == (7260, 7260, programme.day_of(now))
    assert AuditRecord.objects.filter(deed="members.planterm.ended", reason="搬家了").count() == 1


def test_a_plan_is_given_on_the_members_page_once_a_form(staff: Client) -> None:
    plan, member = shop.plan(), cast.member()
    button = reverse("admin:members_member_give_plan", args=[member.pk])

    for _press in range(2):
        staff.post(button, {"plan": plan.pk, "days": 30, "reason": "老朋友", "token": "t1"})

    [term] = shop.terms(member)
    assert (term.source, (term.through_on - term.starts_on).days, term.note) == ("staff", 29, "老朋友")


def test_terms_are_found_by_state_and_cannot_be_edited(staff: Client) -> None:
    shop.plan()
    member = cast.member()
    shop.order(member, now=clock.now())
    shop.order(member, number="A-2", now=clock.now())

    counts = [
        staff.get(reverse("admin:members_planterm_changelist"), {"state": state}).context["cl"].result_count
        for state in ("running", "ahead", "over")
    ]
    page = staff.get(reverse("admin:members_planterm_change", args=[shop.terms(member)[0].pk])).content.decode()

    assert counts == [1, 1, 0]
    assert 'name="_save"' not in page


def test_a_retired_plan_is_sold_no_more_and_kept_by_who_has_it(staff: Client) -> None:
    plan, member = shop.plan(), cast.member()
    shop.order(member, now=clock.now())

    staff.post(reverse("admin:members_plan_retire", args=[plan.pk]))

    plan.refresh_from_db()
    assert (plan.is_on_sale, plan.archived_at is None, len(shop.terms(member))) == (False, False, 1)
