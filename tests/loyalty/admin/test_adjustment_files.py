"""A file of adjustments on its way through the back office, and expired points given back on the account's page."""

import io
from datetime import timedelta
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import translation

from loyalty import clock, jobs
from loyalty.adjustment_files import carrying, drafts
from loyalty.ledger import expiring
from loyalty.models import Account, AdjustmentFile, Approval, Currency, Entry, JobRun, User
from tests import cast
from tests.conftest import Opener
from tests.loyalty import desk
from tests.loyalty.adjustment_files import paper
from tests.loyalty.admin.test_editor import sign_in
from tests.loyalty.admin.test_value import at, buttons, press, said
from tests.loyalty.till import net, open_account
from tests.pages import accessibility_faults, overflows

pytestmark = pytest.mark.django_db
ADD = "/admin/loyalty/adjustmentfile/add/"


@pytest.fixture(autouse=True)
def _media(tmp_path: Path, settings: Any) -> None:
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def clerk() -> User:
    return paper.person("clerk", "clerk")


@pytest.fixture
def boss() -> User:
    return paper.person("boss", "supervisor")


def upload(user: User, data: bytes, name: str = "sorry.csv", **more: object) -> Any:
    body = {"file": SimpleUploadedFile(name, data), "currency": "points", **more}
    return at(user).post(reverse("admin:loyalty_adjustmentfile_add"), body)


def ask(user: User, address: str, **more: object) -> Any:
    return at(user).post(address, {"reason": "the app was down", "token": "t1", **more}, follow=True)


def work() -> None:
    jobs.run_due(now=clock.now() + timedelta(seconds=1), codes=[carrying.JOB])


def page(user: User, kept: AdjustmentFile, query: str = "") -> str:
    address = reverse("admin:loyalty_adjustmentfile_change", args=[kept.pk])
    return at(user).get(address + query).content.decode()


def test_a_small_file_goes_from_upload_by_preview_to_done(clerk: User) -> None:
    """E88: seen, asked for, done; and the same file again is refused by its number."""
    account = open_account()
    data = paper.text([paper.row(account, 600, "sorry"), ("nobody", 5, "")])

    preview = upload(clerk, data).url
    seen = at(clerk).get(preview).content.decode()
    stopped = ask(clerk, preview).content.decode()
    asked = ask(clerk, preview, skip_refused="on")
    kept = AdjustmentFile.objects.get()
    waiting = page(clerk, kept)
    work()
    done = page(clerk, kept)
    again = upload(clerk, data).content.decode()

    assert ("We know no member of this number" in seen, "so it begins at once" in seen) == (True, True)
    assert "Rows that cannot be done: 1." in stopped
    assert said(asked) == ["Under way: it is within your limit."]
    assert ("The rows are being done" in waiting, "data-progress" in waiting) == (True, True)
    assert ("data-progress" in done, "1 row was left out of the file" in done) == (False, True)
    assert net(account, clock.now()) == 600
    assert f"This file is there already as #{kept.pk} (approved). Nothing was changed." in again


def test_over_the_limit_a_colleague_sees_the_lines_and_approves(clerk: User, boss: User) -> None:
    """Bad input 83, E87."""
    accounts = [open_account() for _ in range(3)]
    preview = upload(clerk, paper.text([paper.row(each, 500, "sorry") for each in accounts])).url
    seen = at(clerk).get(preview).content.decode()
    asked = ask(clerk, preview)
    wish, kept = Approval.objects.get(), AdjustmentFile.objects.get()
    address = reverse("admin:loyalty_approval_change", args=[wish.pk])

    shown = at(boss).get(address).content.decode()
    searched = at(boss).get(f"{address}?q={accounts[1].number}").content.decode()
    before = Entry.objects.count()
    approved = press(boss, "approval_approve", wish.pk, answer="")
    work()

    assert "This file moves 1,500 in all. You may do up to 1,000 alone, so a colleague has to agree." in seen
    assert said(asked) == ["This is over your limit, so it waits for a colleague. Nothing has changed yet."]
    assert "<dt>given in all</dt><dd>+1,500</dd>" in shown
    assert [each.number in shown for each in accounts] == [True, True, True]
    assert [each.number in searched for each in accounts] == [False, True, False]
    assert (before, said(approved)) == (0, ["Approved. It is under way."])
    assert [net(each, clock.now()) for each in accounts] == [500, 500, 500]
    assert "Nothing has changed yet" not in page(boss, kept)


def test_rows_are_found_by_phone_note_and_outcome(clerk: User) -> None:
    member = cast.member("许知意", phone="13800138000")
    poor = open_account()
    with translation.override("en"):  # refusals are written in the language of who asks
        kept = paper.file_of(
            paper.ask(clerk, [paper.row(member.account, 5, "parcel"), paper.row(poor, -9)], now=clock.now())
        )
    work()

    found = {
        query: [number in page(clerk, kept, query) for number in (member.account.number, poor.number)]
        for query in ("?q=13800138000", "?q=parcel", "?outcome=refused", "?outcome=done", "?q=missing", "?outcome=x")
    }

    assert found == {
        "?q=13800138000": [True, False],
        "?q=parcel": [True, False],
        "?outcome=refused": [False, True],
        "?outcome=done": [True, False],
        "?q=missing": [False, True],
        "?outcome=x": [True, True],
    }


def test_reports_hold_no_formula_and_can_be_sent_again(clerk: User) -> None:
    """Bad input 77, ASVS 1.2.10."""
    account = open_account()
    data = paper.text([paper.row(account, -5, "=1+1"), ("=2+2", 5, "@x")])
    preview = upload(clerk, data).url
    path, query = preview.split("?")

    asked = at(clerk).get(f"{path}report/?{query}")
    before = b"".join(asked.streaming_content).decode()  # type: ignore[attr-defined]  # a streaming answer
    kept = paper.file_of(
        paper.ask(clerk, [paper.row(account, -5, "=1+1"), ("=2+2", 5, "@x")], skip_refused=True, now=clock.now())
    )
    work()
    address = reverse("admin:loyalty_adjustmentfile_report", args=[kept.pk])
    after = b"".join(at(clerk).get(address).streaming_content).decode()  # type: ignore[attr-defined]  # a streaming answer

    assert before.splitlines() == [
        "\ufeffmember,points,note,row,outcome,message",
        "'=2+2,5,'@x,3,not done,\"We know no member of this number, phone or id.\"",
    ]
    assert after.splitlines()[0] == "\ufeffmember,points,note,row,outcome,message"
    assert after.splitlines()[1].startswith(f"m:{account.number},-5,'=1+1,2,not done,")
    assert after.splitlines()[2].startswith(",,,3,not done,")


def test_the_template_is_a_workbook_of_text(clerk: User) -> None:
    answer = at(clerk).get(reverse("admin:loyalty_adjustmentfile_template"))

    sheet = openpyxl.load_workbook(io.BytesIO(answer.content)).worksheets[0]
    assert [cell.value for cell in sheet[1]] == ["member", "points", "note"]
    assert {sheet["A2"].number_format, sheet["B900"].number_format} == {"@"}


def test_what_is_no_table_is_refused_beside_the_field(clerk: User) -> None:
    """Bad input 71, 79, 82."""
    pages = [
        upload(clerk, data).content.decode()
        for data in (b"MZ\x90\x00" + b"\x00" * 99, b"member,points\n", b"a,b\n1,2\n")
    ]

    assert [
        "This file cannot be read as CSV or Excel." in pages[0],
        "There are no rows in this file" in pages[1],
        "The file has no column “member”, “points”." in pages[2],
    ] == [True, True, True]


def test_an_upload_is_its_senders_alone_and_is_forgotten(clerk: User, boss: User) -> None:
    preview = upload(clerk, paper.text([paper.row(open_account(), 5)])).url

    other = at(boss).get(preview, follow=True)
    forgotten = drafts.forget(before=clock.now() + timedelta(minutes=1))
    gone = at(clerk).get(preview, follow=True)

    assert said(other) == said(gone)
    assert said(gone) == [
        "The file is no longer kept. Please upload it again; what is there already is not taken twice."
    ]
    assert forgotten == 1


def test_a_second_click_asks_no_second_time(clerk: User) -> None:
    preview = upload(clerk, paper.text([paper.row(open_account(), 5)])).url

    for _ in range(2):
        ask(clerk, preview)

    assert AdjustmentFile.objects.count() == 1


def test_those_without_the_right_may_look_at_most(clerk: User) -> None:
    kept = paper.file_of(paper.ask(clerk, [paper.row(open_account(), 5)], now=clock.now()))
    auditor, nobody = desk.person("auditor", "auditor"), desk.person("nobody")

    add, change = reverse("admin:loyalty_adjustmentfile_add"), f"/admin/loyalty/adjustmentfile/{kept.pk}/change/"
    asked = [(at(user).get(add).status_code, at(user).get(change).status_code) for user in (auditor, nobody)]

    assert asked == [(403, 200), (403, 403)]
    assert upload(auditor, b"x").status_code == 403


def test_a_run_that_gave_up_is_sent_on_by_a_button(clerk: User) -> None:
    kept = paper.file_of(paper.ask(clerk, [paper.row(open_account(), 5)], now=clock.now()))
    JobRun.objects.update(state="failed", attempts=jobs.ATTEMPTS)

    stopped = page(clerk, kept)
    at(clerk).post(reverse("admin:loyalty_adjustmentfile_go_on", args=[kept.pk]))
    work()

    kept.refresh_from_db()
    assert ("It stopped half-way" in stopped, kept.done_at is not None) == (True, True)


def test_progress_is_told_to_the_page(clerk: User) -> None:
    kept = paper.file_of(paper.ask(clerk, [paper.row(open_account(), 5)], now=clock.now()))
    address = reverse("admin:loyalty_adjustmentfile_progress", args=[kept.pk])

    before = at(clerk).get(address).json()
    work()

    assert before == {"under_way": True, "percent": 0, "words": "0 of 1 rows"}
    assert at(clerk).get(address).json() == {"under_way": False, "percent": 100, "words": "1 of 1 rows"}


def test_a_long_file_asks_no_more_queries_than_a_short_one(clerk: User) -> None:
    counts = []
    for rows in (1, 30):
        kept = paper.file_of(paper.ask(clerk, [paper.row(open_account(), 1) for _ in range(rows)], now=clock.now()))
        page(clerk, kept)
        with CaptureQueriesContext(connection) as queries:
            page(clerk, kept)
        counts.append(len(queries))

    assert counts[0] == counts[1]


@pytest.fixture
def expired() -> Account:
    """Somebody whose 500 points expired some days ago."""
    Currency.objects.filter(code="points").update(expiry_mode="days", expiry_length=10)
    account = open_account()
    cast.give(account.pk, 500, now=clock.now() - timedelta(days=14))
    expiring.sweep(now=clock.now())
    return account


def returned(account: Account, **more: object) -> dict[str, object]:
    gone = Entry.objects.get(account=account, counter="expired", amount__lt=0)
    return {
        "expiry": gone.pk,
        "amount": 300,
        "days": 30,
        "reason": "was ill",
        "token": "t1",
        "purse": account.pk,
    } | more


def test_expired_points_are_given_back_on_the_accounts_page(clerk: User, expired: Account) -> None:
    address = reverse("admin:loyalty_account_give_back", args=[expired.pk])

    offered = at(clerk).get(address).context["form"]
    done = press(clerk, "account_give_back", expired.pk, **returned(expired))
    after = buttons(done)
    press(clerk, "account_give_back", expired.pk, **returned(expired, amount=200, token="t2"))
    whole = buttons(at(clerk).get(reverse("admin:loyalty_account_change", args=[expired.pk])))

    assert (offered.initial["amount"], offered.initial["days"], len(offered.fields["expiry"].choices)) == (500, 30, 1)
    assert said(done) == ["Done: the points are back and can be spent."]
    assert ("Give back expired points" in after, "Give back expired points" in whole) == (True, False)
    assert net(expired, clock.now()) == 500


def test_too_much_or_of_somebody_else_is_refused_in_words(clerk: User, expired: Account) -> None:
    much = press(clerk, "account_give_back", expired.pk, **returned(expired, amount=501))
    other = press(clerk, "account_give_back", open_account().pk, **returned(expired))

    assert much.context["form"].errors == {
        "amount": ["Only 500 of these points have not been given back yet. Please ask for no more than that."]
    }
    assert other.context["form"].errors == {"expiry": ["No points expired here that could be given back."]}
    assert Approval.objects.count() == 0


def test_the_approver_reads_what_is_to_be_given_back(clerk: User, boss: User, expired: Account) -> None:
    desk.role("clerk").thresholds.update(points_alone=0)
    press(clerk, "account_give_back", expired.pk, **returned(expired))
    wish = Approval.objects.get()

    asked = at(boss).get(reverse("admin:loyalty_approval_approve", args=[wish.pk])).content.decode()
    listed = at(boss).get(reverse("admin:loyalty_approval_changelist")).content.decode()

    assert f"asks to give +300 expired points back to account {expired.number} for 30 days: “was ill”" in asked
    assert "give back expired points" in listed


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize(("language", "width", "done"), [("zh-CN", 390, "已完成"), ("en-US", 1280, "done")])
def test_the_pages_of_a_file_read_well_and_follow_the_work(
    browse: Opener, tmp_path: Path, language: str, width: int, done: str, dark: bool
) -> None:
    rows = [paper.row(open_account(), 300, "包裹晚到，抱歉"), paper.row(open_account(), -40), ("1.38E+10", 5, "")]
    path = tmp_path / "sorry.csv"
    path.write_bytes(paper.text(rows))
    with browse(language=language, width=width, dark=dark) as screen:
        sign_in(screen)
        desk.role("clerk").thresholds.create(deed="bulk", points_alone=5000, points_a_day=5000)
        screen.goto(ADD)
        found, wide = accessibility_faults(screen), [overflows(screen)]
        screen.set_input_files("input[type=file]", path)
        screen.click(".eg-ask .eg-button-primary")
        screen.wait_for_selector(".eg-import-report")
        found += accessibility_faults(screen)
        wide.append(overflows(screen))
        screen.fill("input[name=reason]", "包裹晚到")
        screen.check("input[name=skip_refused]")
        screen.click("form[method=post] button.eg-button-primary")
        screen.wait_for_selector("[data-progress]")
        found += accessibility_faults(screen)

        work()
        screen.wait_for_selector("[data-progress]", state="detached")
        screen.goto(reverse("admin:loyalty_approval_change", args=[Approval.objects.get().pk]))
        found += accessibility_faults(screen)
        screen.fill("#line-word", "包裹")
        screen.click("#line-search button")
        screen.wait_for_selector(".eg-file-lines tbody tr:only-child")
        assert done in screen.inner_text(".eg-file-lines")
        assert (found + accessibility_faults(screen), [*wide, overflows(screen)]) == ([], [False] * 3)
