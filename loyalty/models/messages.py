"""What members are told: templates by language and channel, each message, choices by channel, codes.

A message is queued with the deed it tells of and judged again when it is delivered
(``loyalty.messaging``). No row holds an address: the person is asked for at delivery, and ``sent_to``
keeps it masked. Codes are the exception while they live; they are swept away after a day.
"""

import uuid

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from simple_history.models import HistoricalRecords

from loyalty import ids
from loyalty.texts import Bilingual


class Purpose(models.TextChoices):
    """Why a message is sent; what is no service goes only to who agreed."""

    SERVICE = "service", pgettext_lazy("message", "service")
    MARKETING = "marketing", _("offers and news")


class Channel(models.TextChoices):
    IN_APP = "in_app", _("inbox")
    EMAIL = "email", _("e-mail")
    SMS = "sms", _("text message")


class Language(models.TextChoices):
    CHINESE = "zh-hans", _("Chinese")
    ENGLISH = "en", _("English")


class MessageTemplate(models.Model):
    """A message as operators write it. ``kind`` fixes which variables its texts may name."""

    code = models.SlugField(_("code"), max_length=60, unique=True)
    kind = models.CharField(_("tells of"), max_length=40)
    name_zh = models.CharField(_("name (Chinese)"), max_length=60)
    name_en = models.CharField(_("name (English)"), max_length=60, blank=True)
    purpose = models.CharField(_("purpose"), max_length=12, choices=Purpose, default=Purpose.SERVICE)
    link = models.CharField(
        _("leads to"), max_length=200, blank=True, help_text=_("A page of the portal, such as /points/.")
    )
    reminder_days = models.JSONField(
        _("days ahead"), default=list, blank=True, help_text=_("For reminders: how long before, such as [30, 7].")
    )
    is_active = models.BooleanField(_("in use"), default=True)
    history = HistoricalRecords()

    name = Bilingual("name")

    class Meta:
        verbose_name = _("message template")
        verbose_name_plural = _("message templates")
        ordering = ["code"]

    def __str__(self) -> str:
        return self.name


class MessageText(models.Model):
    """What a template says in one channel and language. A channel without any text is not used."""

    template = models.ForeignKey(MessageTemplate, models.CASCADE, related_name="texts", verbose_name=_("template"))
    channel = models.CharField(_("channel"), max_length=12, choices=Channel)
    language = models.CharField(_("language"), max_length=12, choices=Language)
    subject = models.CharField(pgettext_lazy("message", "subject"), max_length=120, blank=True)
    body = models.TextField(_("text"), max_length=4000)
    vendor_code = models.CharField(
        _("provider's template"),
        max_length=60,
        blank=True,
        help_text=_("Where a provider wants its texts registered first."),
    )
    history = HistoricalRecords()

    class Meta:
        verbose_name = _("text of a template")
        verbose_name_plural = _("texts of templates")
        ordering = ["channel", "-language"]
        constraints = [
            models.UniqueConstraint(fields=["template", "channel", "language"], name="one_text_a_channel_and_language")
        ]

    def __str__(self) -> str:
        return f"{self.get_channel_display()} · {self.get_language_display()}"


class MessageQuerySet(models.QuerySet["Message"]):
    def inbox(self, account_id: int) -> "MessageQuerySet":
        """What the member finds in the inbox, newest first."""
        arrived = self.filter(account_id=account_id, channel=Channel.IN_APP, state=Message.State.SENT)
        return arrived.order_by("-sent_at", "-pk")


class Message(models.Model):
    """One message to one account in one channel; ``key`` is unique, so nothing is sent twice.

    ``params`` is what was known when it was queued; ``subject`` and ``body`` are what was delivered,
    in ``language``. Without a template, ``params`` holds the words themselves.
    """

    class State(models.TextChoices):
        QUEUED = "queued", _("queued")
        SENT = "sent", _("sent")
        SUPPRESSED = "suppressed", _("not sent")
        FAILED = "failed", _("failed")

    class Reason(models.TextChoices):
        NO_CONSENT = "no_consent", _("has not agreed to offers and news")
        SWITCHED_OFF = "switched_off", _("does not want this channel")
        NO_ADDRESS = "no_address", _("no address")
        LEFT = "left", _("has left")
        MOOT = "moot", _("no longer true")
        TEMPLATE_OFF = "template_off", _("template not in use")
        NO_CHANNEL = "no_channel", _("channel not set up")
        NUMBER_CAP = "number_cap", _("daily limit of the number")
        BUDGET = "budget", _("daily budget used up")
        REFUSED = "refused", _("refused by the provider")

    id = models.UUIDField(primary_key=True, default=ids.uuid7, editable=False)
    key = models.CharField(_("key"), max_length=180, unique=True)
    account = models.ForeignKey(
        "loyalty.Account", models.CASCADE, related_name="messages", db_index=False, verbose_name=_("account")
    )
    template = models.ForeignKey(
        MessageTemplate, models.PROTECT, null=True, related_name="messages", verbose_name=_("template")
    )
    purpose = models.CharField(_("purpose"), max_length=12, choices=Purpose)
    channel = models.CharField(_("channel"), max_length=12, choices=Channel)
    language = models.CharField(_("language"), max_length=12, blank=True)
    params = models.JSONField(_("known when queued"), default=dict)
    subject = models.CharField(pgettext_lazy("message", "subject"), max_length=200, blank=True)
    body = models.TextField(_("text"), blank=True)
    link = models.CharField(_("leads to"), max_length=200, blank=True)
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.QUEUED)
    reason = models.CharField(_("why not"), max_length=14, choices=Reason, blank=True)
    error = models.CharField(_("error"), max_length=300, blank=True)
    sent_to = models.CharField(_("sent to"), max_length=80, blank=True)
    provider_ref = models.CharField(_("provider's number"), max_length=100, blank=True)
    created_at = models.DateTimeField(_("queued at"), db_index=True)
    sent_at = models.DateTimeField(_("sent at"), null=True)
    read_at = models.DateTimeField(_("read at"), null=True)

    objects = MessageQuerySet.as_manager()

    class Meta:
        verbose_name = pgettext_lazy("to a member", "message")
        verbose_name_plural = pgettext_lazy("to a member", "messages")
        indexes = [
            models.Index(fields=["account", "-sent_at"], name="message_inbox"),
            models.Index(
                fields=["account"], name="message_unread", condition=Q(channel="in_app", state="sent", read_at=None)
            ),
        ]

    def __str__(self) -> str:
        return self.subject or self.key


class ChannelPreference(models.Model):
    """A member's choice for one purpose in one channel; without a row it is on."""

    account = models.ForeignKey(
        "loyalty.Account", models.CASCADE, related_name="channel_preferences", verbose_name=_("account")
    )
    purpose = models.CharField(_("purpose"), max_length=12, choices=Purpose)
    channel = models.CharField(_("channel"), max_length=12, choices=Channel)
    is_on = models.BooleanField(_("on"))
    changed_at = models.DateTimeField(_("changed"))

    class Meta:
        verbose_name = _("choice of channel")
        verbose_name_plural = _("choices of channels")
        constraints = [
            models.UniqueConstraint(fields=["account", "purpose", "channel"], name="one_choice_a_purpose_and_channel")
        ]

    def __str__(self) -> str:
        return f"{self.purpose} {self.channel}: {self.is_on}"


class OneTimeCode(models.Model):
    """A challenge: who can read what is sent to ``address`` holds it. Used once, for one purpose.

    The code itself is in no table: it follows from the id and the secret key (``messaging.codes``).
    Without a ``kind`` nothing is sent, and nobody but the sender knows.
    """

    class Purpose(models.TextChoices):
        JOIN = "join", _("joining")
        RESET = "reset", _("new password")
        CONTACT = "contact", _("new phone or e-mail address")
        GUARDIAN = "guardian", _("agreement of a guardian")
        NOTICE = "notice", _("notice, no code")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    purpose = models.CharField(_("purpose"), max_length=12, choices=Purpose)
    channel = models.CharField(_("channel"), max_length=12, choices=Channel)
    address = models.CharField(_("sent to"), max_length=254)
    language = models.CharField(_("language"), max_length=12)
    kind = models.CharField(_("tells of"), max_length=40, blank=True)
    tries = models.PositiveSmallIntegerField(_("tries"), default=0)
    created_at = models.DateTimeField(_("created"), db_index=True)
    expires_at = models.DateTimeField(_("valid until"))
    used_at = models.DateTimeField(_("used"), null=True)
    sent_at = models.DateTimeField(_("sent at"), null=True)

    class Meta:
        verbose_name = _("one-time code")
        verbose_name_plural = _("one-time codes")

    def __str__(self) -> str:
        return f"{self.purpose} {self.created_at:%H:%M}"
