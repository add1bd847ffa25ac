"""What members may ask of their data: a copy, and to be forgotten."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class Erasure(models.Model):
    """A wish to be forgotten: carried out on ``due_on`` unless it is taken back before.

    It names the account alone, so it outlives the person it was about, and is applied again after a backup
    was put back.
    """

    class State(models.TextChoices):
        WAITING = "waiting", _("waiting")
        TAKEN_BACK = "taken_back", _("taken back")
        DONE = "done", _("done")

    account = models.ForeignKey("loyalty.Account", models.PROTECT, related_name="erasures", verbose_name=_("account"))
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.WAITING)
    reason = models.CharField(_("reason"), max_length=200, blank=True)
    asked_at = models.DateTimeField(_("asked"))
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+", verbose_name=_("asked by")
    )
    due_on = models.DateField(_("carried out on"))
    ended_at = models.DateTimeField(_("ended"), null=True)
    record = models.JSONField(_("what was removed"), default=dict)

    class Meta:
        verbose_name = _("erasure")
        verbose_name_plural = _("erasures")
        constraints = [
            models.UniqueConstraint(fields=["account"], name="one_erasure_at_a_time", condition=Q(state="waiting")),
        ]
        indexes = [models.Index(fields=["due_on"], name="erasure_due", condition=Q(state="waiting"))]

    def __str__(self) -> str:
        return f"{self.account_id}"


class StaffNote(models.Model):
    """What a colleague should know of a member. Members see it in their copy of their data."""

    member = models.ForeignKey("members.Member", models.CASCADE, related_name="staff_notes", verbose_name=_("member"))
    text = models.TextField(_("note"), max_length=1000)
    written_at = models.DateTimeField(_("written"))
    written_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+", verbose_name=_("written by")
    )

    class Meta:
        verbose_name = _("staff note")
        verbose_name_plural = _("staff notes")
        ordering = ["-written_at"]

    def __str__(self) -> str:
        return self.text[:40]
