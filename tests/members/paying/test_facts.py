"""What conditions know of a paid plan. Facts look at the real day, so these tests live today."""

from datetime import timedelta
from typing import Any

import pytest

from loyalty import clock, programme
from loyalty.models import Account
from members.models import Member, PlanTerm
from members.paying import facts
from tests import cast
from tests.members.paying import shop

pytestmark = pytest.mark.django_db


def known(member: Member) -> list[object]:
    found: dict[str, Any] = {fact.code.replace(".", "_"): fact.expression() for fact in facts.FACTS}
    row = Account.objects.annotate(**found).values(*found).get(pk=member.pk)
    return list(row.values())


def test_who_holds_nothing_is_known_by_nothing() -> None:
    assert known(cast.member()) == [None, None, None]


def test_the_plan_its_last_day_and_the_days_left_count_what_was_renewed() -> None:
    plan, member, today = shop.plan(), cast.member(), programme.day_of(clock.now())
    spans = ((today - timedelta(days=5), today + timedelta(days=4)), (today + timedelta(days=5), today + timedelta(20)))
    for place, (first, last) in enumerate(spans):
        PlanTerm.objects.create(
            member=member,
            plan=plan,
            key=str(place),
            source="staff",
            starts_on=first,
            through_on=last,
            bought_at=clock.now(),
        )

    running = known(member)
    PlanTerm.objects.filter(key="1").update(ended_on=today + timedelta(days=5))
    cut = known(member)

    assert running == ["plus", today + timedelta(days=20), 20]
    assert cut == ["plus", today + timedelta(days=4), 4]
