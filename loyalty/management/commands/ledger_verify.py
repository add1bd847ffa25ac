"""``manage.py ledger_verify``: looks for anything wrong in the books. Exit code 1 when there is."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from loyalty import clock
from loyalty.ledger import verify


class Command(BaseCommand):
    help = "Check every invariant of the ledger and print a table of what is wrong."

    def handle(self, *args: Any, **options: Any) -> None:
        breaches = verify.run(now=clock.now())
        if not breaches:
            self.stdout.write(_("The books are right: %(count)s laws checked.") % {"count": len(verify.INVARIANTS)})
            return
        width = max(len(breach.row) for breach in breaches)
        for breach in breaches:
            self.stdout.write(f"{breach.invariant:<4} {breach.row:<{width}}  {breach.found}")
        raise CommandError(_("%(count)s things are wrong in the books.") % {"count": len(breaches)})
