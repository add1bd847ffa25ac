"""What was sent to a member, what they read, and which channels they want, for conditions.

"Opened something in the last 30 days" is "last message read · is within the last 30 days". Contributed in
``contributions``.
"""

from collections.abc import Callable, Sequence

from django.db.models import OuterRef, QuerySet
from django.db.models.expressions import BaseExpression
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from loyalty.conditions import figures
from loyalty.conditions.codes import Codes
from loyalty.models import ChannelPreference, Message, MessageTemplate
from loyalty.models.messages import Channel, Purpose
from loyalty.registry import Text, ValueType

SENT = Message.State.SENT
NUMBER, DATE, BOOLEAN, SET = ValueType.NUMBER, ValueType.DATE, ValueType.BOOLEAN, ValueType.SET


def _sent(**only: object) -> QuerySet[Message]:
    return Message.objects.filter(account=OuterRef("pk"), state=SENT, **only)


def _read() -> QuerySet[Message]:
    return Message.objects.filter(account=OuterRef("pk"), read_at__isnull=False)


def _last(rows: Callable[[], QuerySet[Message]], column: str = "sent_at") -> Callable[[], BaseExpression]:
    return lambda: figures.day(figures.most(rows(), column))


def _templates() -> Sequence[tuple[str, Text]]:
    return [(row.code, row.name) for row in MessageTemplate.objects.order_by("code")]


def _off(purpose: str, channel: str) -> Callable[[], BaseExpression]:
    def expression() -> BaseExpression:
        rows = ChannelPreference.objects.filter(account=OuterRef("pk"), is_on=False)
        return figures.some(rows.filter(purpose=purpose, channel=channel))

    return expression


_fact = figures.Family("message", _("Messages")).fact


_DAYS = (
    _fact("last_sent_on", _("last message sent"), DATE, _last(_sent)),
    _fact("last_read_on", _("last message read"), DATE, _last(_read, "read_at")),
    _fact("first_sent_on", _("first message sent"), DATE, lambda: figures.day(figures.least(_sent(), "sent_at"))),
    _fact(
        "last_offer_on",
        _("last offer sent"),
        DATE,
        _last(lambda: _sent(purpose=Purpose.MARKETING)),
    ),
    _fact("last_email_on", _("last e-mail sent"), DATE, _last(lambda: _sent(channel=Channel.EMAIL))),
    _fact("last_sms_on", _("last text message sent"), DATE, _last(lambda: _sent(channel=Channel.SMS))),
)
_COUNTS = (
    _fact("sent_count", _("messages sent ever"), NUMBER, lambda: figures.count(_sent())),
    _fact("read_count", _("messages read ever"), NUMBER, lambda: figures.count(_read())),
    _fact(
        "unread_count",
        _("unread messages in the inbox"),
        NUMBER,
        lambda: figures.count(_sent(channel=Channel.IN_APP, read_at=None)),
    ),
    _fact("sms_count", _("text messages sent ever"), NUMBER, lambda: figures.count(_sent(channel=Channel.SMS))),
    _fact("email_count", _("e-mails sent ever"), NUMBER, lambda: figures.count(_sent(channel=Channel.EMAIL))),
    _fact(
        "offer_count",
        _("offers sent ever"),
        NUMBER,
        lambda: figures.count(_sent(purpose=Purpose.MARKETING)),
    ),
    _fact(
        "failed_count",
        _("messages that could not be delivered"),
        NUMBER,
        lambda: figures.count(Message.objects.filter(account=OuterRef("pk"), state=Message.State.FAILED)),
    ),
)
_KINDS = (
    _fact("templates", _("messages received"), SET, lambda: Codes(_sent(), "template__code"), _templates),
    _fact(
        "templates_read",
        pgettext_lazy("fact", "messages read"),
        SET,
        lambda: Codes(_read(), "template__code"),
        _templates,
    ),
)
_CHOICES = (
    _fact("no_offers_email", _("wants no offers by e-mail"), BOOLEAN, _off(Purpose.MARKETING, Channel.EMAIL)),
    _fact("no_offers_sms", _("wants no offers by text message"), BOOLEAN, _off(Purpose.MARKETING, Channel.SMS)),
    _fact("no_offers_inbox", _("wants no offers in the inbox"), BOOLEAN, _off(Purpose.MARKETING, Channel.IN_APP)),
    _fact("no_service_email", _("wants no service messages by e-mail"), BOOLEAN, _off(Purpose.SERVICE, Channel.EMAIL)),
    _fact("no_service_sms", _("wants no service messages by text"), BOOLEAN, _off(Purpose.SERVICE, Channel.SMS)),
)
FACTS = (*_DAYS, *_COUNTS, *_KINDS, *_CHOICES)
