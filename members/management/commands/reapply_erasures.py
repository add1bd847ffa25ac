"""``manage.py reapply_erasures``: after a backup was put back, whoever had been erased is erased again."""

import sys
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.utils.translation import gettext as _

from loyalty import clock
from members.models import Erasure
from members.privacy import erasing


class Command(BaseCommand):
    help = "Erase again who was erased before a backup was put back; run it before the portal opens."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--list", action="store_true", help="only print the account numbers of everybody erased, to keep elsewhere"
        )
        parser.add_argument(
            "--numbers", metavar="FILE", help="account numbers kept elsewhere, one a line; - reads standard input"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if options["list"]:
            done = Erasure.objects.filter(state=Erasure.State.DONE).order_by("account__number")
            for number in done.values_list("account__number", flat=True).distinct():
                self.stdout.write(number)
            return
        count = erasing.again(_numbers(options["numbers"]), now=clock.now())
        self.stdout.write(_("Erased again: %(count)s.") % {"count": count})


def _numbers(path: str | None) -> list[str]:
    if path is None:
        return []
    if path == "-":
        return sys.stdin.read().split()
    return Path(path).read_text(encoding="utf-8").split()
