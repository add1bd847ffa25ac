"""Does due work here and now, without a worker: after a stop, in a container's own schedule, or to look."""

from datetime import datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.timezone import is_naive, make_aware
from django.utils.translation import gettext as _

from loyalty import clock, jobs
from loyalty.models import JobRun
from loyalty.registry import Job, registry


class Command(BaseCommand):
    help = "Run every job that is due, each period once, one after the other."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--as-of", type=datetime.fromisoformat, help="an ISO instant; default: now")
        parser.add_argument("--job", action="append", help="only this job; may be given several times")

    def handle(self, *_args: Any, **options: Any) -> None:
        as_of: datetime | None = options["as_of"]
        if as_of is not None and is_naive(as_of):
            as_of = make_aware(as_of)
        known = {job.code for job in registry.all(Job)}
        if unknown := set(options["job"] or ()) - known:
            raise CommandError(
                _("There is no job named %(unknown)s. Known: %(known)s")
                % {"unknown": ", ".join(sorted(unknown)), "known": ", ".join(sorted(known))}
            )
        runs = jobs.run_due(now=clock.now(), as_of=as_of, codes=options["job"])
        for run in runs:
            counts = " ".join(f"{name}={count}" for name, count in run.counts.items())
            self.stdout.write(f"{run.job:<24} {run.period:<20} {run.state:<8} {counts}".rstrip())
        if failed := [run for run in runs if run.state == JobRun.State.FAILED]:
            raise CommandError(_("%(count)s of them failed; the job runs say why.") % {"count": len(failed)})
