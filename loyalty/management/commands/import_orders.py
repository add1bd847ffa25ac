"""Imports a file of orders here and now, or goes on with an import that was cut short."""

import time
from argparse import RawDescriptionHelpFormatter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.translation import gettext as _

from loyalty import clock
from loyalty import programme as programmes
from loyalty.errors import LoyaltyError
from loyalty.imports import columns, documents, files, running, wording
from loyalty.imports.columns import Plan
from loyalty.imports.wording import Note
from loyalty.models import ImportJob, ImportRow, Partner

SHOWN = 20
FIELDS = ", ".join(field.code for field in columns.FIELDS)


class Command(BaseCommand):
    help = (
        "Import orders from a CSV or XLSX file, gzipped or not. Without --map the columns are guessed from\n"
        f"their names. Fields: {FIELDS}.\n\n"
        "  manage.py import_orders orders.csv.gz --partner shop --map order_id=InvoiceNo --map amount=Total"
    )

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> CommandParser:
        return super().create_parser(prog_name, subcommand, formatter_class=RawDescriptionHelpFormatter, **kwargs)

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", nargs="?", type=Path, help="CSV or XLSX, perhaps gzipped; not with --resume")
        parser.add_argument("--partner", help="code of the partner whose orders these are")
        parser.add_argument("--map", action="append", nargs="+", default=[], metavar="FIELD=COLUMN")
        parser.add_argument("--currency", help="where no column says it (default: the programme's)")
        parser.add_argument("--zone", help="of times without an offset (default: the programme's)")
        parser.add_argument("--cancel-prefix", default="", help="how ids of cancellations begin")
        parser.add_argument("--date-order", default="", choices=["dmy", "mdy"], help="how to read 02/03/2026")
        parser.add_argument("--skip-bad-rows", action="store_true", help="leave out rows that can't be read")
        parser.add_argument("--dry-run", action="store_true", help="tell what would happen; nothing is written")
        parser.add_argument("--force", action="store_true", help="even if the same file came before")
        parser.add_argument("--resume", type=int, metavar="N", help="go on with import N")

    def handle(self, *_args: Any, **options: Any) -> None:
        try:
            if options["resume"] is not None:
                self._go_on(options["resume"])
            elif options["dry_run"]:
                self._rehearse(options)
            else:
                self._import(options)
        except LoyaltyError as refusal:
            raise CommandError(refusal.message) from None

    def _import(self, options: Mapping[str, Any]) -> None:
        partner, data = self._input(options)
        job = running.create(
            partner=partner,
            file_name=options["file"].name,
            data=data,
            plan=self._plan(options, data),
            now=clock.now(),
            force=options["force"],
        )
        self.stdout.write(_("Import #%(number)s of %(file)s") % {"number": job.pk, "file": job.file_name})
        self._run(job)

    def _go_on(self, number: int) -> None:
        job = ImportJob.objects.filter(pk=number).first()
        if job is None:
            raise CommandError(_("There is no import #%(number)s.") % {"number": number})
        self._run(job)

    def _run(self, job: ImportJob) -> None:
        began, first = time.monotonic(), job.next_row
        job = running.proceed(job_id=job.pk, now=clock.now(), told=self._progress)
        rows = ImportRow.objects.filter(job=job).order_by("number")
        self._report(job.counts, [(r.number, r.outcome, r.param, r.message) for r in rows[:SHOWN]], rows.count())
        if job.state == ImportJob.State.FAILED:
            raise CommandError(job.error)
        if job.state != ImportJob.State.DONE:
            raise CommandError(_("Somebody else is running import #%(number)s.") % {"number": job.pk})
        self._rate(job.total_rows - first, began)

    def _rehearse(self, options: Mapping[str, Any]) -> None:
        partner, data = self._input(options)
        plan, began = self._plan(options, data), time.monotonic()
        reading = documents.read(files.open_table(data), plan)

        def told(rows: int) -> None:
            self.stdout.write(f"{rows:>9,} / {reading.total_rows:,}")

        done = running.rehearse(reading=reading, partner=partner, now=clock.now(), told=told)
        self._report(done.counts, [_row(note) for note in done.notes[:SHOWN]], len(done.notes))
        self._rate(reading.total_rows, began)
        self.stdout.write(_("A dry run: nothing was written."))
        if reading.bad and not plan.skip_bad_rows:
            raise CommandError(_("Rows that cannot be read: %(count)s.") % {"count": len(reading.bad)})

    def _input(self, options: Mapping[str, Any]) -> tuple[Partner, bytes]:
        if options["file"] is None or not options["partner"]:
            raise CommandError(_("Name a file and a --partner, or an import to --resume."))
        partner = Partner.objects.filter(code=options["partner"]).first()
        if partner is None:
            raise CommandError(_("There is no partner “%(code)s”.") % {"code": options["partner"]})
        try:
            with options["file"].open("rb") as stream:
                return partner, files.take(stream)
        except OSError as error:
            raise CommandError(str(error)) from None

    def _plan(self, options: Mapping[str, Any], data: bytes) -> Plan:
        programme = programmes.current()
        pairs = [pair.partition("=") for group in options["map"] for pair in group]
        named = {field.strip(): column.strip() for field, _equals, column in pairs}
        plan = Plan(
            columns=named or columns.suggest(files.open_table(data).header),
            currency=options["currency"] or programme.currency,
            zone=options["zone"] or programme.timezone,
            cancel_prefix=options["cancel_prefix"],
            date_order=options["date_order"],
            skip_bad_rows=options["skip_bad_rows"],
        )
        columns.check(plan, files.open_table(data).header)
        if not named:
            self.stdout.write(" ".join(f"{field}={column}" for field, column in plan.columns.items()))
        return plan

    def _progress(self, job: ImportJob) -> None:
        self.stdout.write(f"{job.next_row:>9,} / {job.total_rows:,}")

    def _report(self, counts: Mapping[str, int], rows: list[tuple[int, str, str, str]], noted: int) -> None:
        for label, figure in wording.figures(counts):
            self.stdout.write(f"{figure:>16}  {label}")
        for number, outcome, param, message in rows:
            self.stdout.write(f"  {number:>8}  {wording.outcome(outcome)}  {param}  {message}")
        if noted > len(rows):
            self.stdout.write(_("… and %(count)s more.") % {"count": noted - len(rows)})

    def _rate(self, rows: int, began: float) -> None:
        seconds = max(time.monotonic() - began, 0.001)
        said = {"rows": f"{rows:,}", "seconds": f"{seconds:.1f}", "rate": f"{rows / seconds:,.0f}"}
        self.stdout.write(_("%(rows)s rows in %(seconds)s s: %(rate)s rows a second") % said)


def _row(note: Note) -> tuple[int, str, str, str]:
    return note.row, note.outcome, note.param, note.message
