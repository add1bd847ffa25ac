"""What the person hears by e-mail whenever something happens to their second factor.

Left in the outbox in the transaction of the deed. Logins without an address hear nothing.
"""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any

from django.conf import settings
from django.utils import translation
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext_lazy as _

from loyalty import ids, outbox
from loyalty.messaging import channels
from loyalty.messaging.rendering import Rendered
from loyalty.models import User

TOPIC = "second_factor.told"


class Notice(StrEnum):
    """What happened."""

    ON = "on"
    OFF = "off"
    CODES = "codes"
    RECOVERED = "recovered"
    RESET = "reset"
    STOPPED = "stopped"


SUBJECTS = {
    Notice.ON: _("Your second factor is on"),
    Notice.OFF: _("Your second factor is off"),
    Notice.CODES: _("You have new recovery codes"),
    Notice.RECOVERED: _("One of your recovery codes was used"),
    Notice.RESET: _("Your second factor was reset"),
    Notice.STOPPED: _("Somebody tried wrong codes on your login"),
}
BODIES = {
    Notice.ON: _("The back office asks the login “%(login)s” for a code of your app from now on (set up at %(at)s)."),
    Notice.OFF: _("The login “%(login)s” has no second factor any more (switched off at %(at)s)."),
    Notice.CODES: _("New recovery codes were made for the login “%(login)s” at %(at)s. The old ones no longer work."),
    Notice.RECOVERED: _(
        "A recovery code opened the back office for the login “%(login)s” at %(at)s. It is used up now."
    ),
    Notice.RESET: _(
        "A superuser took the second factor off the login “%(login)s” at %(at)s. You can set up a new one when you "
        "sign in next."
    ),
    Notice.STOPPED: _(
        "Somebody who knows the password of the login “%(login)s” typed too many wrong codes (the last at %(at)s). "
        "Nobody got in."
    ),
}
WAS_IT_YOU = _("If this was not you, change your password at once and tell whoever looks after your back office.")


def tell(user: User, notice: Notice, *, now: datetime) -> None:
    """Leaves one notice in the caller's transaction."""
    key = ids.uuid7().hex
    payload = {"user": user.pk, "notice": notice, "at": now.isoformat(), "key": key}
    outbox.enqueue(topic=TOPIC, key=key, payload=payload, now=now)


def deliver(payload: Mapping[str, Any]) -> None:
    """The topic's delivery. Who is gone or disabled meanwhile is told nothing."""
    user = User.objects.filter(pk=payload["user"], is_active=True).exclude(email="").first()
    channel = channels.of("email")
    if user is None or channel is None:
        return
    language = user.language or settings.LANGUAGE_CODE
    with translation.override(language):
        notice = Notice(payload["notice"])
        at = localtime(datetime.fromisoformat(payload["at"]))
        words = {"login": user.username, "at": date_format(at, "SHORT_DATETIME_FORMAT")}
        rendered = Rendered(
            key=f"{TOPIC}:{payload['key']}",
            subject=str(SUBJECTS[notice]),
            body=f"{BODIES[notice] % words}\n\n{WAS_IT_YOU}",
            language=language,
            purpose="",
        )
        channel.deliver(user.email, rendered)
