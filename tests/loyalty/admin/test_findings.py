"""Findings as staff meet them: on the first page, in the list, on their own page and on the account's."""

from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.db import connection
from django.db.models import F
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils.translation import override

from loyalty import clock, findings, jobs, triggers
from loyalty.admin import finding_words
from loyalty.models import Account, Approval, Balance, Entry, Finding
from tests import cast
from tests.conftest import Opener
from tests.loyalty import desk
from tests.loyalty.admin.test_editor import sign_in
from tests.loyalty.till import one_for_one, open_account, order, post, refund
from tests.pages import accessibility_faults, overflows

pytestmark = pytest.mark.django_db
ENGLISH = {"Accept-Language": "en"}


def client(user: Any) -> Client:
    found = Client(headers=ENGLISH)
    found.force_login(user)
    return found


@pytest.fixture
def account() -> Account:
    """Owned 150 points, of which a refund took 10 more than it may; its balance was written over, too."""
    one_for_one()
    member = open_account()
    post(order("A1", 15000, member), refund("R1", "A1", 5000))
    triggers.remove(connection)
    Entry.objects.filter(counter="clawed_back").update(amount=F("amount") - 110)
    triggers.install(connection)
    findings.look(now=clock.now())
    return member


def page(user: Any, finding: Finding) -> str:
    return client(user).get(reverse("admin:loyalty_finding_change", args=[finding.pk])).content.decode()


def press(user: Any, button: str, finding: Finding, **answers: str) -> list[str]:
    answer = client(user).post(reverse(f"admin:loyalty_finding_{button}", args=[finding.pk]), answers, follow=True)
    return [str(message) for message in answer.context["messages"]]


def back_too_much() -> Finding:
    return Finding.objects.get(invariant="I15")


def test_the_page_tells_law_figures_account_and_what_sets_it_right(account: Account) -> None:
    shown = page(cast.operator(), back_too_much())

    assert "No more is taken back than was given." in shown
    assert "moved back since" in shown
    assert "An adjustment of the difference makes it good." in shown
    assert f"+10 points on account {account.number}" in shown
    assert "The account can&#x27;t spend until this is gone; it goes on earning." in shown


def test_the_entry_is_asked_for_from_the_page(account: Account) -> None:
    finding = back_too_much()

    said = press(desk.person("clerk", "clerk", is_superuser=True), "ask", finding)

    assert said == ["Done."]
    assert Approval.objects.get(finding=finding).amount == 10


def test_an_account_is_released_with_a_reason(account: Account) -> None:
    boss = desk.person("boss", is_superuser=True)

    refused = press(boss, "release", back_too_much(), reason="")
    said = press(boss, "release", back_too_much(), reason="counted with the member")

    account.refresh_from_db()
    assert (refused, said, account.spending_stopped_at) == ([], ["The account can spend again."], None)


def test_what_was_repaired_goes_off_the_list_when_checked_again(account: Account) -> None:
    triggers.remove(connection)
    Entry.objects.filter(counter="clawed_back").update(amount=F("amount") + 110)
    triggers.install(connection)

    said = press(cast.operator(), "look_again", back_too_much())

    assert said == ["Checked: everything is right with this account."]
    assert not Finding.objects.filter(account=account, gone_at=None).exists()


def test_without_the_permission_there_are_no_buttons(account: Account) -> None:
    viewer = desk.person("viewer", "auditor")
    viewer.user_permissions.add(*Permission.objects.filter(codename="view_finding"))
    finding = back_too_much()

    answer = client(viewer).get(reverse("admin:loyalty_finding_change", args=[finding.pk]))
    pressed = client(viewer).post(reverse("admin:loyalty_finding_release", args=[finding.pk]), {"reason": "x"})

    assert answer.context["actions_detail"] == []
    assert pressed.status_code == 403


def test_the_first_page_says_how_the_books_stand(account: Account) -> None:
    boss = client(cast.operator())
    before = boss.get(reverse("admin:index")).content.decode()
    jobs.run_due(now=clock.now(), codes=[findings.JOB])

    after = boss.get(reverse("admin:index")).content.decode()

    assert "The books have not been checked yet" in before
    assert "findings in the books." in after
    assert "1 account can't spend meanwhile." in after


def test_the_first_page_says_that_the_books_are_in_order() -> None:
    jobs.run_due(now=clock.now(), codes=[findings.JOB])

    shown = client(cast.operator()).get(reverse("admin:index")).content.decode()

    assert "The books are in order." in shown
    assert "Last full check: " in shown


def test_the_accounts_page_says_that_it_can_not_spend(account: Account) -> None:
    shown = client(cast.operator()).get(reverse("admin:loyalty_account_change", args=[account.pk])).content.decode()

    assert "it goes on earning." in shown


@pytest.mark.parametrize("query", ["", "standing=open", "standing=released", "standing=gone", "q=I3"])
def test_the_list_asks_no_more_for_many_rows_than_for_one(account: Account, query: str) -> None:
    boss, address = client(cast.operator()), reverse("admin:loyalty_finding_changelist") + f"?{query}"
    boss.get(address)
    with CaptureQueriesContext(connection) as few:
        assert boss.get(address).status_code == 200

    for number in range(5):
        other = open_account()
        post(order(f"B{number}", 1000, other))
        Balance.objects.filter(account=other).update(held=F("held") + 5)
    findings.look(now=clock.now())

    with CaptureQueriesContext(connection) as many:
        boss.get(address)
    assert len(many) <= len(few)


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize(("language", "law"), [("zh-CN", "收回的不超过发放的"), ("en-US", "No more is taken back")])
def test_the_pages_read_well_on_phone_and_desktop(
    browse: Opener, account: Account, language: str, law: str, width: int
) -> None:
    findings.look(now=clock.now())
    jobs.run_due(now=clock.now(), codes=[findings.JOB])
    finding = back_too_much()
    names = ("loyalty_finding_change", "loyalty_finding_release")
    paths = ["/admin/", "/admin/loyalty/finding/", *(reverse(f"admin:{name}", args=[finding.pk]) for name in names)]
    found, wide = [], []
    with browse(language=language, width=width) as page_:
        sign_in(page_)

        for path in paths:
            page_.goto(path)
            found += accessibility_faults(page_)
            wide += [path] if overflows(page_) else []
        page_.goto(paths[2])

        assert law in page_.inner_text("main, #main")
        assert (found, wide) == ([], [])


@pytest.mark.parametrize(
    ("found", "told"),
    [
        ("balance 12345, entries -100", [("stored balance", "12,345"), ("sum of the entries", "-100")]),
        ("state captured, entry none", [("state", "captured"), ("by the entry", "none")]),
        ("Rows were changed, or not", [("", "Rows were changed"), ("", "or not")]),
        ("trigger loyalty_entry_no_update is gone", [("", "trigger loyalty_entry_no_update is gone")]),
    ],
)
def test_figures_are_told_by_name(found: str, told: list[tuple[str, str]]) -> None:
    with override("en"):
        assert list(finding_words.figures(found)) == told
