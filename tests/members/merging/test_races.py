"""Two members made one while they go on, on PostgreSQL: nothing stays behind, but without the locks."""

from collections.abc import Callable, Collection
from datetime import timedelta
from threading import Barrier
from typing import Any

import pytest

from loyalty import accounts
from loyalty.accounts import Locked
from loyalty.ledger import merging, verify
from loyalty.models import Account, Balance, Event, Merge
from members.benefits import claiming
from members.climbing import granting
from members.merging import people
from members.models import BenefitClaim, Erasure, Member, Pet, Standing, Tier
from members.privacy import erasing, wishes
from members.profile import pets
from tests import cast
from tests.loyalty import till
from tests.loyalty.crowd import Call, at_once
from tests.loyalty.till import NOW
from tests.members.benefits import perks

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]
EARLIER = NOW - timedelta(days=30)


def two() -> tuple[Member, Member]:
    """Who stays with 100 points, and the duplicate with 200."""
    cast.ladder()
    till.one_for_one()
    survivor = cast.member("林小满", phone="13800138000", points=100, now=EARLIER)
    return survivor, cast.member("小满", phone="13900139000", points=200, now=EARLIER)


def merger(survivor: Member, duplicate: Member) -> Call:
    return lambda: merging.merge(survivor_id=survivor.pk, duplicate_id=duplicate.pk, reason="same", by=None, now=NOW)


def wisher(member: Member) -> Call:
    return lambda: wishes.ask(account_id=member.pk, now=NOW)


def net(member: Member) -> int:
    return sum(Balance.objects.filter(account=member.pk, currency__code="points").values_list("available", flat=True))


def unlocked(ids: Collection[int]) -> dict[int, Locked]:
    """What ``accounts.lock`` reads, without the lock."""
    columns = ("status", "timezone", "spending_stopped_at", "merged_into_id")
    return {row[0]: Locked(*row[1:]) for row in Account.objects.filter(pk__in=ids).values_list("pk", *columns)}


def breaches() -> list[verify.Breach]:
    """What the auditor finds, beside the cast's own presents and letters that nobody delivers here."""
    return [breach for breach in verify.run(now=NOW) if breach.invariant not in ("I21", "I22")]


@pytest.mark.parametrize("round_number", range(3))
def test_a_merge_and_a_wish_to_be_forgotten_never_both_of_the_duplicate(round_number: int) -> None:
    """F30: who asked first is served; a person never waits to be forgotten under a number that lives on elsewhere."""
    survivor, duplicate = two()

    answers = at_once([merger(survivor, duplicate), wisher(duplicate)])

    assert answers in ({"success": 1, "erasure_waits": 1}, {"success": 1, "member_not_found": 1})
    assert (Merge.objects.count(), Erasure.objects.count()) in {(1, 0), (0, 1)}
    assert breaches() == []


def test_without_the_accounts_lock_both_would_be_done(monkeypatch: pytest.MonkeyPatch) -> None:
    """The negative control: each looks before the other has written."""
    survivor, duplicate = two()
    both_looked = Barrier(2)
    monkeypatch.setattr(accounts, "lock", unlocked)
    monkeypatch.setattr(people, "give", meets(both_looked, people.give))
    monkeypatch.setattr(wishes, "waiting", meets(both_looked, wishes.waiting))

    answers = at_once([merger(survivor, duplicate), wisher(duplicate)])

    assert answers == {"success": 2}
    assert (Merge.objects.count(), Erasure.objects.count()) == (1, 1)


def meets(place: Barrier, deed: Callable[..., Any]) -> Callable[..., Any]:
    """The function, after which nobody goes on alone."""

    def then(*args: Any, **kwargs: Any) -> Any:
        found = deed(*args, **kwargs)
        place.wait(timeout=30)
        return found

    return then


def test_who_waits_to_be_forgotten_is_forgotten_and_not_merged() -> None:
    survivor, duplicate = two()
    wishes.ask(account_id=duplicate.pk, now=NOW)

    answers = at_once([merger(survivor, duplicate), lambda: erasing.carry_out(duplicate.pk, now=NOW)])

    assert answers["success"] == 1
    assert (Merge.objects.count(), Erasure.objects.get().state) == (0, Erasure.State.DONE)
    assert list(Member.objects.values_list("name", flat=True)) == ["林小满"]
    assert breaches() == []


def test_crosswise_merges_leave_one_person_with_everything() -> None:
    survivor, duplicate = two()
    for member in (survivor, duplicate):
        pets.add(member_id=member.pk, told=pets.Told(f"{member.name}的猫", "cat"), now=NOW)

    answers = at_once([merger(survivor, duplicate), merger(duplicate, survivor)])

    merge = Merge.objects.get()
    assert answers == {"success": 1, "member_not_found": 1}
    assert Pet.objects.filter(member=merge.survivor_id).count() == 2
    assert (net(survivor) + net(duplicate), breaches()) == (300, [])


def test_what_the_duplicate_does_at_that_moment_is_the_survivors_or_refused() -> None:
    """Claims, tiers and purchases under way: each is with the one who lives on, or was never done."""
    survivor, duplicate = two()
    perks.offer(quota=2)
    gold = Tier.objects.get(code="gold").pk
    bought = till.order("M-1", 5000, duplicate.account)

    answers = at_once(
        [
            merger(survivor, duplicate),
            lambda: claiming.claim(account_id=duplicate.pk, benefit="grooming", now=NOW),
            lambda: granting.grant(account_id=duplicate.pk, tier_id=gold, through=None, reason="x", now=NOW),
            lambda: till.post(bought),
        ]
    )

    assert answers["success"] >= 2
    assert BenefitClaim.objects.filter(member=duplicate.pk).count() == 0
    assert (net(survivor), net(duplicate)) == (350, 0)
    assert Event.objects.get(key="till:order.paid:M-1").account_id == survivor.pk
    granted = Standing.objects.filter(member=duplicate.pk, granted=gold).exists()
    assert not granted or Standing.objects.filter(member=survivor.pk, granted=gold).exists()
    assert breaches() == []


def test_without_the_accounts_lock_a_purchase_would_stay_with_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    """The negative control: the till's event reads an open account, and lands after the merge."""
    survivor, duplicate = two()
    real, seen = unlocked, [0]

    def once_then_merge(ids: Collection[int]) -> dict[int, Locked]:
        found = real(ids)
        seen[0] += 1
        if seen[0] == 1:
            assert at_once([merger(survivor, duplicate)]) == {"success": 1}
        return found

    monkeypatch.setattr(accounts, "lock", once_then_merge)

    till.post(till.order("M-1", 5000, duplicate.account))

    assert Account.objects.get(pk=duplicate.pk).merged_into_id == survivor.pk
    assert (net(survivor), net(duplicate)) == (300, 50)
