"""The purse: an account, its currencies and one balance for each."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords

from loyalty.texts import Bilingual


class Currency(models.Model):
    """A unit the programme gives: ``points`` to spend, ``growth`` to qualify, or a brand's own."""

    class ExpiryMode(models.TextChoices):
        NEVER = "never", _("never")
        DAYS = "days", _("days after earning")
        MONTHS = "months", _("months after earning")
        MONTH_END = "month_end", _("end of a month, so many months on")
        QUARTER_END = "quarter_end", _("end of a quarter, so many quarters on")
        YEAR_END = "year_end", _("31 December, so many years on")

    code = models.SlugField(_("code"), max_length=20, unique=True)
    name_zh = models.CharField(_("name (Chinese)"), max_length=20)
    name_en = models.CharField(_("name (English)"), max_length=20)
    is_spendable = models.BooleanField(_("can be spent"), default=True)
    expiry_mode = models.CharField(_("expires"), max_length=16, choices=ExpiryMode, default=ExpiryMode.NEVER)
    expiry_length = models.PositiveSmallIntegerField(_("length"), default=12)
    pending_days = models.PositiveSmallIntegerField(_("pending for (days)"), default=0)
    history = HistoricalRecords()

    name = Bilingual("name")

    class Meta:
        verbose_name = _("currency")
        verbose_name_plural = _("currencies")

    def __str__(self) -> str:
        return self.name


class Account(models.Model):
    """The purse of one person, known to the books only by number. It outlives the person."""

    class Status(models.TextChoices):
        ACTIVE = "active", _("active")
        FROZEN = "frozen", _("frozen")
        CLOSED = "closed", _("closed")

    number = models.CharField(_("number"), max_length=20, unique=True)
    status = models.CharField(_("status"), max_length=10, choices=Status, default=Status.ACTIVE)
    timezone = models.CharField(_("time zone"), max_length=64, blank=True)
    opened_at = models.DateTimeField(_("opened"), db_index=True)

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

    ``available + pending + held - debt`` equals the sum of the account's entries; ``version`` is
    the number of entries.
    """

    account = models.ForeignKey(Account, models.PROTECT, related_name="balances", verbose_name=_("account"))
    currency = models.ForeignKey(Currency, models.PROTECT, related_name="+", verbose_name=_("currency"))
    available = models.BigIntegerField(_("available"), default=0)
    pending = models.BigIntegerField(_("pending"), default=0)
    held = models.BigIntegerField(_("held"), default=0)
    debt = models.BigIntegerField(_("debt"), default=0)
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
            models.CheckConstraint(name="balance_not_both_credit_and_debt", condition=Q(available=0) | Q(debt=0)),
        ]

    def __str__(self) -> str:
        return f"{self.account_id}:{self.currency_id} {self.net}"

    @property
    def net(self) -> int:
        """The position the books know: what is owned less what is owed."""
        return self.available + self.pending + self.held - self.debt


NET = F("available") + F("pending") + F("held") - F("debt")
