"""Two people, or two looks, at one finding at the same instant."""

import time
from functools import partial
from typing import Any

import pytest
from django.db import connection
from django.db.models import F, QuerySet

from loyalty import approvals, findings, triggers
from loyalty.models import Approval, Balance, Entry, Finding, User
from tests.loyalty import desk
from tests.loyalty.events.test_folding import together
from tests.loyalty.till import NOW, one_for_one, open_account, order, post, refund

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]


def finding() -> Finding:
    """A refund took back 10 more than the order gave."""
    one_for_one()
    post(order("A1", 15000, open_account()), refund("R1", "A1", 5000))
    triggers.remove(connection)
    Entry.objects.filter(counter="clawed_back").update(amount=F("amount") - 110)
    triggers.install(connection)
    findings.look(now=NOW)
    return Finding.objects.get(invariant="I15")


def asking(found: Finding, monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Three clerks ask for the entry at once; each takes a while over it."""
    clerks: list[User] = [desk.person(f"clerk-{number}", "clerk") for number in range(3)]
    ask = approvals.ask

    def slowly(**wish: Any) -> Approval:
        time.sleep(0.3)
        return ask(**wish)

    monkeypatch.setattr(approvals, "ask", slowly)
    return together([partial(findings.ask, finding_id=found.pk, by=clerk, now=NOW) for clerk in clerks])


def test_of_several_who_ask_at_once_one_does(monkeypatch: pytest.MonkeyPatch) -> None:
    answers = asking(finding(), monkeypatch)

    assert sorted(type(answer).__name__ for answer in answers) == ["Approval", "NothingToAsk", "NothingToAsk"]
    assert Approval.objects.count() == 1


def test_without_the_rows_lock_several_would(monkeypatch: pytest.MonkeyPatch) -> None:
    """The negative control."""
    found = finding()
    monkeypatch.setattr(QuerySet, "select_for_update", lambda self, **_how: self)

    answers = asking(found, monkeypatch)

    assert len([answer for answer in answers if isinstance(answer, Approval)]) > 1


def test_looks_at_one_instant_leave_one_finding() -> None:
    one_for_one()
    member = open_account()
    post(order("A1", 15000, member))
    Balance.objects.filter(account=member).update(held=F("held") + 5)

    answers = together([lambda: findings.look(now=NOW, accounts=[member.pk])] * 4)

    assert answers == [2] * 4
    assert sorted(Finding.objects.values_list("invariant", flat=True)) == ["I3", "I8"]
