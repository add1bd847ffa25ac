"""Late events that change what later ones were worth: the difference, and what became of it."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from loyalty import ids


class Replay(models.Model):
    """An account's events judged again from ``since`` on. Nothing moves until somebody applies it.

    ``diff`` lists ``{"event", "rule", "version", "effect", "currency", "before", "after"}`` and what
    explains it, only where both differ; see ``events.replaying``.
    """

    class State(models.TextChoices):
        PROPOSED = "proposed", _("proposed")
        APPLIED = "applied", _("applied")
        DISCARDED = "discarded", _("discarded")

    id = models.UUIDField(primary_key=True, default=ids.uuid7, editable=False)
    account = models.ForeignKey("loyalty.Account", models.PROTECT, related_name="replays", verbose_name=_("account"))
    cause = models.ForeignKey("loyalty.Event", models.PROTECT, related_name="replays", verbose_name=_("late event"))
    since = models.DateTimeField(_("from"))
    diff = models.JSONField(_("difference"), default=list)
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.PROPOSED)
    proposed_at = models.DateTimeField(_("proposed"))
    decided_at = models.DateTimeField(_("decided"), null=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name=_("decided by")
    )

    class Meta:
        verbose_name = _("replay")
        verbose_name_plural = _("replays")
        constraints = [models.UniqueConstraint(fields=["cause"], name="one_replay_of_a_late_event")]

    def __str__(self) -> str:
        return f"{self.account} · {self.since:%Y-%m-%d}"
