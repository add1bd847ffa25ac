"""Four eyes on value: limits, splitting, two people, and each deed once."""

import time
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from loyalty import approvals, outbox, thresholds
from loyalty.errors import LoyaltyError
from loyalty.ledger import adjusting, spending, verify
from loyalty.models import Account, Approval, AuditRecord, Entry, Message, Threshold, User
from tests import cast
from tests.loyalty import desk
from tests.loyalty.crowd import Call, at_once
from tests.loyalty.till import NOW, net, one_for_one, open_account, order, post

pytestmark = pytest.mark.django_db


@pytest.fixture
def clerk() -> User:
    return desk.person("clerk", "clerk")


@pytest.fixture
def boss() -> User:
    return desk.person("boss", "supervisor")


@pytest.fixture
def account() -> Account:
    return open_account()


def test_a_small_deed_is_done_at_once_and_tied_to_its_wish(clerk: User, account: Account) -> None:
    done = desk.ask(clerk, account, 1000)

    entry = Entry.objects.get()
    assert (done.state, done.entry, done.decided_by, done.decided_at) == ("approved", entry, None, NOW)
    assert (entry.amount, entry.counter, entry.memo) == (1000, "adjusted", "lost in the post")
    assert net(account) == 1000


def test_over_the_limit_it_waits_and_nothing_moves(clerk: User, account: Account) -> None:
    """E87: a clerk's +5,000 with a limit of 1,000 waits for another person."""
    waiting = desk.ask(clerk, account, 5000)

    assert (waiting.state, waiting.entry, waiting.is_suspicious) == ("waiting", None, False)
    assert Entry.objects.count() == 0


def test_two_clicks_on_approve_make_one_entry(clerk: User, boss: User, account: Account) -> None:
    """E87."""
    wish = desk.ask(clerk, account, 5000)

    first = approvals.approve(approval_id=wish.pk, by=boss, now=NOW)
    again = approvals.approve(approval_id=wish.pk, by=boss, now=NOW + timedelta(seconds=1))

    assert (first.entry, again.entry, again.decided_at) == (Entry.objects.get(), first.entry, NOW)
    assert (net(account), first.decided_by) == (5000, boss)
    assert verify.run(now=NOW) == []


def test_a_second_approver_hears_that_it_is_done(clerk: User, boss: User, account: Account) -> None:
    wish = desk.ask(clerk, account, 5000)
    approvals.approve(approval_id=wish.pk, by=boss, now=NOW)

    with pytest.raises(approvals.AlreadyDecided):
        approvals.approve(approval_id=wish.pk, by=desk.person("other", "supervisor"), now=NOW)

    assert Entry.objects.count() == 1


def test_a_rejected_wish_makes_no_entry_and_stays_rejected(clerk: User, boss: User, account: Account) -> None:
    """E87: rejected, no entry."""
    wish = desk.ask(clerk, account, 5000)

    said = approvals.reject(approval_id=wish.pk, by=boss, now=NOW, answer="no receipt")
    with pytest.raises(approvals.AlreadyDecided):
        approvals.approve(approval_id=wish.pk, by=boss, now=NOW)

    assert (said.state, said.answer, said.decided_by, Entry.objects.count()) == ("rejected", "no receipt", boss, 0)


def test_a_rejection_needs_a_reason(clerk: User, boss: User, account: Account) -> None:
    wish = desk.ask(clerk, account, 5000)

    with pytest.raises(approvals.ReasonNeeded):
        approvals.reject(approval_id=wish.pk, by=boss, now=NOW, answer="  ")


def test_small_deeds_over_the_days_limit_wait(clerk: User) -> None:
    states = [desk.ask(clerk, open_account(), 800).state for _ in range(2)]
    tomorrow = desk.ask(clerk, open_account(), 800, now=NOW + timedelta(days=1))

    assert states == ["approved", "waiting"]
    assert (tomorrow.state, tomorrow.is_suspicious) == ("approved", False)


def test_splitting_is_seen_and_all_that_follows_waits(clerk: User, account: Account) -> None:
    """Row 26: several small asks for one account that are over the limit together."""
    found = [desk.ask(clerk, account, amount).pk for amount in (600, 500, 10)]

    rows = Approval.objects.order_by("pk").values_list("pk", "state", "is_suspicious")
    assert list(rows) == [(found[0], "approved", True), (found[1], "waiting", True), (found[2], "waiting", True)]


def test_after_a_day_small_asks_stand_alone_again(clerk: User, account: Account) -> None:
    desk.ask(clerk, account, 600)

    later = desk.ask(clerk, account, 600, now=NOW + timedelta(hours=24))

    assert (later.state, later.is_suspicious) == ("approved", False)


def test_a_big_ask_before_a_small_one_is_no_split(clerk: User, account: Account) -> None:
    desk.ask(clerk, account, 5000)

    small = desk.ask(clerk, account, 10)

    assert (small.state, small.is_suspicious) == ("approved", False)


def test_the_highest_limit_of_all_roles_counts(account: Account) -> None:
    both = desk.person("both", "clerk", "auditor")
    Threshold.objects.create(group=desk.role("auditor"), deed="adjust", points_alone=3000, points_a_day=3000)

    assert thresholds.limits(both, "adjust") == (3000, 3000, False)
    assert desk.ask(both, account, 3000).state == "approved"


def test_a_superuser_needs_a_second_person_over_every_limit(boss: User, account: Account) -> None:
    root = cast.operator()

    wish = desk.ask(root, account, 5000)
    with pytest.raises(approvals.OwnWish):
        approvals.approve(approval_id=wish.pk, by=root, now=NOW)
    approvals.approve(approval_id=wish.pk, by=boss, now=NOW)

    assert (net(account), wish.state) == (5000, "waiting")


def test_the_same_form_sent_twice_asks_once(clerk: User, account: Account) -> None:
    first, second = (desk.ask(clerk, account, 10, token="form-1") for _ in range(2))

    assert (first, net(account)) == (second, 10)


def test_a_partners_wish_always_waits(boss: User, account: Account) -> None:
    wish = desk.ask(None, account, 1, partner=cast.partner())

    approvals.approve(approval_id=wish.pk, by=boss, now=NOW)

    assert (wish.state, net(account)) == ("waiting", 1)
    assert verify.run(now=NOW) == []


def test_a_second_login_with_the_same_address_is_no_second_person(account: Account) -> None:
    maker = desk.person("anna", "clerk", email="anna@shop.cn")
    twin = desk.person("anna2", "supervisor", email="Anna@shop.cn")
    wish = desk.ask(maker, account, 5000)

    with pytest.raises(approvals.OwnWish):
        approvals.approve(approval_id=wish.pk, by=twin, now=NOW)


def test_the_database_itself_refuses_one_person_as_both(clerk: User, account: Account) -> None:
    wish = desk.ask(clerk, account, 5000)

    with pytest.raises(IntegrityError), transaction.atomic():
        Approval.objects.filter(pk=wish.pk).update(state="approved", decided_by=clerk, decided_at=NOW)


def test_what_cannot_be_done_waits_on(clerk: User, boss: User, account: Account) -> None:
    wish = desk.ask(clerk, account, -5000)

    with pytest.raises(spending.InsufficientPoints):
        approvals.approve(approval_id=wish.pk, by=boss, now=NOW)

    wish.refresh_from_db()
    assert (wish.state, wish.decided_by, AuditRecord.objects.filter(deed="approval.approved").count()) == (
        "waiting",
        None,
        0,
    )


@pytest.mark.parametrize(
    ("wish", "refusal"),
    [
        ({"amount": 0}, approvals.AmountNeeded),
        ({"amount": 10**9 + 1}, approvals.AmountNeeded),
        ({"amount": -1, "deed": "forgive"}, approvals.AmountNeeded),
        ({"reason": " \n"}, approvals.ReasonNeeded),
        ({"currency": "gold"}, approvals.UnitUnknown),
        ({"deed": "bulk"}, approvals.MayNot),
    ],
)
def test_what_makes_no_sense_is_refused(
    clerk: User, account: Account, wish: dict[str, Any], refusal: type[LoyaltyError]
) -> None:
    with pytest.raises(refusal):
        desk.ask(clerk, account, **{"amount": 1, **wish})

    assert Approval.objects.count() == 0


def test_forgiven_debt_is_gone_and_gives_nothing_to_spend(clerk: User) -> None:
    account = desk.indebted()
    later = NOW + timedelta(minutes=3)

    done = desk.ask(clerk, account, 60, deed="forgive", now=later)

    balance = account.balances.get()
    assert (done.state, done.entry and done.entry.amount) == ("approved", 60)
    assert (balance.available, balance.debt, balance.net) == (0, 40, -40)
    assert verify.run(now=later) == []


def test_no_more_is_forgiven_than_is_still_owed(clerk: User, boss: User) -> None:
    """A debt that new points paid meanwhile cannot be forgiven on top."""
    account = desk.indebted()
    Threshold.objects.update(points_alone=0)
    later = NOW + timedelta(minutes=3)
    wish = desk.ask(clerk, account, 100, deed="forgive", now=later)
    post(order("A2", 7000, account, at=later), now=later)

    with pytest.raises(adjusting.LessOwed) as refusal:
        approvals.approve(approval_id=wish.pk, by=boss, now=later)

    assert refusal.value.numbers == {"owed": 30}
    assert net(account, later) == -30


def test_every_step_leaves_an_audit_record(clerk: User, boss: User, account: Account) -> None:
    wish = desk.ask(clerk, account, 5000)
    approvals.approve(approval_id=wish.pk, by=boss, now=NOW, answer="saw the parcel")

    asked, approved = AuditRecord.objects.order_by("id")
    assert (asked.deed, asked.actor, asked.reason) == ("approval.asked", clerk, "lost in the post")
    assert (approved.deed, approved.actor, approved.reason) == ("approval.approved", boss, "saw the parcel")
    assert (approved.after["amount"], approved.after["state"], approved.subject) == (
        5000,
        "approved",
        f"loyalty.approval:{wish.pk}",
    )


ROLES: dict[str, Callable[[], User]] = {
    "superuser": cast.operator,
    "supervisor": lambda: desk.person("p", "supervisor"),
    "clerk": lambda: desk.person("p", "clerk"),
    "auditor": lambda: desk.person("p", "auditor"),
    "no role": lambda: desk.person("p"),
    "clerk and auditor": lambda: desk.person("p", "clerk", "auditor"),
    "left": lambda: desk.person("p", "supervisor", is_active=False),
    "member": lambda: User.objects.create_user("p"),
}
ACTIONS = ("ask", "approve", "reject", "withdraw")
WHOSE = ("own account", "asked by another", "asked by oneself")
ALLOWED = {
    *((role, "ask", "asked by another") for role in ("superuser", "supervisor", "clerk", "clerk and auditor")),
    *((role, "withdraw", "asked by oneself") for role in ("superuser", "supervisor", "clerk", "clerk and auditor")),
    *((role, action, "asked by another") for role in ("superuser", "supervisor") for action in ("approve", "reject")),
}
CELLS = [(role, action, whose) for role in ROLES for action in ACTIONS for whose in WHOSE]


@pytest.mark.parametrize(("role", "action", "whose"), CELLS)
def test_everybody_may_do_what_the_table_says_and_nothing_else(role: str, action: str, whose: str) -> None:
    """7.5.3, 2.3.5, row 26: for asking, "asked by oneself" is the own account under one's own address."""
    person = ROLES[role]()
    account = open_account()
    if whose == "own account" or (action == "ask" and whose == "asked by oneself"):
        member = cast.member("自己")
        member.user = person if whose == "own account" else None
        member.email = "self@shop.cn"
        member.save()
        User.objects.filter(pk=person.pk).update(email="self@shop.cn")
        person.refresh_from_db()
        account = member.account
    maker = person if whose == "asked by oneself" else desk.person("maker", "clerk")
    wish = Approval.objects.create(
        deed="adjust", account=account, amount=5, terms={"currency": "points", "alone": False, "limit": 0},
        reason="x", asked_by=maker, asked_at=NOW,
    )  # fmt: skip

    try:
        if action == "ask":
            desk.ask(person, account, 5)
        else:
            extra = {"answer": "no"} if action == "reject" else {}
            getattr(approvals, action)(approval_id=wish.pk, by=person, now=NOW, **extra)
        done = True
    except approvals.MayNot:
        done = False

    assert done == ((role, action, whose) in ALLOWED)


def _approvers(wish: Approval) -> list[Call]:
    people = [desk.person(f"boss{number}", "supervisor") for number in range(4)]
    return [partial(approvals.approve, approval_id=wish.pk, by=who, now=NOW) for who in people]


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_of_several_approvers_at_once_one_does_it() -> None:
    """E87 with four people at the same instant."""
    account = open_account()
    wish = desk.ask(desk.person("clerk", "clerk"), account, 5000)

    answers = at_once(_approvers(wish))

    assert answers == {"success": 1, "already_decided": 3}
    assert (Entry.objects.count(), net(account)) == (1, 5000)


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_without_the_guarded_update_they_would_do_it_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """E87, negative control: reading, then writing, lets more than one through."""
    account = open_account()
    wish = desk.ask(desk.person("clerk", "clerk"), account, 5000)

    def read_then_write(approval_id: int, columns: dict[str, Any]) -> bool:
        is_waiting = Approval.objects.filter(pk=approval_id, state="waiting").exists()
        time.sleep(0.1)
        Approval.objects.filter(pk=approval_id).update(**columns)
        return is_waiting

    monkeypatch.setattr(approvals, "claim", read_then_write)

    at_once(_approvers(wish))

    assert Entry.objects.count() > 1


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_asking_in_parallel_does_not_get_round_the_limits() -> None:
    """Eight small asks at once by one clerk for one account: one is done, the rest waits."""
    account, clerk = open_account(), desk.person("clerk", "clerk")

    answers = at_once([lambda: desk.ask(clerk, account, 600)] * 8)

    assert answers == {"success": 8}
    assert (Approval.objects.filter(state="approved").count(), net(account)) == (1, 600)


def test_points_that_come_first_pay_the_debt_before_it_is_forgiven(clerk: User) -> None:
    one_for_one()
    account = open_account()

    with pytest.raises(adjusting.LessOwed):
        desk.ask(clerk, account, 1, deed="forgive")


def test_the_member_hears_what_was_set_right_and_why(clerk: User, boss: User) -> None:
    member = cast.new_member()
    waiting = desk.ask(clerk, member.account, 5000, reason="换机后漏记的订单")
    before = Message.objects.count()

    approvals.approve(approval_id=waiting.pk, by=boss, now=NOW)
    outbox.drain(now=NOW)

    message = Message.objects.get(channel="in_app")
    assert (before, message.state, message.subject) == (0, "sent", "你的积分已更正：+5,000")
    assert "换机后漏记的订单" in message.body
