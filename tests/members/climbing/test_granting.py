"""Tiers given, bought and locked."""

from datetime import date, timedelta
from typing import Any

import pytest

from loyalty.errors import LoyaltyError
from loyalty.models import AuditRecord, Balance, Event
from members.climbing import granting, ladders, reviewing
from members.models import MAIN, Ladder, Member, Tier
from tests import cast

pytestmark = pytest.mark.django_db
TODAY = date(2026, 3, 18)
NOW = cast.NOW


def silver() -> Member:
    cast.ladder()
    return cast.member(growth=700)


def key(code: str) -> int:
    return Tier.objects.get(code=code).pk


def code(member: Member) -> str:
    member.refresh_from_db()
    return member.tier.code if member.tier else ""


def grant(member: Member, to: str = "gold", **more: Any) -> None:
    told = {"account_id": member.pk, "tier_id": key(to), "through": None, "reason": "年度会员", "now": NOW, **more}
    granting.grant(**told)


def shrink(member: Member) -> None:
    """Most of the growth is gone."""
    Balance.objects.filter(account_id=member.pk, currency__code="growth").update(available=100)


def night(days: int) -> None:
    """The nightly review so many days on."""
    at = NOW + timedelta(days=days)
    reviewing.review_due(at, (TODAY + timedelta(days=days)).isoformat(), "")


def test_a_grant_lifts_through_its_last_day() -> None:
    member = silver()
    grant(member, through=TODAY + timedelta(days=2))

    seen = [code(member)]
    for days in (2, 3):
        night(days)
        seen.append(code(member))

    assert seen == ["gold", "gold", "silver"]
    assert list(member.tier_changes.order_by("pk").values_list("reason", "note")) == [
        ("granted", "年度会员"),
        ("grant_ended", ""),
    ]


def test_a_grant_is_told_to_the_rules() -> None:
    cast.rule("gift", "tier.upgraded", points=100)
    member = silver()

    grant(member)

    assert cast.available(member.pk) == 100
    assert Event.objects.get(kind="tier.upgraded").payload["reason"] == "granted"


def test_a_grant_below_what_is_earned_changes_nothing_to_be_seen() -> None:
    member = silver()

    grant(member, "starter")

    assert (code(member), member.tier_changes.count()) == ("silver", 0)


def test_staff_leave_an_audit_record_with_the_reason() -> None:
    member, operator = silver(), cast.operator()

    grant(member, by=operator, through=TODAY)

    record = AuditRecord.objects.get(deed="members.standing.grant")
    assert (record.actor, record.reason, record.after["granted_through"]) == (operator, "年度会员", "2026-03-18")


def test_taking_a_grant_back() -> None:
    member = silver()
    grant(member)

    granting.revoke(account_id=member.pk, ladder_id=MAIN, reason="误操作", now=NOW)

    assert code(member) == "silver"


def test_a_locked_tier_stays_and_may_rise() -> None:
    """E57: locked at gold through 30 June: no fall before, a rise at any time; then the review."""
    cast.ladder()
    member = cast.member(growth=2500)
    last = date(2026, 6, 30)
    granting.lock(account_id=member.pk, tier_id=key("gold"), through=last, reason="产假", now=NOW)

    shrink(member)
    seen = []
    for days in (1, (last - TODAY).days, (last - TODAY).days + 1):
        night(days)
        seen.append(code(member))

    assert seen == ["gold", "gold", "starter"]


def test_a_tier_not_reached_cannot_be_locked() -> None:
    member = silver()

    with pytest.raises(granting.NotBelowThat):
        granting.lock(account_id=member.pk, tier_id=key("gold"), through=None, reason="x", now=NOW)


def test_unlocking_lets_the_policies_speak() -> None:
    cast.ladder()
    member = cast.member(growth=2500)
    granting.lock(account_id=member.pk, tier_id=key("gold"), through=None, reason="产假", now=NOW)
    shrink(member)

    granting.unlock(account_id=member.pk, ladder_id=MAIN, reason="回来了", now=NOW)

    assert code(member) == "starter"


@pytest.mark.parametrize(("growth", "after"), [(700, "silver"), (6000, "platinum")])
def test_when_a_bought_tier_ends_the_earned_one_counts(growth: int, after: str) -> None:
    """E58: the best of earned and bought counts; when the purchase ends, the earned one."""
    cast.ladder()
    member = cast.member(growth=growth)

    granting.pay(account_id=member.pk, tier_id=key("gold"), through=TODAY, note="PLUS", now=NOW)
    during = code(member)
    night(1)

    assert (during, code(member)) == ("gold" if growth < 2000 else "platinum", after)


def test_a_purchase_paid_back_ends_at_once() -> None:
    member = silver()
    granting.pay(account_id=member.pk, tier_id=key("gold"), through=None, note="PLUS", now=NOW)

    granting.end_paid(account_id=member.pk, ladder_id=MAIN, note="退款", now=NOW)

    assert code(member) == "silver"
    assert member.tier_changes.last().reason == "paid_ended"  # type: ignore[union-attr]  # there is one


def test_an_invitation_is_a_grant() -> None:
    member = silver()
    Tier.objects.filter(code="platinum").update(is_invitation_only=True)
    ladders.publish(Ladder.objects.get(pk=MAIN), by=None, now=NOW)
    cast.give(member.pk, 9000, currency="growth")

    grant(member, "platinum")

    assert code(member) == "platinum"


@pytest.mark.parametrize(
    ("wrong", "refusal"),
    [
        ({"reason": "  "}, granting.ReasonNeeded),
        ({"through": TODAY - timedelta(days=1)}, granting.EndPassed),
        ({"tier_id": 999}, granting.TierUnknown),
    ],
)
def test_what_a_grant_refuses(wrong: dict[str, Any], refusal: type[LoyaltyError]) -> None:
    member = silver()

    with pytest.raises(refusal):
        grant(member, **wrong)

    assert code(member) == "silver"


@pytest.mark.parametrize("deed", [granting.revoke, granting.unlock])
def test_what_is_not_there_cannot_be_ended(deed: Any) -> None:
    member = silver()

    with pytest.raises(granting.NothingToEnd):
        deed(account_id=member.pk, ladder_id=MAIN, reason="x", now=NOW)
