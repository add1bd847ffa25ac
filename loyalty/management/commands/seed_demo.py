"""Plants the demo: the programme, its people and two years of history, up to now."""

from datetime import datetime
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from loyalty import clock
from loyalty.demo import planting


class Command(BaseCommand):
    help = "Plants the demo programme and its history; does nothing where accounts exist."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--now", help="The instant the history ends, ISO 8601 with offset (default: now).")

    def handle(self, *_args: Any, **options: Any) -> None:
        if not (settings.DEMO or settings.DEBUG):
            raise CommandError("The demo has known passwords. Set EVERGREEN_DEMO=1 or DEBUG=1 to plant it.")
        now = datetime.fromisoformat(options["now"]) if options["now"] else clock.now()
        if now.tzinfo is None:
            raise CommandError("--now needs an offset, such as 2026-11-22T12:00:00+08:00.")
        planted = planting.plant(now=now)
        if options["verbosity"]:
            self.stdout.write("The demo is planted." if planted else "There are accounts already: nothing planted.")
