"""A file of orders on its way through the back office, and what may go wrong on it."""

from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from loyalty import clock, jobs
from loyalty.admin.import_forms import PREFIX
from loyalty.imports import working
from loyalty.models import ImportJob, ImportRow, JobRun, User
from tests.conftest import Opener
from tests.loyalty import till
from tests.loyalty.admin.test_editor import sign_in
from tests.loyalty.imports import table
from tests.pages import accessibility_faults, overflows

ROWS = [
    ("A-1", "7", "2026-03-01 10:00", "5.00"),
    ("=1+1", "", "02/03/2026", "8.00"),
    ("A-3", "8", "2026-03-01 11:00", "9.00"),
]
CHOSEN = {PREFIX + field: column for field, column in table.COLUMNS.items()}
WHOLE = {"currency": "GBP", "zone": "Europe/London"}

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _media(tmp_path: Path, settings: Any) -> None:
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def english(staff: Client) -> Client:
    staff.defaults["HTTP_ACCEPT_LANGUAGE"] = "en"
    return staff


def upload(client: Client, data: bytes, name: str = "orders.csv") -> Any:
    body = {"partner": till.open_till().pk, "file": SimpleUploadedFile(name, data)}
    return client.post(reverse("admin:loyalty_importjob_add"), body)


def page(client: Client, job: ImportJob) -> str:
    return client.get(reverse("admin:loyalty_importjob_change", args=[job.pk])).content.decode()


def start(client: Client, job: ImportJob, deed: str, **changes: str) -> Any:
    body = {**CHOSEN, **WHOLE, "deed": deed, **changes}
    return client.post(reverse("admin:loyalty_importjob_start", args=[job.pk]), body)


def work() -> None:
    jobs.run_due(now=clock.now(), codes=[working.JOB])


def test_a_file_goes_from_upload_by_dry_run_to_done_with_a_report(english: Client) -> None:
    """E88 in the back office: tried, imported, and the same file again refused by its number."""
    answer = upload(english, table.text(ROWS))
    job = ImportJob.objects.get()
    asked = page(english, job)

    start(english, job, "try", skip_bad_rows="on")
    waiting = page(english, job)
    work()
    tried = page(english, job)
    start(english, job, "run", skip_bad_rows="on")
    work()
    done = page(english, job)
    again = upload(english, table.text(ROWS))

    job.refresh_from_db()
    assert answer.url == reverse("admin:loyalty_importjob_change", args=[job.pk])
    assert "<td>02/03/2026</td>" in asked
    assert "Dry run under way" in waiting
    assert ("What would happen" in tried, "nothing was written" in tried) == (True, True)
    assert ("What became of it" in done, "This date can be read in two ways." in done) == (True, True)
    assert (job.state, job.counts) == ("done", {"orders": 2, "members": 2, "refused": 1})
    assert table.orders() == [("A-1", 500, 0), ("A-3", 900, 0)]
    assert f"This file was already imported as #{job.pk}. Nothing was changed." in again.content.decode()


def test_columns_are_chosen_before_hand_by_their_names(english: Client) -> None:
    upload(english, table.text([("1", "7", "2026-03-01", "5")], header=["订单号", "客户编号", "付款时间", "实付金额"]))

    shown = page(english, ImportJob.objects.get())

    for column in ("订单号", "客户编号", "付款时间", "实付金额"):
        assert f'<option value="{column}" selected>' in shown


def test_a_plan_without_what_is_needed_is_shown_again_with_the_reason(english: Client) -> None:
    """Bad input 71."""
    upload(english, table.text(ROWS))
    job = ImportJob.objects.get()

    shown = start(english, job, "run", **{PREFIX + "amount": "", "zone": "Mars/Olympus"}).content.decode()

    job.refresh_from_db()
    assert "Please choose a column for: order amount." in shown
    assert 'value="Mars/Olympus"' in shown
    assert (job.state, working.under_way(job_id=job.pk)) == ("uploaded", False)


def test_a_file_with_bad_rows_stops_and_can_be_started_without_them(english: Client) -> None:
    upload(english, table.text(ROWS))
    job = ImportJob.objects.get()
    start(english, job, "run")
    work()
    stopped = page(english, job)

    start(english, job, "run", skip_bad_rows="on")
    work()

    job.refresh_from_db()
    assert "Rows that cannot be read: 1. Nothing was imported." in stopped
    assert (job.state, job.next_row) == ("done", 3)


def test_what_is_no_table_is_refused_beside_the_field(english: Client) -> None:
    """Bad input 82."""
    shown = upload(english, b"MZ\x90\x00" + b"\x00" * 200, "orders.csv").content.decode()

    assert "This file cannot be read as CSV or Excel." in shown
    assert ImportJob.objects.count() == 0


def test_the_report_can_be_downloaded_and_holds_no_formula(english: Client) -> None:
    """Bad input 77, ASVS 1.2.10."""
    upload(english, table.text(ROWS))
    job = ImportJob.objects.get()
    start(english, job, "run", skip_bad_rows="on")
    work()

    answer = english.get(reverse("admin:loyalty_importjob_report", args=[job.pk]))

    said = b"".join(answer.streaming_content).decode()  # type: ignore[attr-defined]  # a streaming answer
    assert said.splitlines()[0] == "\ufeffrow,outcome,column,message,order,customer,paid at,total"
    assert said.splitlines()[1].startswith("3,left out,paid at,")
    assert said.splitlines()[1].endswith(",'=1+1,,02/03/2026,8.00")


def test_progress_is_told_to_the_page(english: Client) -> None:
    upload(english, table.text(ROWS))
    job = ImportJob.objects.get()
    ImportJob.objects.filter(pk=job.pk).update(total_rows=4000, next_row=1000, state="running")

    told = english.get(reverse("admin:loyalty_importjob_progress", args=[job.pk])).json()

    assert told == {"under_way": False, "state": "running", "percent": 25, "words": "1,000 of 4,000 rows"}


def test_an_import_that_stopped_offers_to_go_on(english: Client) -> None:
    upload(english, table.text(ROWS))
    job = ImportJob.objects.get()
    start(english, job, "run", skip_bad_rows="on")
    JobRun.objects.all().delete()
    ImportJob.objects.filter(pk=job.pk).update(next_row=2, total_rows=3, state="failed", error="Lost its way")

    shown = page(english, job)
    start(english, job, "run")
    work()

    job.refresh_from_db()
    assert ("Lost its way" in shown, "It stopped half-way" in shown) == (True, True)
    assert (job.state, job.error) == ("done", "")


def test_who_may_only_look_can_neither_upload_nor_start(english: Client) -> None:
    upload(english, table.text(ROWS))
    job = ImportJob.objects.get()
    looker = User.objects.create_user("looker", is_staff=True)
    looker.user_permissions.set(Permission.objects.filter(codename="view_importjob"))
    client = Client()
    client.force_login(looker)

    seen = client.get(reverse("admin:loyalty_importjob_change", args=[job.pk]))

    assert (seen.status_code, b'name="deed"' in seen.content) == (200, False)
    assert [upload(client, b"x").status_code, start(client, job, "run").status_code] == [403, 403]
    assert ImportRow.objects.count() == 0


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize(("language", "done"), [("zh-CN", "导入结果"), ("en-US", "What became of it")])
def test_the_pages_of_an_import_read_well_and_follow_the_work(
    browse: Opener, tmp_path: Path, language: str, done: str, dark: bool
) -> None:
    till.open_till()
    path = tmp_path / "orders.csv"
    path.write_bytes(table.text(ROWS))
    with browse(language=language, width=1280, dark=dark) as desk:
        sign_in(desk)
        desk.goto("/admin/loyalty/importjob/add/")
        found = accessibility_faults(desk)
        desk.select_option("select[name=partner]", label="Till")
        desk.set_input_files("input[type=file]", path)
        desk.click(".eg-button-primary")
        desk.wait_for_selector(".eg-import-sample")
        for name, column in CHOSEN.items():
            desk.select_option(f"select[name={name}]", column)
        desk.check("input[name=skip_bad_rows]")
        found += accessibility_faults(desk)
        desk.click("button[value=run]")
        desk.wait_for_selector("[data-progress]")
        found += accessibility_faults(desk)

        work()
        desk.wait_for_selector(".eg-import-figures")

        assert desk.inner_text("#figures") == done
        assert (found + accessibility_faults(desk), overflows(desk)) == ([], False)
