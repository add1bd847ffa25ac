"""Being forgotten while everything else goes on: nobody is half erased, and the books add up."""

import itertools
import os
import random
from collections.abc import Callable, Collection, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection

from community import checkins
from loyalty import accounts, jobs
from loyalty.accounts import Locked
from loyalty.errors import Conflict, LoyaltyError
from loyalty.events import intake
from loyalty.ledger import merging, pooling, spending, transferring, verify
from loyalty.messaging import delivering
from loyalty.models import Account, Balance, Entry, Event, Message, PoolMembership
from members.models import Erasure, Member
from members.privacy import erasing, wishes
from members.profile import pets
from tests import cast
from tests.loyalty import till
from tests.loyalty.till import NOW
from tests.members.privacy import canaries, flock
from tests.members.privacy.flock import Bird

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]
MANY = int(os.environ.get("EVERGREEN_MEMBERS", "60"))
SIDE_BY_SIDE = 6
LATER = NOW + timedelta(days=7)
Call = Callable[[], object]


def at_once(deeds: Sequence[Call], hands: int = 0) -> list[BaseException]:
    """Side by side, each on a connection of its thread's; what went wrong, refusals aside."""

    def one(deed: Call) -> None:
        try:
            deed()
        finally:
            connection.close()

    with ThreadPoolExecutor(hands or len(deeds)) as pool:
        futures = [pool.submit(one, deed) for deed in deeds]
    failed = [error for future in futures if (error := future.exception()) is not None]
    return [error for error in failed if not isinstance(error, LoyaltyError)]


def one_who_asked() -> Member:
    till.one_for_one()
    member = canaries.somebody()
    wishes.ask(account_id=member.pk, now=NOW)
    return member


def breaches() -> list[verify.Breach]:
    """What the auditor finds once holds past their time are released; that nobody delivers messages is not asked."""
    jobs.run_due(now=LATER, codes=["lapse_holds"])
    return [breach for breach in verify.run(now=LATER) if breach.invariant != "I22"]


def goes_on(bird: Bird, others: Sequence[Bird]) -> list[Call]:
    """What may be under way for somebody at the moment they are erased, each with their name in it."""
    at, other = bird.place, bird.dice.choice(others)
    told = till.order(
        f"late-{at}", 5000, None, LATER, customer=f"x:{bird.till_id}", metadata={"note": f"{bird.word}急送"}
    )
    messages = list(Message.objects.filter(account_id=bird.id, state="queued").values_list("key", flat=True))

    def deliver() -> None:
        for key in messages:
            delivering.deliver(key, now=LATER)

    return [
        lambda: spending.spend(account_id=bird.id, amount=60, now=LATER),
        lambda: till.post(till.refund(f"late-{at}", bird.order_id(0), 4000, LATER), now=LATER),
        lambda: till.post(told, now=LATER),
        deliver,
        lambda: checkins.check_in(bird.id, LATER),
        lambda: pets.add(member_id=bird.id, told=pets.Told(f"{bird.word}小白", "dog"), now=LATER),
        lambda: transferring.transfer(
            giver_id=other.id, receiver_id=bird.id, amount=3, key=f"late-{at}", memo=f"给{bird.word}", now=LATER
        ),
    ]


@pytest.mark.alone
def test_hundreds_built_at_random_are_erased_while_everything_goes_on() -> None:
    """F30: nothing names any of them in any table, the books are right, and who stays is as before."""
    birds = flock.hatch(MANY, seed=30)
    leaving, staying = flock.living(birds), [bird for bird in birds if bird.stays]
    for bird in leaving:
        wishes.ask(account_id=bird.id, now=NOW)
    marked, kept = len(flock.everywhere()), pictures_of(staying)
    deeds = [deed for bird in leaving for deed in bird.dice.sample(goes_on(bird, birds), 4)]
    deeds += [lambda each=bird.id: erasing.carry_out(each, now=LATER) for bird in leaving]  # type: ignore[misc]  # bound early
    random.Random(30).shuffle(deeds)

    failed = at_once(deeds, SIDE_BY_SIDE)
    erasing.due(LATER, (canaries.TODAY + timedelta(days=7)).isoformat())

    assert failed == []
    assert marked > 10 * MANY
    assert flock.everywhere() == []
    assert set(Erasure.objects.values_list("state", flat=True)) == {Erasure.State.DONE}
    assert sorted(Member.objects.values_list("pk", flat=True)) == [bird.id for bird in staying]
    assert pictures_of(staying) == kept
    gone = [bird.id for bird in birds if not bird.stays]
    assert set(Account.objects.filter(pk__in=gone).values_list("status", flat=True)) == {"closed"}
    assert [row for row in Balance.objects.filter(account__in=gone) if row.net] == []
    assert breaches() == []


def pictures_of(staying: Sequence[Bird]) -> list[Any]:
    """What is known of those who stay, in a few words."""
    rows = Member.objects.filter(pk__in=[bird.id for bird in staying])
    columns = (
        "name",
        "phone",
        "email",
        "guardian_name",
        "birthday",
        "pets__name",
        "staff_notes__text",
        "user__is_active",
    )
    return sorted(rows.values_list(*columns), key=str)


def elsewhere(deed: Call) -> None:
    """Does it on another connection, and waits until it is done."""
    [*failed] = at_once([deed])
    assert failed == []


def meanwhile(monkeypatch: pytest.MonkeyPatch, owner: Any, name: str, deed: Call, *, call: int = 1) -> None:
    """The n-th call of a function takes effect; then the deed is done elsewhere before anything goes on."""
    real, calls = getattr(owner, name), itertools.count(1)

    def then(*args: Any, **kwargs: Any) -> Any:
        found = real(*args, **kwargs)
        if next(calls) == call:
            elsewhere(deed)
        return found

    monkeypatch.setattr(owner, name, then)


def unlocked(ids: Collection[int]) -> dict[int, Locked]:
    """What ``accounts.lock`` reads, without the lock."""
    columns = ("status", "timezone", "spending_stopped_at", "merged_into_id")
    return {row[0]: Locked(*row[1:]) for row in Account.objects.filter(pk__in=ids).values_list("pk", *columns)}


def late_order(member: Member) -> Call:
    """An order under the till's own id, with the name in a note."""
    note = {"note": f"{canaries.NAME} 急送"}
    told = till.order("L-1", 5000, None, LATER, customer=f"x:{canaries.TILL_ID}", metadata=note)
    return lambda: till.post(told, now=LATER)


def test_erased_by_several_workers_at_once_is_erased_once() -> None:
    member = one_who_asked()

    failed = at_once([lambda: erasing.carry_out(member.pk, now=LATER)] * 4)

    assert failed == []
    assert (Member.objects.count(), Erasure.objects.get().state) == (0, Erasure.State.DONE)
    assert Entry.objects.filter(account=member.pk, memo="closed").count() == 1


def test_an_order_that_was_on_its_way_is_a_guests_and_brings_no_word_of_them_back(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """F30: the till's customer was found, then forgotten, then the order is recorded."""
    member = one_who_asked()
    meanwhile(monkeypatch, intake, "_find_members", lambda: erasing.carry_out(member.pk, now=LATER))

    late_order(member)()

    assert Event.objects.get(key="till:order.paid:L-1").state == Event.State.GUEST
    assert Balance.objects.get(account=member.pk, currency__code="points").net == 0
    assert (canaries.traces(), breaches()) == ([], [])


def test_without_the_accounts_lock_the_order_would_fill_the_closed_purse(monkeypatch: pytest.MonkeyPatch) -> None:
    """F30, the negative control: read as open, erased meanwhile, and the points land with nobody."""
    member = one_who_asked()
    monkeypatch.setattr(accounts, "lock", unlocked)
    meanwhile(monkeypatch, accounts, "lock", lambda: erasing.carry_out(member.pk, now=LATER))

    late_order(member)()

    assert Account.objects.get(pk=member.pk).status == Account.Status.CLOSED
    assert Balance.objects.get(account=member.pk, currency__code="points").net == 50
    assert len(canaries.traces()) > 0


def test_a_wish_taken_back_at_the_last_moment_is_taken_back_or_too_late() -> None:
    member = one_who_asked()

    failed = at_once(
        [
            lambda: wishes.take_back(account_id=member.pk, now=LATER),
            lambda: erasing.carry_out(member.pk, now=LATER),
        ]
    )

    told = (Erasure.objects.get().state, Member.objects.count())
    assert failed == []
    assert told in {(Erasure.State.DONE, 0), (Erasure.State.TAKEN_BACK, 1)}


def test_without_the_lock_they_would_be_told_that_they_stay_and_be_gone(monkeypatch: pytest.MonkeyPatch) -> None:
    """The negative control."""
    member = one_who_asked()
    monkeypatch.setattr(accounts, "lock", unlocked)
    meanwhile(monkeypatch, wishes, "waiting", lambda: erasing.carry_out(member.pk, now=LATER))

    wishes.take_back(account_id=member.pk, now=LATER)

    assert (Erasure.objects.get().state, Member.objects.count()) == (Erasure.State.TAKEN_BACK, 0)


def test_a_merge_taken_back_at_the_last_moment_saves_the_other_person(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who was merged by mistake is not forgotten with the one who asked; the wish is carried out the next night."""
    till.one_for_one()
    first = canaries.somebody()
    other = cast.member("留鸟", phone="13022223333", now=NOW - timedelta(days=30))
    merge = merging.merge(survivor_id=first.pk, duplicate_id=other.pk, reason="same", by=None, now=NOW)
    wishes.ask(account_id=first.pk, now=NOW)

    def unmerge() -> None:
        merging.unmerge(merge_id=merge.pk, reason="two persons", by=None, now=LATER)

    meanwhile(monkeypatch, accounts, "family", unmerge, call=2)

    with pytest.raises(Conflict):
        erasing.carry_out(first.pk, now=LATER)
    erasing.carry_out(first.pk, now=LATER)

    assert list(Member.objects.values_list("name", flat=True)) == ["留鸟"]
    assert Account.objects.get(pk=other.pk).status == Account.Status.ACTIVE
    assert (canaries.traces(), breaches()) == ([], [])


def test_a_purse_joined_at_the_last_moment_is_left_before(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody who is gone goes on sharing: the next night finds the purse and leaves it."""
    member = one_who_asked()
    owner = cast.member("家人", phone="13022223333", now=NOW - timedelta(days=30))
    pool = pooling.open_purse(owner_id=owner.pk, name="一家", now=NOW)

    def join() -> None:
        pooling.join(pool_id=pool.pk, account_id=member.pk, now=LATER)

    meanwhile(monkeypatch, erasing, "_leave_purse", join)

    with pytest.raises(Conflict):
        erasing.carry_out(member.pk, now=LATER)
    erasing.carry_out(member.pk, now=LATER)

    assert PoolMembership.objects.filter(account=member.pk, left_at=None).count() == 0
    assert (canaries.traces(), breaches()) == ([], [])
