"""``manage.py import_orders``: what it prints, and when it fails."""

from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.utils import translation

from loyalty.models import ImportJob, Order
from tests.loyalty import till
from tests.loyalty.imports import table

ROWS = [("A-1", "7", "2026-03-01 10:00", "5.00"), ("A-2", "", "2026-03-01 11:00", "8.00")]
MAP = [f"{field}={column}" for field, column in table.COLUMNS.items()]

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _media(tmp_path: Path, settings: Any) -> None:
    settings.MEDIA_ROOT = tmp_path / "media"
    till.open_till()


def told(*words: Any, **options: Any) -> str:
    out = StringIO()
    with translation.override("en"):
        call_command("import_orders", *words, stdout=out, **options)
    return out.getvalue()


def write(folder: Path, rows: table.Rows = ROWS) -> Path:
    path = folder / "orders.csv"
    path.write_bytes(table.text(rows))
    return path


def test_a_file_is_imported_with_its_figures_and_rate(tmp_path: Path) -> None:
    said = told(write(tmp_path), "--partner", "till", "--currency", "GBP", "--map", *MAP)

    assert "        1  orders of members\n" in said
    assert "        1  guest orders\n" in said
    assert "2 / 2" in said
    assert said.splitlines()[-1].startswith("2 rows in ")
    assert table.orders() == [("A-1", 500, 0), ("A-2", 800, 0)]


def test_a_dry_run_writes_nothing(tmp_path: Path) -> None:
    said = told(write(tmp_path), "--partner", "till", "--dry-run", "--map", *MAP)

    assert said.splitlines()[-1] == "A dry run: nothing was written."
    assert (Order.objects.count(), ImportJob.objects.count()) == (0, 0)


def test_an_import_is_gone_on_with_by_its_number(tmp_path: Path) -> None:
    with pytest.raises(CommandError):
        told(write(tmp_path, [*ROWS, ("A-3", "", "never", "1")]), "--partner", "till", "--map", *MAP)
    job = ImportJob.objects.get()
    job.mapping["skip_bad_rows"] = True
    job.save()

    told("--resume", job.pk)

    job.refresh_from_db()
    assert (job.state, job.next_row, Order.objects.count()) == ("done", 3, 2)


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--partner", "till", "--map", "order_id=No"], "The file has no column “No”."),
        (["--partner", "nobody"], "There is no partner “nobody”."),
        ([], "Name a file and a --partner, or an import to --resume."),
    ],
)
def test_what_cannot_work_ends_with_one_sentence(tmp_path: Path, words: list[str], sentence: str) -> None:
    """Bad input 71 at the prompt: a CommandError is exit code 1."""
    with pytest.raises(CommandError) as met:
        told(write(tmp_path), *words)

    assert str(met.value).startswith(sentence)


def test_the_same_file_again_fails_and_names_the_first(tmp_path: Path) -> None:
    """Bad input 80."""
    words = [write(tmp_path), "--partner", "till", "--map", *MAP]
    told(*words)

    with pytest.raises(CommandError) as met:
        told(*words)

    assert str(met.value) == f"This file was already imported as #{ImportJob.objects.get().pk}. Nothing was changed."
