"""Where each member stands on each ladder, and every move."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from members.models.ladders import Ladder, LadderVersion
from members.models.tiers import Tier


class Standing(models.Model):
    """A member's place on a ladder. Written only by ``members.climbing.tiers`` and ``members.climbing.granting``.

    Three sources, each with its last day: what is earned, what staff or a rule granted, what was bought;
    ``effective`` is the highest of them. All ``…_through`` days are business days, the last one included;
    ``None`` is without end. There is no row while nothing but the first tier of the main ladder is held.
    ``version`` holds the terms by which the earned tier is kept until its validity ends.
    """

    member = models.ForeignKey(
        "members.Member", models.CASCADE, related_name="standings", db_index=False, verbose_name=_("member")
    )
    ladder = models.ForeignKey(Ladder, models.PROTECT, related_name="standings", verbose_name=_("ladder"))
    version = models.ForeignKey(
        LadderVersion, models.PROTECT, null=True, related_name="+", db_index=False, verbose_name=_("held by version")
    )
    earned = models.ForeignKey(Tier, models.PROTECT, null=True, related_name="+", verbose_name=_("earned tier"))
    reached_at = models.DateTimeField(_("reached"), null=True)
    reached_on = models.DateField(_("reached on"), null=True)
    term_from = models.DateField(_("term began"), null=True)
    valid_through = models.DateField(_("valid through"), null=True)
    before = models.ForeignKey(
        Tier, models.PROTECT, null=True, related_name="+", db_index=False, verbose_name=_("tier before")
    )
    before_through = models.DateField(_("tier before was valid through"), null=True)
    granted = models.ForeignKey(
        Tier, models.PROTECT, null=True, related_name="+", db_index=False, verbose_name=_("granted tier")
    )
    granted_through = models.DateField(_("granted through"), null=True)
    granted_note = models.CharField(_("why it was granted"), max_length=200, blank=True)
    granted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        related_name="+",
        db_index=False,
        verbose_name=_("granted by"),
    )
    paid = models.ForeignKey(
        Tier, models.PROTECT, null=True, related_name="+", db_index=False, verbose_name=_("bought tier")
    )
    paid_through = models.DateField(_("bought through"), null=True)
    floor = models.ForeignKey(
        Tier, models.PROTECT, null=True, related_name="+", db_index=False, verbose_name=_("locked at")
    )
    locked_through = models.DateField(_("locked through"), null=True)
    locked_note = models.CharField(_("why it was locked"), max_length=200, blank=True)
    effective = models.ForeignKey(
        Tier, models.PROTECT, null=True, related_name="standings", verbose_name=_("effective tier")
    )
    effective_at = models.DateTimeField(_("on this tier since"), null=True)
    next_review_on = models.DateField(_("next review"), null=True)
    celebrated = models.BooleanField(_("last rise was celebrated"), default=True)

    class Meta:
        verbose_name = _("standing")
        verbose_name_plural = _("standings")
        constraints = [models.UniqueConstraint(fields=["member", "ladder"], name="one_standing_a_ladder")]
        indexes = [
            models.Index(
                fields=["next_review_on", "id"], name="standing_due", condition=Q(next_review_on__isnull=False)
            )
        ]

    def __str__(self) -> str:
        return f"{self.member_id}: {self.effective_id}"


class TierChange(models.Model):
    """One move of a member's effective tier, with what caused it and what was seen. Never edited."""

    class Reason(models.TextChoices):
        EARNED = "earned", _("earned")
        REFUND = "refund", _("what earned it was returned")
        REVIEW = "review", _("review")
        GRANTED = "granted", _("granted")
        GRANT_ENDED = "grant_ended", _("a grant ended")
        PAID = "paid", _("bought")
        PAID_ENDED = "paid_ended", _("a purchase ran out")
        MIGRATION = "migration", _("the ladder was changed")

    member = models.ForeignKey("members.Member", models.CASCADE, related_name="tier_changes", verbose_name=_("member"))
    ladder = models.ForeignKey(Ladder, models.PROTECT, null=True, related_name="+", verbose_name=_("ladder"))
    previous = models.ForeignKey(Tier, models.PROTECT, null=True, related_name="+", verbose_name=_("tier before"))
    tier = models.ForeignKey(Tier, models.PROTECT, null=True, related_name="+", verbose_name=_("tier"))
    reason = models.CharField(_("reason"), max_length=12, choices=Reason, default=Reason.EARNED)
    note = models.CharField(_("note"), max_length=200, blank=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+", verbose_name=_("by"))
    cause = models.ForeignKey("loyalty.Event", models.PROTECT, null=True, related_name="+", verbose_name=_("cause"))
    receipt = models.JSONField(_("receipt"), default=dict)
    changed_at = models.DateTimeField(_("changed"))

    class Meta:
        verbose_name = _("tier change")
        verbose_name_plural = _("tier changes")

    def __str__(self) -> str:
        return f"{self.previous} → {self.tier}"
