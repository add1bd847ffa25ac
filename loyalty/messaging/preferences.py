"""What a member wants to hear of, and where: one choice for each purpose and channel, on unless said.

Service messages always reach the inbox. Offers and news need consent besides (``delivering``); a choice
made here is about the channel alone. Ending such mail takes one request with a signed token.
"""

from collections.abc import Mapping
from datetime import datetime

from django.conf import settings
from django.core import signing
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from loyalty.errors import LoyaltyError, NotFound
from loyalty.models import Account, ChannelPreference
from loyalty.models.messages import Channel, Purpose

SALT = "loyalty.unsubscribe"
Choice = tuple[str, str]
ALWAYS: frozenset[Choice] = frozenset({(Purpose.SERVICE, Channel.IN_APP)})
CHOICES: tuple[Choice, ...] = tuple((str(purpose), str(channel)) for purpose in Purpose for channel in Channel)


class AlwaysOn(LoyaltyError):
    """What has happened to one's points is always told in the inbox."""

    code = "always_on"
    sentence = _("Messages about your membership always reach the inbox, so that nothing gets lost.")


class BadToken(NotFound):
    """A link that is not ours or was cut short."""

    code = "link_invalid"
    sentence = _("This link is not complete. Please use the one in the message, or sign in and open Me → Messages.")


def of(account_id: int) -> dict[Choice, bool]:
    """(purpose, channel) → on, for every choice there is. One query."""
    rows = ChannelPreference.objects.filter(account_id=account_id).values_list("purpose", "channel", "is_on")
    chosen = {(purpose, channel): is_on for purpose, channel, is_on in rows}
    return {choice: choice in ALWAYS or chosen.get(choice, True) for choice in CHOICES}


def is_on(account_id: int, purpose: str, channel: str) -> bool:
    """Whether that choice is on."""
    return of(account_id)[purpose, channel]


def choose(account_id: int, choices: Mapping[Choice, bool], *, now: datetime) -> None:
    """Keeps the choices named; what does not change writes nothing. Raises ``AlwaysOn``."""
    standing = of(account_id)
    changed = {choice: on for choice, on in choices.items() if standing[choice] is not on}
    if changed.keys() & ALWAYS:
        raise AlwaysOn
    rows = [
        ChannelPreference(account_id=account_id, purpose=purpose, channel=channel, is_on=on, changed_at=now)
        for (purpose, channel), on in changed.items()
    ]
    ChannelPreference.objects.bulk_create(
        rows,
        update_conflicts=True,
        unique_fields=["account", "purpose", "channel"],
        update_fields=["is_on", "changed_at"],
    )


def token(account_id: int, purpose: str, channel: str) -> str:
    """What ends that purpose in that channel without signing in."""
    made: str = signing.dumps([account_id, str(purpose), str(channel)], salt=SALT)
    return made


def read(text: str) -> tuple[int, str, str]:
    """Account, purpose and channel of a token; raises ``BadToken``. It never grows old."""
    try:
        account_id, purpose, channel = signing.loads(text, salt=SALT)
    except (signing.BadSignature, ValueError):
        raise BadToken from None
    if not Account.objects.filter(pk=account_id).exists():
        raise BadToken
    return account_id, purpose, channel


def unsubscribe(text: str, *, now: datetime) -> None:
    """Switches off what the token names; doing it again changes nothing. Raises ``BadToken``."""
    account_id, purpose, channel = read(text)
    choose(account_id, {(purpose, channel): False}, now=now)


def address(account_id: int, purpose: str, channel: str) -> str:
    """The absolute address that ends it with one request; empty while the site's own is not known."""
    if not settings.SITE_URL:
        return ""
    return f"{settings.SITE_URL}{reverse('unsubscribe', args=[token(account_id, purpose, channel)])}"
