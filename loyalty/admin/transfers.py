"""Points that changed hands, for reading: gifts lot by lot, and shared purses with who shares them."""

from django.contrib import admin
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from unfold.contrib.filters.admin import RangeDateTimeFilter
from unfold.decorators import display

from loyalty.admin import showing
from loyalty.admin.base import AppendOnly, ReadOnlyInline
from loyalty.models import Pool, PoolMembership, Transfer, TransferPart


class PartInline(ReadOnlyInline):
    model = TransferPart
    hide_title = True
    fields = ("points", "goes", "source_lot", "arrived")
    readonly_fields = fields
    verbose_name_plural = _("Lot by lot")

    def get_queryset(self, request: HttpRequest) -> QuerySet[TransferPart]:
        found: QuerySet[TransferPart] = super().get_queryset(request)
        return found.select_related("entry__lot", "source")

    @display(description=_("points"))
    def points(self, part: TransferPart) -> str:
        return showing.points(part.entry.amount)

    @display(description=_("last day"))
    def goes(self, part: TransferPart) -> str:
        return showing.when(part.entry.lot.last_at)

    @display(description=_("from lot"))
    def source_lot(self, part: TransferPart) -> SafeString | str:
        return showing.link(part.source)

    @display(description=_("entry of the receiver"))
    def arrived(self, part: TransferPart) -> SafeString | str:
        return showing.link(part.entry)


@admin.register(Transfer)
class TransferAdmin(AppendOnly):
    list_display = ("moved", "what", "from_whom", "to_whom", "amount", "currency", "memo")
    list_filter = ("kind", "currency", ("transferred_at", RangeDateTimeFilter))
    list_filter_submit = True
    search_fields = ("=giver__number", "=receiver__number", "key", "memo")
    search_help_text = _("Account number of either side, key or memo")
    list_select_related = ("giver", "receiver", "currency")
    ordering = ("-transferred_at", "-id")
    inlines = (PartInline,)
    fields = (("from_whom", "to_whom"), ("amount", "currency"), ("what", "moved"), ("memo", "key"), "booked")
    readonly_fields = ("from_whom", "to_whom", "what", "moved", "booked")

    @display(description=pgettext_lazy("column", "when"), ordering="transferred_at")
    def moved(self, transfer: Transfer) -> str:
        return showing.when(transfer.transferred_at)

    @display(description=_("kind"), ordering="kind", label=True)
    def what(self, transfer: Transfer) -> str:
        return transfer.get_kind_display()

    @display(description=_("giver"), ordering="giver__number")
    def from_whom(self, transfer: Transfer) -> SafeString | str:
        return showing.link(transfer.giver)

    @display(description=_("receiver"), ordering="receiver__number")
    def to_whom(self, transfer: Transfer) -> SafeString | str:
        return showing.link(transfer.receiver)

    @display(description=_("entry of the giver"))
    def booked(self, transfer: Transfer) -> SafeString | str:
        return showing.link(transfer.entry)


class MembershipInline(ReadOnlyInline):
    model = PoolMembership
    hide_title = True
    fields = ("who", "role", "percent", "joined", "left")
    readonly_fields = ("who", "joined", "left")
    verbose_name_plural = _("Who shares it")

    def get_queryset(self, request: HttpRequest) -> QuerySet[PoolMembership]:
        found: QuerySet[PoolMembership] = super().get_queryset(request)
        return found.select_related("account").order_by("left_at", "joined_at")

    @display(description=_("account"))
    def who(self, share: PoolMembership) -> SafeString | str:
        return showing.link(share.account)

    @display(description=pgettext_lazy("shared purse", "joined"))
    def joined(self, share: PoolMembership) -> str:
        return showing.when(share.joined_at)

    @display(description=pgettext_lazy("shared purse", "left"))
    def left(self, share: PoolMembership) -> str:
        return showing.when(share.left_at)


@admin.register(Pool)
class PoolAdmin(AppendOnly):
    list_display = ("name", "purse", "people", "opened", "closed")
    list_filter = (("opened_at", RangeDateTimeFilter),)
    list_filter_submit = True
    search_fields = ("name", "=account__number", "=memberships__account__number")
    search_help_text = _("Name, number of the purse or of somebody who shares it")
    list_select_related = ("account",)
    ordering = ("-opened_at", "-id")
    inlines = (MembershipInline,)
    fields = ("name", "purse", ("opened", "closed"))
    readonly_fields = ("purse", "opened", "closed")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Pool]:
        found: QuerySet[Pool] = super().get_queryset(request)
        return found.annotate(sharing=Count("memberships", filter=Q(memberships__left_at=None)))

    @display(description=_("purse"), ordering="account__number")
    def purse(self, pool: Pool) -> SafeString | str:
        return showing.link(pool.account)

    @display(description=_("people"), ordering="sharing")
    def people(self, pool: Pool) -> int:
        return int(getattr(pool, "sharing", 0))

    @display(description=pgettext_lazy("shared purse", "opened"), ordering="opened_at")
    def opened(self, pool: Pool) -> str:
        return showing.when(pool.opened_at)

    @display(description=pgettext_lazy("shared purse", "closed"), ordering="closed_at")
    def closed(self, pool: Pool) -> str:
        return showing.when(pool.closed_at)
