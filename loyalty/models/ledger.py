"""The books: entries, the lots they open and the allocations that drain them.

Append-only by database trigger (``loyalty.triggers``): entries and allocations never change; of a
lot only ``remaining`` and ``activated_at`` move, and its life may be made longer. Written only by ``ledger.store``.
"""

from datetime import datetime, timedelta

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from loyalty import ids

LIMIT = 10**15
INSTANT = timedelta(microseconds=1)


class Entry(models.Model):
    """One transfer between a member's account and the programme account named by ``counter``.

    ``amount`` is seen from the member: positive received, negative given up. Because each row names
    both sides, the books balance by construction. ``version`` counts an account's entries of one
    currency from 1; ``balance_after`` is the net position (available + pending + held - debt).
    """

    class Counter(models.TextChoices):
        ISSUED = "issued", _("issued")
        REDEEMED = "redeemed", _("redeemed")
        EXPIRED = "expired", _("expired")
        CLAWED_BACK = "clawed_back", _("taken back")
        ADJUSTED = "adjusted", _("adjusted")
        TRANSFERRED = "transferred", _("transferred")

    id = models.UUIDField(primary_key=True, default=ids.uuid7, editable=False)
    account = models.ForeignKey(
        "loyalty.Account", models.PROTECT, related_name="entries", db_index=False, verbose_name=_("account")
    )
    currency = models.ForeignKey(
        "loyalty.Currency", models.PROTECT, related_name="+", db_index=False, verbose_name=_("currency")
    )
    version = models.BigIntegerField(_("version"))
    counter = models.CharField(_("counter account"), max_length=12, choices=Counter)
    amount = models.BigIntegerField(_("amount"))
    balance_after = models.BigIntegerField(_("balance after"))
    effective_at = models.DateTimeField(_("effective"))
    effective_on = models.DateField(_("business day"))
    recorded_at = models.DateTimeField(_("recorded"))
    event = models.ForeignKey(
        "loyalty.Event", models.PROTECT, null=True, related_name="entries", verbose_name=_("event")
    )
    rule_version = models.ForeignKey(
        "loyalty.RuleVersion",
        models.PROTECT,
        null=True,
        related_name="entries",
        db_index=False,
        verbose_name=_("rule version"),
    )
    reverses = models.ForeignKey(
        "self", models.PROTECT, null=True, related_name="reversals", verbose_name=_("reverses")
    )
    desired = models.BigIntegerField(_("desired"), null=True)
    memo = models.CharField(_("memo"), max_length=120, blank=True)

    class Meta:
        verbose_name = _("entry")
        verbose_name_plural = _("entries")
        constraints = [
            models.UniqueConstraint(fields=["account", "currency", "version"], name="entry_version_chains"),
            models.CheckConstraint(
                name="entry_amount_in_range", condition=Q(amount__gte=-LIMIT, amount__lte=LIMIT) & ~Q(amount=0)
            ),
        ]
        indexes = [models.Index(fields=["account", "effective_at"], name="entry_by_account")]

    def __str__(self) -> str:
        return f"{self.amount:+d} {self.counter}"


class LotQuerySet(models.QuerySet["Lot"]):
    def open(self) -> "LotQuerySet":
        """Lots with something left."""
        return self.filter(remaining__gt=0)

    def in_spending_order(self) -> "LotQuerySet":
        """Earliest expiry first (never last), then earned first, then id."""
        return self.order_by(F("expires_at").asc(nulls_last=True), "earned_at", "id")


class Lot(models.Model):
    """Points that came together and go together: what is left of one positive entry.

    Pending until ``available_at`` (``activated_at`` is null meanwhile); gone at ``expires_at``,
    which is the first instant it can no longer be spent. ``born_expires_at`` keeps the first deadline
    of a lot whose life was made longer. A lot that ``awaits`` a kind of event stays pending until one
    comes, and is gone at ``expires_at`` where none does. ``origin`` is who brought it into a shared purse.
    """

    id = models.UUIDField(primary_key=True, default=ids.uuid7, editable=False)
    entry = models.OneToOneField(Entry, models.PROTECT, related_name="lot", verbose_name=_("entry"))
    account = models.ForeignKey(
        "loyalty.Account", models.PROTECT, related_name="lots", db_index=False, verbose_name=_("account")
    )
    currency = models.ForeignKey(
        "loyalty.Currency", models.PROTECT, related_name="+", db_index=False, verbose_name=_("currency")
    )
    amount = models.BigIntegerField(_("amount"))
    remaining = models.BigIntegerField(_("left"))
    earned_at = models.DateTimeField(_("earned"))
    available_at = models.DateTimeField(_("available from"))
    activated_at = models.DateTimeField(_("activated"), null=True)
    expires_at = models.DateTimeField(_("expires"), null=True)
    born_expires_at = models.DateTimeField(_("expired at first"), null=True)
    awaits = models.CharField(_("waits for"), max_length=40, blank=True)
    origin = models.ForeignKey(
        "loyalty.Account", models.PROTECT, null=True, related_name="+", db_index=False, verbose_name=_("brought by")
    )

    objects = LotQuerySet.as_manager()

    class Meta:
        verbose_name = _("lot")
        verbose_name_plural = _("lots")
        constraints = [
            models.CheckConstraint(name="lot_amount_positive", condition=Q(amount__gt=0)),
            models.CheckConstraint(
                name="lot_remaining_in_range", condition=Q(remaining__gte=0) & Q(remaining__lte=F("amount"))
            ),
        ]
        indexes = [
            models.Index(fields=["account", "currency"], name="lot_open", condition=Q(remaining__gt=0)),
            models.Index(fields=["expires_at"], name="lot_expiring", condition=Q(remaining__gt=0)),
            models.Index(fields=["available_at"], name="lot_pending", condition=Q(activated_at=None, remaining__gt=0)),
        ]

    def __str__(self) -> str:
        return f"{self.remaining}/{self.amount}"

    @property
    def last_at(self) -> datetime | None:
        """The last instant on which the lot can be spent; its date is the day to name to people."""
        return None if self.expires_at is None else self.expires_at - INSTANT


class Allocation(models.Model):
    """Ties an entry to the lots it drained or filled again, or to debt.

    ``amount`` > 0 takes from the lot, < 0 gives back. ``debt`` rows have no lot and record what a
    debit could not find; ``repay`` rows take from a new lot to pay such debt.
    """

    class Kind(models.TextChoices):
        DRAIN = "drain", _("taken from the lot")
        RESTORE = "restore", _("given back to the lot")
        DEBT = "debt", _("owed")
        REPAY = "repay", _("pays debt")

    entry = models.ForeignKey(Entry, models.PROTECT, related_name="allocations", verbose_name=_("entry"))
    lot = models.ForeignKey(Lot, models.PROTECT, null=True, related_name="allocations", verbose_name=_("lot"))
    kind = models.CharField(_("kind"), max_length=8, choices=Kind)
    amount = models.BigIntegerField(_("amount"))

    class Meta:
        verbose_name = _("allocation")
        verbose_name_plural = _("allocations")
        constraints = [
            models.CheckConstraint(
                name="allocation_names_a_lot_or_debt",
                condition=Q(kind__in=["debt"], lot=None) | (~Q(kind__in=["debt"]) & Q(lot__isnull=False)),
            ),
            models.CheckConstraint(
                name="allocation_sign_fits_its_kind",
                condition=(Q(kind="restore") & Q(amount__lt=0)) | (~Q(kind="restore") & Q(amount__gt=0)),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.amount}"
