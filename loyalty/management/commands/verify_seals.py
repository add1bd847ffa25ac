"""``manage.py verify_seals``: does every seal still hold? Exit code 1 and what is wrong when one does not."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.translation import gettext as _

from loyalty import sealing


class Command(BaseCommand):
    help = "Check every seal over the books and the audit trail, and print the heads to keep elsewhere."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--head",
            action="append",
            default=[],
            metavar="DIGEST",
            help="a head kept elsewhere, as printed here (ledger:12:9f86…) or its digest alone; may be repeated",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        found = list(sealing.faults(known=tuple(options["head"])))
        for fault in found:
            self.stdout.write(str(fault))
        if found:
            raise CommandError(_("%(count)s things are wrong with the seals.") % {"count": len(found)})
        self.stdout.write(_("All seals hold. Keep these heads in another place:"))
        for head in sealing.heads():
            self.stdout.write(head)
