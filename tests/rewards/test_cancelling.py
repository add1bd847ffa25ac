"""Taking a redemption back before it is handed over."""

from datetime import timedelta

import pytest

from loyalty.approvals import ReasonNeeded
from loyalty.errors import LoyaltyError
from loyalty.ledger import verify
from loyalty.models import Account, AuditRecord, Event, Lot, Message
from members.benefits import holdings, using
from members.models import BenefitClaim
from rewards import cancelling
from rewards.models import Redemption, Reward
from tests import cast
from tests.members.benefits import perks
from tests.rewards.perks import Does, privilege, take

pytestmark = pytest.mark.django_db
LATER = cast.NOW + timedelta(days=2)


def cancel(redemption: Redemption, *, reason: str = "缺货") -> Redemption:
    return cancelling.cancel(number=redemption.number, reason=reason, by=None, now=LATER)


def test_points_and_item_go_back_where_they_came_from() -> None:
    member = cast.gold_member(points=2000)
    cast.reward(points=800, stock=10)
    taken = take(member.pk, quantity=2)
    before = {breach.invariant for breach in verify.run(now=LATER)}

    cancelled = cancel(taken)

    assert (cancelled.state, cancelled.cancelled_at) == ("cancelled", LATER)
    assert (cast.available(member.pk), Reward.objects.get().stock_left) == (2000, 10)
    assert [lot.remaining for lot in Lot.objects.filter(account=member.pk, entry__currency__code="points")] == [2000]
    assert Event.objects.get(kind="reward.cancelled").payload == {
        "reward": "toy",
        "quantity": 2,
        "points": 1600,
        "number": taken.number,
        "benefit": "",
    }
    assert {breach.invariant for breach in verify.run(now=LATER)} == before


def test_the_use_of_a_benefit_goes_back_and_can_be_used_again() -> None:
    member = cast.gold_member(points=2000)
    cast.reward(points=800)
    perks.offer(quota=1, period="quarter")
    privilege(Does.PRICE, points=0)
    first = take(member.pk, benefit="grooming")

    cancel(first)
    opened = BenefitClaim.objects.get()
    again = take(member.pk, "t-2", benefit="grooming", now=LATER)

    assert (opened.state, opened.used_at, opened.reference) == ("open", None, "")
    assert (again.claim, BenefitClaim.objects.count()) == (opened, 1)
    assert [each.left for each in holdings.one(member.pk, now=LATER)] == [0]


def test_what_staff_opened_and_was_used_anew_stays_used() -> None:
    member = cast.gold_member(points=2000)
    cast.reward(points=800)
    perks.offer(quota=1)
    privilege(Does.PRICE, points=0)
    first = take(member.pk, benefit="grooming")
    claim = BenefitClaim.objects.get()
    using.undo(code=claim.code, reason="错", by=None, now=cast.NOW)
    second = take(member.pk, "t-2", benefit="grooming")

    cancel(first)

    claim.refresh_from_db()
    assert (claim.state, claim.reference) == ("used", second.number)


def test_it_is_cancelled_once_and_never_after_it_was_handed_over() -> None:
    member = cast.gold_member(points=2000)
    cast.reward(points=800)
    first, second = take(member.pk), take(member.pk, "t-2")
    Redemption.objects.filter(pk=second.pk).update(state=Redemption.State.VERIFIED)
    cancel(first)

    codes = []
    for each in (first, second):
        with pytest.raises(LoyaltyError) as refusal:
            cancel(each)
        codes.append(refusal.value.code)

    assert codes == ["redemption_not_open"] * 2
    assert (cast.available(member.pk), Reward.objects.get().stock_left) == (1200, 9)


def test_why_and_by_whom_is_kept_and_the_member_is_told_once() -> None:
    member = cast.gold_member(points=2000)
    cast.reward(points=800)
    taken, staff = take(member.pk), cast.operator()

    cancelling.cancel(number=taken.number, reason=" 缺货 ", by=staff, now=LATER)

    kept = AuditRecord.objects.get(deed="rewards.redemption.cancel")
    assert (kept.actor, kept.reason, kept.after["state"]) == (staff, "缺货", "cancelled")
    assert Message.objects.filter(key__startswith="reward.cancelled", channel="in_app").count() == 1


def test_without_a_reason_or_a_number_nothing_is_cancelled() -> None:
    member = cast.gold_member(points=2000)
    cast.reward(points=800)
    taken = take(member.pk)

    with pytest.raises(ReasonNeeded):
        cancel(taken, reason=" ")
    with pytest.raises(cancelling.RedemptionNotFound):
        cancelling.cancel(number="NOTHING", reason="x", by=None, now=LATER)

    assert cast.available(member.pk) == 1200


def test_a_suspended_member_gets_back_what_is_theirs() -> None:
    member = cast.gold_member(points=2000)
    cast.reward(points=800)
    taken = take(member.pk)
    Account.objects.filter(pk=member.pk).update(status=Account.Status.FROZEN)

    cancel(taken)

    assert cast.available(member.pk) == 2000
