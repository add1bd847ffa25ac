"""What the auditor finds is kept, stops spending, is made good or released, and goes."""

from collections.abc import Callable
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.db.models import F

from loyalty import accounts, approvals, findings, jobs, stopping, triggers
from loyalty.ledger import adjusting, holding, spending, verify
from loyalty.models import Account, AuditRecord, Balance, Entry, Finding, Programme
from tests.loyalty import desk
from tests.loyalty.till import NOW, net, one_for_one, open_account, order, post, refund

pytestmark = pytest.mark.django_db
LATER = NOW + timedelta(hours=1)


@pytest.fixture
def account() -> Account:
    """150 points of one order, 50 of them spent."""
    one_for_one()
    member = open_account()
    post(order("A1", 15000, member))
    spending.spend(account_id=member.pk, amount=50, now=NOW)
    return member


@pytest.fixture
def twisted(account: Account) -> Account:
    """Somebody wrote 5 more points into the balance: I3 and I8 say so of it, I20 of the sum."""
    Balance.objects.filter(account=account).update(held=F("held") + 5)
    findings.look(now=NOW)
    return account


@pytest.fixture
def overdrawn(account: Account) -> Account:
    """A refund took back 10 more than the order gave."""
    post(refund("R1", "A1", 5000))
    triggers.remove(connection)
    Entry.objects.filter(counter="clawed_back").update(amount=F("amount") - 110)
    triggers.install(connection)
    findings.look(now=NOW)
    return account


def stopped(account: Account) -> bool:
    account.refresh_from_db()
    return account.spending_stopped_at is not None


def spend(account: Account) -> Any:
    return spending.spend(account_id=account.pk, amount=1, now=LATER)


def untwist(account: Account) -> None:
    Balance.objects.filter(account=account).update(held=F("held") - 5)


def releaser(name: str = "boss") -> Any:
    return desk.person(name, "auditor", is_superuser=True)


def test_right_books_leave_nothing(account: Account) -> None:
    assert (findings.look(now=NOW), Finding.objects.count(), stopped(account)) == (0, 0, False)


def test_a_breach_is_one_open_finding_of_its_account(twisted: Account) -> None:
    findings.look(now=LATER)

    rows = Finding.objects.filter(invariant="I3").values_list("account", "found_at", "seen_at", "gone_at")
    assert list(rows) == [(twisted.pk, NOW, LATER, None)]


@pytest.mark.parametrize(
    "deed",
    [
        spend,
        lambda account: holding.hold(account_id=account.pk, amount=1, key="k", now=LATER),
    ],
)
def test_an_account_in_breach_can_not_spend(twisted: Account, deed: Callable[[Account], object]) -> None:
    with pytest.raises(accounts.SpendingStopped) as refusal:
        deed(twisted)

    assert (refusal.value.status, refusal.value.code) == (423, "spending_stopped")


def test_what_was_set_aside_before_waits_as_well(account: Account) -> None:
    held = holding.hold(account_id=account.pk, amount=10, key="k", now=NOW)
    stopping.stop([account.pk], now=NOW)

    with pytest.raises(accounts.SpendingStopped):
        holding.capture(hold_id=held.pk, now=NOW)

    assert holding.release(hold_id=held.pk, now=NOW).state == "released"


def test_it_goes_on_earning_and_staff_can_set_it_right(account: Account) -> None:
    stopping.stop([account.pk], now=NOW)

    post(order("A2", 1000, account))
    adjusting.adjust(account_id=account.pk, amount=5, reason="good will", now=NOW)
    adjusting.adjust(account_id=account.pk, amount=-3, reason="too much", now=NOW)

    assert net(account) == 112


def test_debt_can_be_forgiven_while_stopped() -> None:
    debtor = desk.indebted()
    stopping.stop([debtor.pk], now=NOW)

    adjusting.forgive(account_id=debtor.pk, amount=100, reason="moved away", now=LATER)

    assert net(debtor, LATER) == 0


def test_nobody_else_is_stopped(twisted: Account) -> None:
    other = open_account()
    post(order("B1", 1000, other))

    assert spend(other).amount == -1


def test_when_it_is_gone_the_account_is_released(twisted: Account) -> None:
    untwist(twisted)

    findings.look(now=LATER)

    assert (stopped(twisted), list(Finding.objects.values_list("gone_at", flat=True))) == (False, [LATER] * 3)


def test_the_same_breach_again_is_another_finding(twisted: Account) -> None:
    untwist(twisted)
    findings.look(now=LATER)

    Balance.objects.filter(account=twisted).update(held=F("held") + 5)
    findings.look(now=LATER + timedelta(hours=1))

    assert Finding.objects.filter(invariant="I3").count() == 2
    assert stopped(twisted)


def test_looking_at_some_accounts_leaves_the_others_findings_alone(twisted: Account) -> None:
    other = open_account()
    post(order("B1", 1000, other))
    untwist(twisted)

    findings.look(now=LATER, accounts=[other.pk])

    assert Finding.objects.filter(gone_at=None, account=twisted).count() == 2
    assert stopped(twisted)


def test_a_look_that_began_before_a_finding_does_not_end_it(twisted: Account) -> None:
    """Of two looks at once, the slower one saw the books as they were."""
    untwist(twisted)

    findings.look(now=NOW - timedelta(minutes=5))

    assert stopped(twisted)


def test_stalled_expiry_is_found_and_stops_nobody(account: Account) -> None:
    """I13: what the workers left undone is no doubt about an account."""
    findings.look(now=NOW + timedelta(days=400))

    assert Finding.objects.get().invariant == "I13"
    assert not stopped(account)


def test_the_proposal_is_the_entry_that_makes_it_good(overdrawn: Account) -> None:
    """I15: what was taken back too much is given again."""
    proposals = {each.invariant: each.proposal for each in Finding.objects.exclude(proposal={})}

    assert list(proposals) == ["I15"]
    assert (proposals["I15"]["currency"], proposals["I15"]["amount"]) == ("points", 10)


def test_no_entry_is_proposed_where_none_can_mend(twisted: Account) -> None:
    finding = Finding.objects.get(invariant="I3")

    assert (finding.proposal, findings.may_ask(finding)) == ({}, False)
    with pytest.raises(findings.NothingToAsk):
        findings.ask(finding_id=finding.pk, by=desk.person("clerk", "clerk"), now=NOW)


def test_the_entry_is_asked_for_once_and_then_counts_as_mended(overdrawn: Account) -> None:
    """The wish is an approval like any other; the breach stays in the books, and is found no more."""
    finding = Finding.objects.get(invariant="I15")
    clerk = desk.person("clerk", "clerk")

    wish = findings.ask(finding_id=finding.pk, by=clerk, now=NOW)
    with pytest.raises(findings.NothingToAsk):
        findings.ask(finding_id=finding.pk, by=clerk, now=NOW)
    findings.look(now=LATER)

    finding.refresh_from_db()
    assert (wish.state, wish.amount, finding.approval, finding.gone_at) == ("approved", 10, wish, LATER)
    assert not Finding.objects.filter(invariant="I15", gone_at=None).exists()


def test_a_rejected_wish_can_be_asked_for_again(overdrawn: Account) -> None:
    finding = Finding.objects.get(invariant="I15")
    partnerless = desk.person("clerk", "clerk")
    desk.role("clerk").thresholds.update(points_alone=1)
    first = findings.ask(finding_id=finding.pk, by=partnerless, now=NOW)
    approvals.reject(approval_id=first.pk, by=desk.person("boss", "supervisor"), now=NOW, answer="look again")

    second = findings.ask(finding_id=finding.pk, by=partnerless, now=LATER)

    assert (first.pk != second.pk, second.state) == (True, "waiting")


def test_a_second_person_releases_the_account_with_a_reason(twisted: Account) -> None:
    boss = releaser()

    findings.release(account_id=twisted.pk, by=boss, reason="counted with the member", now=LATER)
    findings.look(now=LATER)

    record = AuditRecord.objects.get(deed="loyalty.account.released")
    assert (record.actor, record.reason, record.after) == (
        boss,
        "counted with the member",
        {"spending_stopped_at": None},
    )
    assert not stopped(twisted)
    assert Finding.objects.filter(gone_at=None, released_by=boss).count() == 2


def test_another_finding_stops_a_released_account_again(twisted: Account) -> None:
    findings.release(account_id=twisted.pk, by=releaser(), reason="counted", now=LATER)

    triggers.remove(connection)
    Entry.objects.filter(account=twisted, version=2).update(balance_after=1)
    triggers.install(connection)
    findings.look(now=LATER)

    assert stopped(twisted)


def test_releasing_needs_a_reason_a_role_and_a_second_person(overdrawn: Account) -> None:
    boss, clerk = releaser(), desk.person("clerk", "clerk")
    findings.ask(finding_id=Finding.objects.get(invariant="I15").pk, by=boss, now=NOW)
    refusals = [
        (boss, "mine", approvals.OwnWish),
        (clerk, "please", approvals.MayNot),
        (releaser("other"), "  ", approvals.ReasonNeeded),
    ]

    for person, reason, refusal in refusals:
        with pytest.raises(refusal):
            findings.release(account_id=overdrawn.pk, by=person, reason=reason, now=NOW)

    assert stopped(overdrawn)


def test_there_is_nothing_to_release_where_nothing_stops(account: Account) -> None:
    with pytest.raises(findings.NotStopped):
        findings.release(account_id=account.pk, by=releaser(), reason="to be sure", now=NOW)


def _freeze(limit: int) -> None:
    Programme.objects.filter(pk=1).update(refund_shortfall="freeze", debt_limit=limit)


@pytest.mark.parametrize(("limit", "released"), [(100, 1), (99, 0)])
def test_who_was_stopped_for_debt_is_released_at_the_limit(limit: int, released: int) -> None:
    debtor = desk.indebted()
    _freeze(limit)
    stopping.stop([debtor.pk], now=NOW)

    assert stopping.release_if_paid([debtor.pk]) == released
    assert stopped(debtor) is not bool(released)


def test_forgiving_debt_down_to_the_limit_releases() -> None:
    debtor = desk.indebted()
    _freeze(50)
    stopping.stop([debtor.pk], now=NOW)

    adjusting.forgive(account_id=debtor.pk, amount=49, reason="moved away", now=LATER)
    still = stopped(debtor)
    adjusting.forgive(account_id=debtor.pk, amount=1, reason="moved away", now=LATER)

    assert (still, stopped(debtor)) == (True, False)


def test_debt_goes_on_stopping_whom_a_finding_does_not_any_more() -> None:
    debtor = desk.indebted()
    _freeze(50)
    Balance.objects.filter(account=debtor).update(held=F("held") + 5)
    findings.look(now=NOW)

    findings.release(account_id=debtor.pk, by=releaser(), reason="counted", now=LATER)

    assert stopped(debtor)


def test_a_finding_goes_on_stopping_whose_debt_is_paid(twisted: Account) -> None:
    assert stopping.release_if_paid([twisted.pk]) == 0


def test_a_changed_policy_releases_with_the_next_look() -> None:
    debtor = desk.indebted()
    _freeze(50)
    stopping.stop([debtor.pk], now=NOW)
    findings.look(now=NOW)
    still = stopped(debtor)

    Programme.objects.filter(pk=1).update(refund_shortfall="debt")
    findings.look(now=LATER)

    assert (still, stopped(debtor)) == (True, False)


def test_the_night_looks_at_every_law(twisted: Account) -> None:
    Finding.objects.all().delete()
    stopping.release_all()

    [run] = jobs.run_due(now=NOW, codes=[findings.JOB])

    assert (run.state, run.counts["findings"], run.error) == ("done", 3, "")
    assert stopped(twisted)
    assert findings.standing() == (3, 1, run.finished_at)


def test_the_command_keeps_what_it_finds_where_asked(account: Account) -> None:
    Balance.objects.filter(account=account).update(held=5)
    out = StringIO()

    with pytest.raises(CommandError):
        call_command("ledger_verify", stdout=out)
    kept = Finding.objects.count()
    with pytest.raises(CommandError):
        call_command("ledger_verify", "--record", stdout=out)

    assert (kept, Finding.objects.count(), stopped(account)) == (0, 3, True)
    assert f"{account.number} points" in out.getvalue()


def test_every_law_has_its_words_and_a_way_to_set_it_right() -> None:
    checks = verify.checks()

    assert [check.code for check in checks if not (str(check.law) and str(check.mend))] == []
    assert len({check.code for check in checks}) == len(checks)
