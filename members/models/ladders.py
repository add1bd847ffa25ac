"""Ladders of tiers and what was published of each. The rows are the draft; a version is what is judged by.

Policies are columns, each a question on which programmes differ. How they are read stands in
``members.climbing.spans`` (days) and ``members.climbing.judging`` (moves).
"""

from django.conf import settings
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from loyalty.texts import Bilingual

MAIN = 1


class Ladder(models.Model):
    """A row of tiers that members climb. The main one (key 1) is laid with the tables and always there.

    ``basis`` and ``currency`` say what a tier's threshold counts, ``window`` over which days. A tier
    reached is kept for ``validity`` and then reviewed; an open one is lost as soon as it is no longer earned.
    """

    class Basis(models.TextChoices):
        EARNED = "earned", _("what was earned; spending does not count against it")
        BALANCE = "balance", _("what is held now")

    class Window(models.TextChoices):
        EVER = "ever", _("ever")
        CALENDAR_YEAR = "calendar_year", _("in the calendar year")
        ROLLING = "rolling", _("in the last days, months or years")
        ANNIVERSARY = "anniversary", _("since the joining anniversary")
        SINCE_REACHED = "since_reached", _("since the tier was reached")

    class Validity(models.TextChoices):
        OPEN = "open", _("as long as it is earned")
        CALENDAR_YEAR = "calendar_year", _("to the end of the calendar year")
        ANNIVERSARY = "anniversary", _("to the joining anniversary")
        SINCE_REACHED = "since_reached", _("so long from the day it was reached")

    class Unit(models.TextChoices):
        DAYS = "days", _("days")
        MONTHS = "months", _("months")
        YEARS = "years", _("years")

    class Rounding(models.TextChoices):
        NONE = "none", pgettext_lazy("rounding", "not at all")
        MONTH = "month", _("to the end of the month")
        QUARTER = "quarter", _("to the end of the quarter")
        YEAR = "year", _("to the end of the year")

    class Downgrade(models.TextChoices):
        NEVER = "never", _("never")
        ONE_STEP = "one_step", _("one tier at a time")
        TO_EARNED = "to_earned", _("to the tier that is earned")

    class RefundsUndo(models.TextChoices):
        AT_ONCE = "at_once", _("at once")
        AT_REVIEW = "at_review", _("at the next review")
        NEVER = "never", _("never")

    class UpgradeGifts(models.TextChoices):
        TOP = "top", _("for the tier reached")
        EACH = "each", _("for every tier on the way")

    code = models.SlugField(_("code"), max_length=20, unique=True)
    name_zh = models.CharField(_("name (Chinese)"), max_length=20)
    name_en = models.CharField(_("name (English)"), max_length=20)
    is_main = models.BooleanField(_("main ladder"), default=False, editable=False)
    basis = models.CharField(pgettext_lazy("ladder", "counts"), max_length=8, choices=Basis, default=Basis.EARNED)
    currency = models.SlugField(_("of"), max_length=20, default="growth")
    window = models.CharField(_("counted"), max_length=14, choices=Window, default=Window.EVER)
    window_length = models.PositiveSmallIntegerField(_("length"), default=1, validators=[MinValueValidator(1)])
    window_unit = models.CharField(_("unit of length"), max_length=6, choices=Unit, default=Unit.YEARS)
    validity = models.CharField(_("a tier lasts"), max_length=14, choices=Validity, default=Validity.OPEN)
    validity_length = models.PositiveSmallIntegerField(_("length"), default=1, validators=[MinValueValidator(1)])
    validity_unit = models.CharField(_("unit of length"), max_length=6, choices=Unit, default=Unit.YEARS)
    rounding = models.CharField(_("rounded up"), max_length=8, choices=Rounding, default=Rounding.NONE)
    grace_days = models.PositiveSmallIntegerField(_("days of grace"), default=0)
    downgrade = models.CharField(_("goes down"), max_length=9, choices=Downgrade, default=Downgrade.TO_EARNED)
    refunds_undo = models.CharField(
        _("a refund takes the tier back"), max_length=9, choices=RefundsUndo, default=RefundsUndo.AT_ONCE
    )
    upgrade_gifts = models.CharField(_("gifts"), max_length=4, choices=UpgradeGifts, default=UpgradeGifts.TOP)
    warn_days = models.PositiveSmallIntegerField(_("members are warned (days ahead)"), default=30)
    archived_at = models.DateTimeField(_("retired"), null=True, editable=False)

    name = Bilingual("name")

    class Meta:
        verbose_name = _("ladder")
        verbose_name_plural = _("ladders")
        constraints = [
            models.UniqueConstraint(name="one_main_ladder", fields=["is_main"], condition=Q(is_main=True)),
            models.CheckConstraint(
                name="ladder_lengths_positive", condition=Q(window_length__gte=1, validity_length__gte=1)
            ),
        ]

    def __str__(self) -> str:
        return self.name


class LadderVersion(models.Model):
    """A ladder as published: policies and each tier's terms. Never changed but for ``moved_through``.

    In force is the one that began last. ``moves`` says whether everybody is judged by it at once, by
    the job ``move_tiers`` up to the account ``moved_through``, or each at their next review.
    """

    class Moves(models.TextChoices):
        LATER = "later", _("at each member's next review")
        NOW = "now", _("everybody now")

    ladder = models.ForeignKey(Ladder, models.CASCADE, related_name="versions", verbose_name=_("ladder"))
    number = models.PositiveIntegerField(_("version"))
    definition = models.JSONField(_("definition"))
    effective_from = models.DateTimeField(_("in force from"))
    published_at = models.DateTimeField(_("published"))
    published_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+", verbose_name=_("published by")
    )
    moves = models.CharField(_("members move"), max_length=5, choices=Moves, default=Moves.LATER)
    moved_through = models.BigIntegerField(_("moved up to account"), default=0)
    moved_at = models.DateTimeField(_("all moved"), null=True)

    class Meta:
        verbose_name = _("ladder version")
        verbose_name_plural = _("ladder versions")
        constraints = [models.UniqueConstraint(fields=["ladder", "number"], name="ladder_version_numbers")]

    def __str__(self) -> str:
        return f"{self.ladder_id}.{self.number}"
