"""Being forgotten: nothing names the person afterwards, and the books are as before."""

from datetime import timedelta
from typing import Any

import pytest
from django.core.files.storage import default_storage

from loyalty import approvals
from loyalty.events import customers
from loyalty.ledger import holding, merging, pooling, spending, verify
from loyalty.models import (
    Account,
    AuditRecord,
    Balance,
    Entry,
    Event,
    Hold,
    Message,
    Order,
    Partner,
    Pool,
    Tally,
    User,
)
from members.entering import enrolment
from members.models import Erasure, Member, Picture
from members.privacy import erasing, wishes
from tests import cast
from tests.loyalty import till
from tests.loyalty.desk import person as colleague
from tests.loyalty.till import NOW
from tests.members.privacy import canaries
from tests.members.privacy.canaries import TILL_ID, days

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _programme() -> None:
    till.one_for_one()
    till.open_till()


def erase(member: Member, on: int = 7) -> Erasure:
    """Asked for today, carried out when its day has come."""
    wishes.ask(account_id=member.pk, now=NOW)
    erasing.due(days(on), (canaries.TODAY + timedelta(days=on)).isoformat())
    return Erasure.objects.get(account_id=member.pk)


def breaches(after: int) -> list[verify.Breach]:
    """What the auditor finds; that no worker delivers messages here is none of its business."""
    return [breach for breach in verify.run(now=days(after)) if breach.invariant != "I22"]


def test_nothing_names_the_person_anywhere_afterwards() -> None:
    """E86, F30, 14.2.7: every text column of every table is searched, sessions and files too."""
    member = canaries.somebody()
    canaries.mark_everything(member)
    before = canaries.traces()
    picture = Picture.objects.get()

    with_files = default_storage.exists(f"members/{picture.name[:2]}/{picture.name}-small.webp")
    row = erase(member)

    assert (len(before) > 25, with_files) == (True, True)
    assert (row.state, canaries.traces()) == (Erasure.State.DONE, [])
    assert Member.objects.filter(pk=member.pk).exists() is False


def test_the_files_of_pictures_go_with_the_person(django_capture_on_commit_callbacks: Any) -> None:
    member = canaries.somebody()
    canaries.mark_person(member)
    name = Picture.objects.get().name

    with django_capture_on_commit_callbacks(execute=True):
        erase(member)

    assert [
        size for size in ("small", "large") if default_storage.exists(f"members/{name[:2]}/{name}-{size}.webp")
    ] == []


def test_the_books_are_right_before_and_after_and_the_balance_is_closed_by_one_entry() -> None:
    """E86, I20: entries stay under the number, what was left goes by an entry, nothing outstanding is lost."""
    member = canaries.somebody()
    spending.spend(account_id=member.pk, amount=100, now=NOW)
    before, entries = canaries.books(), Entry.objects.filter(account=member.pk).count()
    tallies = Tally.objects.filter(account=member.pk).count()

    erase(member)

    after = canaries.books()
    closing = Entry.objects.filter(account=member.pk).latest("pk")
    assert (before, after) == ({"issued": 300, "redeemed": -100}, {"issued": 300, "redeemed": -100, "expired": -200})
    assert (closing.amount, closing.counter, closing.balance_after, closing.memo) == (-200, "expired", 0, "closed")
    assert Entry.objects.filter(account=member.pk).count() == entries + 1
    assert Tally.objects.filter(account=member.pk).count() == tallies
    assert Account.objects.get(pk=member.pk).status == "closed"
    assert breaches(8) == []


def test_what_is_set_aside_comes_back_first_and_wishes_that_wait_are_withdrawn() -> None:
    member = canaries.somebody()
    holding.hold(account_id=member.pk, amount=120, key="h", now=days(7), memo="金丝雀")
    wish = approvals.ask(
        deed="adjust", account_id=member.pk, amount=5000, reason="lost", by=colleague("clerk", "clerk"), now=NOW
    )

    erase(member)

    wish.refresh_from_db()
    assert (Hold.objects.get().state, wish.state) == ("released", "withdrawn")
    assert Balance.objects.get(account=member.pk, currency__code="points").net == 0
    assert breaches(8) == []


def test_debt_is_let_go_by_an_adjustment_that_the_event_agrees_to() -> None:
    member = canaries.somebody()
    spending.spend(account_id=member.pk, amount=300, now=NOW)
    till.post(till.refund("R-1", f"{TILL_ID}-order-1"[-9:], 15000))

    row = erase(member)

    assert row.record["forgiven"] == {"points": 150}
    assert Balance.objects.get(account=member.pk, currency__code="points").net == 0
    assert breaches(8) == []


@pytest.mark.parametrize("is_owner", [True, False])
def test_a_shared_purse_is_left_before_by_its_own_rules(*, is_owner: bool) -> None:
    """E85: everybody gets back what is left of their own; what an erased member brought is closed with them."""
    member, other = (
        canaries.somebody(),
        canaries.somebody(name="家人", phone="13800138002", email="a@b.cn", till_id="F-1"),
    )
    owner, guest = (member, other) if is_owner else (other, member)
    pool = pooling.open_purse(owner_id=owner.pk, name="金丝雀一家" if is_owner else "一家", now=NOW)
    pooling.join(pool_id=pool.pk, account_id=guest.pk, now=NOW)
    for account_id in (owner.pk, guest.pk):
        pooling.contribute(pool_id=pool.pk, account_id=account_id, amount=100, key="c", now=NOW)

    erase(member)

    assert Balance.objects.get(account=other.pk, currency__code="points").available == (300 if is_owner else 200)
    assert Pool.objects.get().closed_at is not None if is_owner else Pool.objects.get().closed_at is None
    assert Pool.objects.get().name == ("" if is_owner else "一家")
    assert breaches(8) == []


def test_a_later_order_of_theirs_is_a_guests_and_no_error() -> None:
    """By number, and by the till's own id, of which a digest is left."""
    member = canaries.somebody()
    erase(member)

    at = days(9)
    by_number, by_id = till.post(
        till.order("A-8", 9900, member.account, at), till.order("A-9", 9900, None, at, customer=f"x:{TILL_ID}"), now=at
    )

    orders = Order.objects.filter(external_id__in=["A-8", "A-9"])
    assert [str(each.status) for each in (by_number, by_id)] == ["guest", "guest"]
    assert list(orders.filter(account=None, customer_ref="").values_list("event__state", flat=True)) == ["guest"] * 2
    assert canaries.traces() == []
    assert Balance.objects.get(account=member.pk, currency__code="points").net == 0


def test_a_till_may_give_the_same_id_to_somebody_new() -> None:
    member = canaries.somebody()
    erase(member)

    again = enrolment.enrol(
        source="api", name="新人", phone="13800138003", partner_id=till.open_till().pk, external_id=TILL_ID, now=days(9)
    )

    found = customers.resolve({f"x:{TILL_ID}"}, partner_id=till.open_till().pk)
    assert found == {f"x:{TILL_ID}": again.pk}


def test_a_return_of_their_order_keeps_the_books_right_and_what_came_of_it_goes_at_night() -> None:
    """F30: refunds after the erasure find the order; nobody is named, and the account is empty again."""
    member = canaries.somebody()
    spending.spend(account_id=member.pk, amount=250, now=NOW)
    erase(member)

    [answer] = till.post(till.refund("R-1", f"{TILL_ID}-order-1"[-9:], 15000, days(9)), now=days(9))
    erasing.due(days(10), (canaries.TODAY + timedelta(days=10)).isoformat())

    assert str(answer.status) == "accepted"
    assert Balance.objects.get(account=member.pk, currency__code="points").net == 0
    assert (breaches(10), canaries.traces()) == ([], [])


def test_whoever_was_merged_into_them_is_forgotten_too() -> None:
    first = canaries.somebody()
    second = canaries.somebody(name="金丝雀小号", phone="13911113333", email="canary2@example.com", till_id="CANARY-78")
    merge = merging.merge(survivor_id=first.pk, duplicate_id=second.pk, reason="same person", by=None, now=NOW)

    erase(first)

    assert (canaries.traces(), Member.objects.count()) == ([], 0)
    assert breaches(8) == []
    with pytest.raises(merging.SurvivorGone):
        merging.unmerge(merge_id=merge.pk, reason="mistake", by=None, now=days(9))


def test_a_restored_backup_is_erased_again() -> None:
    """PIPL 47: from what is known here, and from a list of numbers kept elsewhere."""
    member, other = (
        canaries.somebody(),
        canaries.somebody(name="金丝雀二", phone="13911114444", email="canary3@x.cn", till_id="C-2"),
    )
    for each in (member, other):
        Member.objects.filter(pk=each.pk).update(language="zh-hans")
    Erasure.objects.create(account=member.account, state="done", asked_at=NOW, due_on=canaries.TODAY)

    done = erasing.again([other.account.number], now=days(1))

    assert (done, erasing.again([other.account.number], now=days(2))) == (2, 0)
    assert (canaries.traces(), Member.objects.count()) == ([], 0)


def test_the_login_is_ended_and_that_of_staff_stays_theirs() -> None:
    member, clerk = (
        canaries.somebody(),
        canaries.somebody(name="店员", phone="13800138004", email="c@d.cn", till_id="S-1"),
    )
    User.objects.filter(member=clerk).update(is_staff=True)
    wishes.ask(account_id=clerk.pk, by=cast.operator(), reason="asked by letter", now=NOW)

    erase(member)
    erasing.due(days(7), (canaries.TODAY + timedelta(days=7)).isoformat())

    ended, kept = (User.objects.get(username=each.account.number) for each in (member, clerk))
    assert (ended.is_active, ended.has_usable_password(), ended.display_name) == (False, False, "")
    assert (kept.is_active, kept.has_usable_password(), hasattr(kept, "member")) == (True, True, False)


def test_the_trail_says_that_and_when_and_names_nobody() -> None:
    member = canaries.somebody()

    erase(member)

    deeds = AuditRecord.objects.filter(deed__startswith="members.erasure").order_by("pk")
    assert list(deeds.values_list("deed", "subject")) == [
        ("members.erasure.asked", f"loyalty.account:{member.pk}"),
        ("members.erasure.done", f"loyalty.account:{member.pk}"),
    ]
    assert Event.objects.get(kind="member.erased").account_id == member.pk
    assert Message.objects.filter(account=member.pk).count() == 0
    assert Partner.objects.get().name == "Till"
