"""Benefits by rule and by hand."""

from datetime import date, timedelta
from typing import Any

import pytest
from django.utils.translation import override

from loyalty import rules
from loyalty.events import intake
from loyalty.events.incoming import Incoming
from loyalty.models import AuditRecord, Event, Rule
from members.benefits import claiming, giving, holdings, using
from members.benefits.using import Scan
from members.climbing.granting import ReasonNeeded
from members.models import Benefit, BenefitClaim, Member
from tests import cast
from tests.members.benefits import perks

pytestmark = pytest.mark.django_db


def rule_that_gives(**params: object) -> Rule:
    made = Rule.objects.create(
        code="give", name_zh="送权益", kind="order.paid", effects=[{"effect": "benefit.give", **params}]
    )
    rules.publish(made, by=None, now=cast.NOW - timedelta(days=900))
    return made


def buy(member: Member, order_id: str = "A-1") -> None:
    told = {"order_id": order_id, "currency": "CNY", "amount_minor": 100, "customer": f"m:{member.account.number}"}
    intake.post([Incoming("order.paid", told, cast.NOW)], partner=cast.partner(), now=cast.NOW)


def test_a_rule_gives_a_benefit_beside_all_quotas() -> None:
    perks.offer()
    rule_that_gives(benefit="grooming", times=2, days=10)
    member = cast.member()
    perks.claimed(member)

    buy(member)
    buy(member)

    rows = BenefitClaim.objects.filter(period="given").order_by("place")
    assert [(row.place, row.usable_through, row.offer) for row in rows] == [
        (1, date(2026, 3, 27), None),
        (2, date(2026, 3, 27), None),
    ]
    [holding] = holdings.one(member.pk, now=cast.NOW)
    assert (holding.taken, holding.left) == (1, 0)
    assert Event.objects.filter(kind="benefit.claimed").count() == 3


def test_without_days_the_benefits_own_count_and_without_those_there_is_no_end() -> None:
    perks.benefit("spa", use_days=7)
    perks.benefit("bag")
    member = cast.member()
    rule_that_gives(benefit="spa", times=1)
    rule = Rule.objects.create(
        code="bag",
        name_zh="送包",
        kind="order.paid",
        effects=[{"effect": "benefit.give", "benefit": "bag", "times": 1}],
    )
    rules.publish(rule, by=None, now=cast.NOW - timedelta(days=900))

    buy(member)

    found = {row.benefit.code: row.usable_through for row in BenefitClaim.objects.select_related("benefit")}
    assert found == {"spa": date(2026, 3, 24), "bag": None}


def test_a_retired_benefit_is_given_no_more() -> None:
    perks.benefit()
    rule_that_gives(benefit="grooming", times=1)
    Benefit.objects.update(archived_at=cast.NOW)

    buy(cast.member())

    assert BenefitClaim.objects.count() == 0


def test_the_effect_reads_as_a_sentence() -> None:
    perks.benefit()

    with override("zh-hans"):
        said = str(giving.GIVE.sentence({"benefit": "grooming", "times": 2}))

    assert said == "权益“权益 grooming”× 2"


def test_staff_give_one_with_a_reason() -> None:
    perks.benefit()
    member, operator = cast.member(), cast.operator()

    row = giving.give(
        account_id=member.pk,
        benefit="grooming",
        through=date(2026, 6, 30),
        reason="排队太久，补偿一次",
        by=operator,
        now=cast.NOW,
    )

    assert (row.period, row.usable_through, row.state) == ("given", date(2026, 6, 30), "open")
    record = AuditRecord.objects.get(deed="members.benefit.give")
    assert (record.actor, record.reason) == (operator, "排队太久，补偿一次")
    assert row.code not in str(record.after)


def test_giving_needs_a_reason_and_a_benefit_in_use() -> None:
    member = cast.member()
    words: dict[str, Any] = {"account_id": member.pk, "benefit": "none", "through": None, "by": None, "now": cast.NOW}

    with pytest.raises(ReasonNeeded):
        giving.give(**words, reason=" ")
    with pytest.raises(claiming.BenefitUnknown):
        giving.give(**words, reason="补偿")


def test_what_was_taken_back_is_not_used_and_not_claimed_again() -> None:
    perks.offer()
    member = cast.member()
    row = perks.claimed(member)

    giving.take_back(code=row.code, reason="重复领取", by=cast.operator(), now=cast.NOW)

    with pytest.raises(using.TakenBack):
        using.use(Scan(row.code, "till"), now=cast.NOW)
    with pytest.raises(claiming.QuotaUsed):
        perks.claimed(member)
    with pytest.raises(giving.NotOpen):
        giving.take_back(code=row.code, reason="再来", by=None, now=cast.NOW)
