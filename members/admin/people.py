"""The operators' face of the person: members, their ladder and what they agreed to.

Phone numbers and e-mail addresses are shown masked, on lists and on the member's page (``whole``).
"""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.functional import Promise
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import RangeDateFilter
from unfold.decorators import display

from loyalty.admin import accounts, showing
from loyalty.admin.base import AppendOnly, ReadOnlyInline
from loyalty.models import Account
from members.admin.group_filters import FILTERS, Groups
from members.admin.whole import Whole
from members.models import Consent, Member, Standing, TierChange


def masked_phone(phone: str | None) -> str:
    """``+8613812341234`` → ``138****1234``; other countries keep their prefix."""
    if not phone:
        return "–"
    local = phone.removeprefix("+86")
    return f"{local[:3]}****{local[-4:]}" if len(local) >= 8 else "****"


def masked_email(email: str | None) -> str:
    """``lin@example.com`` → ``l***@example.com``."""
    if not email:
        return "–"
    name, _at, host = email.partition("@")
    return f"{name[:1]}***@{host}"


class TierChangeInline(ReadOnlyInline):
    model = TierChange
    fk_name = "member"
    fields = ("changed_at", "ladder", "previous", "tier", "reason", "note", "by")
    ordering = ("-changed_at",)
    per_page = 10


class StandingInline(ReadOnlyInline):
    """Where the member stands on each ladder, and by what right."""

    model = Standing
    fk_name = "member"
    fields = (
        "ladder",
        "effective",
        "earned",
        "valid_through",
        "granted",
        "granted_through",
        "paid",
        "paid_through",
        "floor",
        "locked_through",
        "next_review_on",
    )
    ordering = ("ladder",)


class ConsentInline(ReadOnlyInline):
    model = Consent
    fields = ("purpose", "is_given", "version", "answered_at")
    ordering = ("-answered_at",)
    per_page = 10


@admin.register(Member)
class MemberAdmin(Groups, Whole):
    """The person with the purse's story below. Members join by their own page, a till or an import."""

    list_display = ("called", "number", "phone_masked", "email_masked", "tier", "source", "joined")
    list_filter = ("tier", "source", *FILTERS, ("joined_on", RangeDateFilter))
    list_filter_submit = True
    search_fields = ("=account__number", "name", "phone", "email", "=account__references__external_id")
    search_help_text = _("Name, phone, e-mail, member number or a till's customer id")
    list_select_related = ("account", "tier")
    ordering = ("-joined_at",)
    inlines = (StandingInline, TierChangeInline, ConsentInline)
    readonly_fields = ("number", "standing", "tier", "birthday", "source", "joined_at")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    @display(description=_("name"), ordering="name")
    def called(self, member: Member) -> str | Promise:
        return member.name or _("(no name)")

    @display(description=_("number"), ordering="account__number")
    def number(self, member: Member) -> SafeString | str:
        return showing.link(member.account)

    @display(description=_("phone"))
    def phone_masked(self, member: Member) -> str:
        return masked_phone(member.phone)

    @display(description=_("e-mail"))
    def email_masked(self, member: Member) -> str:
        return masked_email(member.email)

    @display(description=_("joined"), ordering="joined_at")
    def joined(self, member: Member) -> str:
        return showing.when(member.joined_at)

    @display(description=_("status"))
    def standing(self, member: Member) -> str:
        return member.account.get_status_display()


admin.site.unregister(Account)


@admin.register(Account)
class AccountAdmin(accounts.AccountAdmin):
    """The purse's page with its person's name, found by name, phone and e-mail as well."""

    list_display = ("number", "person", "phone_masked", "standing", "opened")
    list_select_related = ("member__tier",)
    search_fields = (*accounts.AccountAdmin.search_fields, "member__name", "member__phone", "member__email")
    search_help_text = _("Name, phone, e-mail, member number or a till's customer id")
    fields = (("number", "status"), ("person", "tier"), ("opened_at", "timezone"))
    readonly_fields = ("person", "tier")

    @display(description=_("member"))
    def person(self, account: Account) -> SafeString | str:
        member = getattr(account, "member", None)
        return showing.link(member, member.name or account.number) if member else "–"

    @display(description=_("phone"))
    def phone_masked(self, account: Account) -> str:
        member = getattr(account, "member", None)
        return masked_phone(member.phone) if member else "–"

    @display(description=_("tier"))
    def tier(self, account: Account) -> str:
        member = getattr(account, "member", None)
        return str(member.tier) if member and member.tier else "–"

    @staticmethod
    def label(account: Account) -> str:
        member = getattr(account, "member", None)
        return f"{member.name} · {masked_phone(member.phone)}" if member and member.name else account.number


@admin.register(TierChange)
class TierChangeAdmin(AppendOnly):
    list_display = ("changed_at", "member", "previous", "tier", "reason", "note")
    list_filter = ("ladder", "reason", "tier", ("changed_at", RangeDateFilter))
    list_filter_submit = True
    search_fields = ("=member__account__number", "member__name")
    list_select_related = ("member__account", "previous", "tier", "ladder")
    ordering = ("-changed_at", "-id")


@admin.register(Consent)
class ConsentAdmin(AppendOnly):
    list_display = ("answered_at", "member", "purpose", "is_given", "version")
    list_filter = ("purpose", "is_given")
    search_fields = ("=member__account__number", "member__name")
    list_select_related = ("member__account",)
    ordering = ("-answered_at", "-id")
