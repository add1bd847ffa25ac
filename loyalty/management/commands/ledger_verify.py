"""``manage.py ledger_verify``: looks for anything wrong in the books. Exit code 1 when there is."""

import time
from argparse import ArgumentParser
from itertools import islice
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from loyalty import clock, findings
from loyalty.bookkeeping import Breach
from loyalty.ledger import verify
from loyalty.models import Account, Entry

WIDE = 36


class Command(BaseCommand):
    help = "Check every invariant of the ledger: a line for each, what is wrong, and how fast it went."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--record",
            action="store_true",
            help="keep what is found as findings, and stop spending of the accounts concerned, as the nightly job does",
        )

    def handle(self, *args: Any, record: bool = False, **options: Any) -> None:
        now, began = clock.now(), time.monotonic()
        breaches = [breach for check in verify.checks() for breach in self._ask(check, now, record)]
        self._rate(time.monotonic() - began)
        if not breaches:
            self.stdout.write(_("The books are right: %(count)s laws checked.") % {"count": len(verify.checks())})
            return
        raise CommandError(_("%(count)s things are wrong in the books.") % {"count": len(breaches)})

    def _ask(self, check: verify.Check, now: Any, record: bool) -> list[Breach]:
        """One law: its line, and the first of what breaks it."""
        began = time.monotonic()
        found = findings.record(check, now=now) if record else list(verify.look(check, now=now))
        seconds = time.monotonic() - began
        self.stdout.write(f"{check.code:<4} {len(found):>6}  {seconds:>8.2f} s  {check.law}")
        for breach in islice(found, verify.SHOWN):
            self.stdout.write(f"{'':<4} {breach.row:<{WIDE}}  {breach.found}")
        return found

    def _rate(self, seconds: float) -> None:
        entries, accounts = Entry.objects.count(), Account.objects.count()
        words = {"entries": f"{entries:,}", "accounts": f"{accounts:,}", "seconds": f"{seconds:,.1f}"}
        words["rate"] = f"{entries / max(seconds, 0.001):,.0f}"
        self.stdout.write(
            _("%(entries)s entries of %(accounts)s accounts in %(seconds)s s: %(rate)s entries a second.") % words
        )
