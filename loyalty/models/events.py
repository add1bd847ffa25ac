"""Facts that happened, what was decided on each, and what was given besides points."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from loyalty import ids


class Event(models.Model):
    """Something that happened. ``key`` is the business key: unique for ever, never reused.

    Recorded once; afterwards only its state moves (parked → decided, guest → decided, review →
    decided or refused), always by a guarded update.
    """

    class State(models.TextChoices):
        DECIDED = "decided", _("decided")
        GUEST = "guest", _("guest order")
        PARKED = "parked", _("waiting")
        REVIEW = "review", _("to be reviewed")
        REFUSED = "refused", _("refused")

    id = models.UUIDField(primary_key=True, default=ids.uuid7, editable=False)
    kind = models.CharField(_("kind"), max_length=40)
    key = models.CharField(_("business key"), max_length=200, unique=True)
    partner = models.ForeignKey(
        "loyalty.Partner", models.PROTECT, null=True, blank=True, related_name="events", verbose_name=_("partner")
    )
    account = models.ForeignKey(
        "loyalty.Account", models.PROTECT, null=True, blank=True, related_name="events", verbose_name=_("account")
    )
    cause = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="consequences", verbose_name=_("cause")
    )
    state = models.CharField(_("state"), max_length=8, choices=State)
    occurred_at = models.DateTimeField(_("happened"))
    occurred_on = models.DateField(_("business day"))
    recorded_at = models.DateTimeField(_("recorded"))
    payload = models.JSONField(_("payload"))
    fingerprint = models.CharField(_("fingerprint"), max_length=64)

    class Meta:
        verbose_name = _("event")
        verbose_name_plural = _("events")
        indexes = [
            models.Index(fields=["account", "occurred_at"], name="event_by_account"),
            models.Index(fields=["kind", "occurred_at"], name="event_by_kind"),
            models.Index(
                fields=["state", "recorded_at"],
                name="event_waiting",
                condition=models.Q(state__in=["parked", "review"]),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.key}"


class Decision(models.Model):
    """What the rules made of an event, with the receipt that explains and can be judged again.

    ``receipt``: ``{"facts": {...}, "steps": [...], "considered": [rule version ids]}``; see
    ``loyalty.deciding``. Never changed: judging again writes the next ``number``.
    """

    id = models.UUIDField(primary_key=True, default=ids.uuid7, editable=False)
    event = models.ForeignKey(Event, models.PROTECT, related_name="decisions", verbose_name=_("event"))
    number = models.PositiveSmallIntegerField(_("number"), default=1)
    receipt = models.JSONField(_("receipt"))
    decided_at = models.DateTimeField(_("decided"))

    class Meta:
        verbose_name = _("decision")
        verbose_name_plural = _("decisions")
        constraints = [models.UniqueConstraint(fields=["event", "number"], name="decision_number_is_unique")]

    def __str__(self) -> str:
        return f"{self.event_id} #{self.number}"


class GrantRecord(models.Model):
    """An effect besides points that was carried out, once for its key."""

    key = models.CharField(_("key"), max_length=120, unique=True)
    effect = models.CharField(_("effect"), max_length=40)
    account = models.ForeignKey("loyalty.Account", models.PROTECT, related_name="grants", verbose_name=_("account"))
    event = models.ForeignKey(Event, models.PROTECT, related_name="grants", verbose_name=_("event"))
    rule_version = models.ForeignKey(
        "loyalty.RuleVersion", models.PROTECT, related_name="+", verbose_name=_("rule version")
    )
    params = models.JSONField(_("settings"))
    granted_at = models.DateTimeField(_("granted"))

    class Meta:
        verbose_name = _("grant")
        verbose_name_plural = _("grants")

    def __str__(self) -> str:
        return f"{self.effect} {self.key}"
