"""Tells what to sign in to the demo with: operator, members and the till's key."""

import json
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from loyalty.demo import planting


class Command(BaseCommand):
    help = "Prints the demo's logins, one a line, or as JSON."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="One JSON list of objects.")

    def handle(self, *_args: Any, **options: Any) -> None:
        if not (settings.DEMO or settings.DEBUG):
            raise CommandError("There is no demo here. Set EVERGREEN_DEMO=1 or DEBUG=1.")
        logins = planting.logins()
        if options["json"]:
            self.stdout.write(json.dumps([login._asdict() for login in logins], ensure_ascii=False))
            return
        for login in logins:
            self.stdout.write(f"{login.role:<11} {login.login:<12} {login.secret:<42} {login.name}")
