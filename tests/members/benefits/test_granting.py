"""What comes by itself: every night, and at once on joining and on a new tier."""

from datetime import date, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from loyalty.events import intake
from loyalty.events.incoming import Incoming
from loyalty.models import Account, Event
from members.benefits import claiming, granting
from members.models import BenefitClaim, Member, Plan
from members.paying import by_hand
from tests import cast
from tests.members.benefits import perks
from tests.members.benefits.perks import Way
from tests.members.climbing.test_tiers import growth_rule

pytestmark = pytest.mark.django_db
DAYS = timedelta(days=1)


def codes(member: Member) -> list[str]:
    rows = BenefitClaim.objects.filter(member=member).order_by("pk")
    return [f"{row.benefit.code} {row.period}.{row.place}" for row in rows.select_related("benefit")]


def test_the_night_grants_what_the_period_owes_once() -> None:
    member = cast.member()
    perks.offer("parcel", way=Way.GRANTED, quota=2, period="quarter")

    first = granting.walk(cast.NOW, perks.DAY.isoformat(), "")
    again = granting.walk(cast.NOW + DAYS, "2026-03-19", "")

    assert (first.counts, again.counts) == ({"granted": 2}, {"granted": 0})
    assert codes(member) == ["parcel 2026Q1.1", "parcel 2026Q1.2"]


def test_each_period_is_granted_anew_and_the_old_ones_stay() -> None:
    member = cast.member()
    perks.offer("parcel", way=Way.GRANTED)

    for days in (0, 14, 45):
        granting.walk(cast.NOW + days * DAYS, "", "")

    assert codes(member) == ["parcel 2026-03.1", "parcel 2026-04.1", "parcel 2026-05.1"]


def test_the_walk_goes_on_where_it_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(granting, "RANGE", 2)
    monkeypatch.setattr(granting, "RANGES_A_STRIDE", 1)
    people = [cast.member(phone=f"1380013800{number}") for number in range(3)]
    perks.offer("parcel", way=Way.GRANTED)

    first = granting.walk(cast.NOW, "", "")
    second = granting.walk(cast.NOW, "", first.cursor)
    last = granting.walk(cast.NOW, "", second.cursor)

    assert (first.cursor, second.cursor, last.cursor) == (str(people[1].pk), str(people[2].pk), "")
    assert [codes(person) for person in people] == [["parcel 2026-03.1"]] * 3


def test_a_range_costs_the_same_whatever_its_length() -> None:
    perks.offer("parcel", way=Way.GRANTED)
    seen = []
    for number in range(3):
        cast.member(phone=f"1380013800{number}", now=cast.NOW)
        BenefitClaim.objects.all().delete()
        if number != 1:
            with CaptureQueriesContext(connection) as captured:
                granting.grant_due(list(Member.objects.values_list("pk", flat=True)), now=cast.NOW)
            seen.append(len(captured))

    assert seen[0] == seen[1]


def test_joining_brings_what_every_member_gets() -> None:
    perks.offer("parcel", way=Way.GRANTED)

    member = cast.member(now=cast.NOW)

    assert codes(member) == ["parcel 2026-03.1"]
    told = Event.objects.get(kind="benefit.claimed")
    assert (told.payload["source"], told.cause and told.cause.kind) == ("itself", "member.joined")


def test_a_new_tier_brings_its_benefits_in_the_orders_own_transaction() -> None:
    growth_rule()
    member = cast.new_member()
    perks.offer("parcel", tier="silver", way=Way.GRANTED)
    till = cast.partner()

    order = {"order_id": "A-1", "currency": "CNY", "amount_minor": 60000, "customer": f"m:{member.account.number}"}
    intake.post([Incoming("order.paid", order, cast.NOW)], partner=till, now=cast.NOW)

    assert codes(member) == ["parcel 2026-03.1"]
    assert BenefitClaim.objects.get().tier == Member.objects.get().tier


def test_a_plan_brings_its_benefits_as_it_starts() -> None:
    plan = Plan.objects.create(code="plus", name_zh="付费会员", name_en="Plus")
    perks.offer("parcel", plan=plan, way=Way.GRANTED)
    member = cast.member()

    by_hand.give(account_id=member.pk, plan=plan, days=30, token="t", reason="礼遇", by=None, now=cast.NOW)

    assert codes(member) == ["parcel 2026-03.1"]


def test_the_follower_and_the_night_do_not_give_twice() -> None:
    perks.offer("parcel", way=Way.GRANTED)
    member = cast.member(now=cast.NOW)

    granting.walk(cast.NOW, "", "")

    assert codes(member) == ["parcel 2026-03.1"]


@pytest.mark.parametrize("status", [Account.Status.FROZEN, Account.Status.CLOSED])
def test_suspended_and_closed_memberships_get_nothing(status: str) -> None:
    member = cast.member()
    perks.offer("parcel", way=Way.GRANTED)
    Account.objects.filter(pk=member.pk).update(status=status)

    granting.walk(cast.NOW, "", "")

    assert codes(member) == []


def test_without_anything_that_comes_by_itself_nobody_is_looked_at() -> None:
    cast.member()
    perks.offer()

    with CaptureQueriesContext(connection) as captured:
        done = granting.walk(cast.NOW, "", "")

    assert (done.cursor, done.counts) == ("", {"granted": 0})
    assert [each["sql"] for each in captured if "members_member" in each["sql"]] == []


def test_a_season_that_ends_takes_nothing_back() -> None:
    member = cast.member()
    pack = perks.season("spring", since=date(2026, 3, 1), through=date(2026, 3, 31))
    perks.offer("parcel", within=pack, way=Way.GRANTED, use_days=60)
    granting.walk(cast.NOW, "", "")

    granting.walk(cast.NOW + 20 * DAYS, "", "")

    row = BenefitClaim.objects.get(member=member)
    assert (row.state, row.usable_through) == ("open", date(2026, 5, 16))
    with pytest.raises(claiming.BenefitUnknown):
        perks.claimed(member, "parcel", now=cast.NOW + 20 * DAYS)
