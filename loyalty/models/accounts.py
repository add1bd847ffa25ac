"""The purse: an account, its currencies and one balance for each."""

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords

from loyalty.texts import Bilingual

RECOUP = [MinValueValidator(1), MaxValueValidator(100)]


class Currency(models.Model):
    """A unit the programme gives: ``points`` to spend, ``growth`` to qualify, or a brand's own."""

    class ExpiryMode(models.TextChoices):
        NEVER = "never", _("never")
        DAYS = "days", _("days after earning")
        MONTHS = "months", _("months after earning")
        MONTH_END = "month_end", _("end of a month, so many months on")
        QUARTER_END = "quarter_end", _("end of a quarter, so many quarters on")
        YEAR_END = "year_end", _("31 December, so many years on")
        DATES = "dates", _("the next fixed date")
        IDLE_DAYS = "idle_days", _("days without activity")
        IDLE_MONTHS = "idle_months", _("months without activity")

    class Returned(models.TextChoices):
        KEEP = "keep", _("keep their expiry")
        ANEW = "anew", _("start anew")

    code = models.SlugField(_("code"), max_length=20, unique=True)
    name_zh = models.CharField(_("name (Chinese)"), max_length=20)
    name_en = models.CharField(_("name (English)"), max_length=20)
    is_spendable = models.BooleanField(_("can be spent"), default=True)
    expiry_mode = models.CharField(_("expires"), max_length=16, choices=ExpiryMode, default=ExpiryMode.NEVER)
    expiry_length = models.PositiveSmallIntegerField(_("length"), default=12)
    expiry_dates = models.JSONField(
        _("fixed dates"), default=list, blank=True, help_text=_("Month and day, such as 06-30.")
    )
    grace_days = models.PositiveSmallIntegerField(_("days of grace after the last day"), default=0)
    pending_days = models.PositiveSmallIntegerField(_("pending for (days)"), default=0)
    returned = models.CharField(_("points given back"), max_length=8, choices=Returned, default=Returned.KEEP)
    reinstate_days = models.PositiveSmallIntegerField(_("expired points can be given back for (days)"), default=90)
    balance_cap = models.PositiveBigIntegerField(_("most a member can hold"), null=True, blank=True)
    recoup_percent = models.PositiveSmallIntegerField(
        _("share of new points that pays debt (%)"), default=100, validators=RECOUP
    )
    is_transferable = models.BooleanField(_("can be given to others"), default=False)
    transfer_daily_limit = models.PositiveBigIntegerField(_("most to give away a day"), null=True, blank=True)
    history = HistoricalRecords()

    name = Bilingual("name")

    class Meta:
        verbose_name = _("currency")
        verbose_name_plural = _("currencies")

    def __str__(self) -> str:
        return self.name


class Account(models.Model):
    """The purse of one person, known to the books only by number. It outlives the person.

    ``spending_stopped_at`` is set by the auditor while the books of the account are in doubt: it goes
    on earning, and nothing can be spent. A merged account is closed and points to the one that lives on.
    """

    class Status(models.TextChoices):
        ACTIVE = "active", _("active")
        FROZEN = "frozen", _("frozen")
        CLOSED = "closed", _("closed")

    class Kind(models.TextChoices):
        MEMBER = "member", _("member")
        POOL = "pool", _("shared purse")

    kind = models.CharField(_("kind"), max_length=8, choices=Kind, default=Kind.MEMBER)
    number = models.CharField(_("number"), max_length=20, unique=True)
    status = models.CharField(_("status"), max_length=10, choices=Status, default=Status.ACTIVE)
    timezone = models.CharField(_("time zone"), max_length=64, blank=True)
    opened_at = models.DateTimeField(_("opened"), db_index=True)
    spending_stopped_at = models.DateTimeField(_("spending stopped"), null=True, blank=True)
    merged_into = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="merged_from", verbose_name=_("merged into")
    )

    class Meta:
        verbose_name = _("account")
        verbose_name_plural = _("accounts")

    def __str__(self) -> str:
        return self.number


class AccountReference(models.Model):
    """A partner's own name for an account (a till's customer id). Unique for each partner."""

    partner = models.ForeignKey("loyalty.Partner", models.PROTECT, related_name="references", verbose_name=_("partner"))
    external_id = models.CharField(_("external id"), max_length=100)
    account = models.ForeignKey(Account, models.CASCADE, related_name="references", verbose_name=_("account"))

    class Meta:
        verbose_name = _("account reference")
        verbose_name_plural = _("account references")
        constraints = [
            models.UniqueConstraint(fields=["partner", "external_id"], name="reference_is_unique_for_a_partner")
        ]

    def __str__(self) -> str:
        return self.external_id


class Balance(models.Model):
    """What an account holds of one currency. Written only by ``ledger.store``.

    ``available + pending + held - debt - deferred`` equals the sum of the account's entries;
    ``version`` is the number of entries. ``debt`` is due at once; ``deferred`` is paid by a share of
    what comes in, so a member may have something to spend meanwhile.
    """

    account = models.ForeignKey(Account, models.PROTECT, related_name="balances", verbose_name=_("account"))
    currency = models.ForeignKey(Currency, models.PROTECT, related_name="+", verbose_name=_("currency"))
    available = models.BigIntegerField(_("available"), default=0)
    pending = models.BigIntegerField(_("pending"), default=0)
    held = models.BigIntegerField(_("held"), default=0)
    debt = models.BigIntegerField(_("debt"), default=0)
    deferred = models.BigIntegerField(_("debt paid by instalments"), default=0)
    version = models.BigIntegerField(_("version"), default=0)

    class Meta:
        verbose_name = _("balance")
        verbose_name_plural = _("balances")
        constraints = [
            models.UniqueConstraint(fields=["account", "currency"], name="one_balance_for_a_currency"),
            models.CheckConstraint(name="balance_available_not_negative", condition=Q(available__gte=0)),
            models.CheckConstraint(name="balance_pending_not_negative", condition=Q(pending__gte=0)),
            models.CheckConstraint(name="balance_held_not_negative", condition=Q(held__gte=0)),
            models.CheckConstraint(name="balance_debt_not_negative", condition=Q(debt__gte=0)),
            models.CheckConstraint(name="balance_deferred_not_negative", condition=Q(deferred__gte=0)),
            models.CheckConstraint(name="balance_not_both_credit_and_debt", condition=Q(available=0) | Q(debt=0)),
        ]

    def __str__(self) -> str:
        return f"{self.account_id}:{self.currency_id} {self.net}"

    @property
    def net(self) -> int:
        """The position the books know: what is owned less what is owed."""
        return self.available + self.pending + self.held - self.debt - self.deferred


NET = F("available") + F("pending") + F("held") - F("debt") - F("deferred")
