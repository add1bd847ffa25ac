"""``manage.py reset_second_factor <login> --reason "…"``: lets somebody back in who lost app and recovery codes."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.translation import gettext as _

from loyalty import clock
from loyalty.errors import LoyaltyError
from loyalty.models import User
from loyalty.second_factor import keeping


class Command(BaseCommand):
    help = "Take the second factor off a login; it sets up a new one when it signs in next."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("login", help="the login's name")
        parser.add_argument("--reason", required=True, help="kept in the audit trail")

    def handle(self, *_args: Any, **options: Any) -> None:
        user = User.objects.filter(username=options["login"]).first()
        if user is None:
            raise CommandError(_("There is no login “%(login)s”.") % {"login": options["login"]})
        try:
            keeping.reset(user=user, reason=options["reason"], now=clock.now())
        except LoyaltyError as refusal:
            raise CommandError(refusal.message) from None
        self.stdout.write(_("The second factor of “%(login)s” is off.") % {"login": user.username})
