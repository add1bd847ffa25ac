"""A plan whose tier is changed takes its members along."""

import pytest
from django.test import Client
from django.urls import reverse

from loyalty import jobs
from loyalty.models import Account, JobRun
from members.models import Member, Plan, Standing, Tier
from members.paying import moving
from tests import cast
from tests.members.paying import shop
from tests.members.paying.test_lifting import code, paid_tiers

pytestmark = pytest.mark.django_db


def changed(plan: Plan, tier: Tier | None) -> None:
    """As the page does it, and the job that follows."""
    Plan.objects.filter(pk=plan.pk).update(tier=tier)
    moving.ask(plan, now=shop.at(1))
    jobs.run_due(now=shop.at(1), codes=[moving.CODE])


def moves(member: Member) -> list[tuple[str, str]]:
    return list(member.tier_changes.order_by("pk").values_list("reason", "note"))


def test_holders_rise_with_their_plan_once_and_the_history_says_why() -> None:
    plus, black = paid_tiers()
    plan = shop.plan(tier=plus)
    member = cast.member(growth=700)
    shop.order(member)

    changed(plan, black)
    changed(plan, black)

    assert (code(member), Standing.objects.get(member=member).paid) == ("blackplus", black)
    assert moves(member) == [("paid", "PLUS 年卡"), ("paid", "PLUS 年卡现在带来另一个等级")]
    assert [told["tier"] for told in shop.happened("tier.upgraded")] == ["plus", "blackplus"]


def test_holders_come_down_with_it_to_what_else_they_have() -> None:
    plus, black = paid_tiers()
    plan = shop.plan(tier=black)
    one, other = cast.member(growth=700), cast.member("何", phone="13500135000")
    shop.order(one, number="A-1")
    shop.order(other, number="A-2")

    changed(plan, plus)
    down = [code(one), code(other)]
    changed(plan, None)

    assert (down, [code(one), code(other)]) == (["plus", "plus"], ["silver", "starter"])
    assert [reason for reason, _note in moves(one)] == ["paid", "paid_ended", "paid_ended"]


def test_who_holds_it_no_more_and_closed_memberships_are_left_alone() -> None:
    plus, black = paid_tiers()
    plan = shop.plan(tier=plus)
    over, closed = cast.member(growth=700), cast.member("何", phone="13500135000")
    shop.order(over, number="A-1")
    shop.order(closed, number="A-2")
    shop.refund(50000, number="A-1", now=shop.at(0))
    Account.objects.filter(pk=closed.pk).update(status=Account.Status.CLOSED)

    changed(plan, black)

    assert (code(over), code(closed)) == ("silver", "plus")


def test_more_members_than_one_piece_are_all_moved(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(moving, "RANGE", 2)
    plus, black = paid_tiers()
    plan = shop.plan(tier=plus)
    members = [cast.member(f"客{number}", phone=f"1350013500{number}") for number in range(5)]
    for number, member in enumerate(members):
        shop.order(member, number=f"A-{number}")

    changed(plan, black)

    assert [code(member) for member in members] == ["blackplus"] * 5
    assert [run.counts for run in JobRun.objects.filter(job=moving.CODE, period__contains=".")] == [{"looked_at": 5}]


def test_the_page_asks_for_the_move_where_the_tier_was_changed_alone() -> None:
    plus, black = paid_tiers()
    plan = shop.plan(tier=plus)
    client = Client(headers={"Accept-Language": "en"})
    client.force_login(cast.operator())
    address = reverse("admin:members_plan_change", args=[plan.pk])
    form = client.get(address).context["adminform"].form
    told = {name: form[name].value() for name in form.fields if form[name].value() not in (None, False)}
    told |= {"benefit_offers-TOTAL_FORMS": 0, "benefit_offers-INITIAL_FORMS": 0}

    client.post(address, told | {"price": "500.00", "name_en": "PLUS!"})
    before = JobRun.objects.filter(job=moving.CODE).count()
    answer = client.post(address, told | {"price": "500.00", "tier": black.pk})

    assert (answer.status_code, before, JobRun.objects.filter(job=moving.CODE).count()) == (302, 0, 1)
    assert Plan.objects.get().tier == black
