"""The operators' pages of benefits and of the sets they are put together in, with offers and seasons."""

from datetime import date
from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path, reverse
from django.utils.functional import Promise
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from unfold.admin import TabularInline
from unfold.decorators import display
from unfold.enums import ActionVariant
from unfold.widgets import UnfoldAdminDateWidget, UnfoldAdminTextInputWidget

from loyalty import clock, programme
from loyalty.admin.auditing import origin
from loyalty.admin.base import Confirmation, ModelAdmin, operation, staff
from members.admin import benefit_pages
from members.benefits import giving, offers
from members.models import Benefit, BenefitClaim, BenefitOffer, BenefitSeason, BenefitSet, Member

MAY, MAY_GIVE = "members.change_benefit", "members.add_benefitclaim"


class Given(forms.Form):
    """To whom, to which last day, and why."""

    number = forms.CharField(label=_("Member number"), max_length=20, widget=UnfoldAdminTextInputWidget())
    through = forms.DateField(
        label=_("Last day"), required=False, widget=UnfoldAdminDateWidget(), help_text=_("Empty: without end.")
    )
    reason = forms.CharField(
        label=_("Reason"),
        max_length=200,
        widget=UnfoldAdminTextInputWidget(),
        help_text=_("The claim and the audit trail keep it."),
    )

    def clean_number(self) -> int:
        """The account of that number."""
        typed = "".join(str(self.cleaned_data["number"]).split())
        found = Member.objects.filter(account__number=typed).values_list("pk", flat=True).first()
        if found is None:
            raise forms.ValidationError(_("We could not find this member. Please check the number."))
        return int(found)


def _ask_give(_page: Any, _request: HttpRequest, benefit: Benefit) -> Confirmation:
    text = _("It comes on top of what tier and plan bring, and counts against no quota.")
    return Confirmation(title=_("Give “%(name)s” to a member") % {"name": benefit.name}, text=text)


def _ask_retire(_page: Any, _request: HttpRequest, _item: Any) -> Confirmation:
    text = _("Nobody can claim it any more. What was claimed stays usable through its own last day.")
    return Confirmation(title=_("Retire it?"), text=text)


def _ask_reopen(_page: Any, _request: HttpRequest, _item: Any) -> Confirmation:
    return Confirmation(title=_("Bring it back?"), text=_("From now on it is offered again, where a set is in season."))


def _is_open(item: Any) -> bool:
    return item.archived_at is None


class Retiring(ModelAdmin):
    """Archive and bring back; what was ever claimed is never deleted."""

    class Media:
        css = {"all": ("css/admin-benefits.css",)}

    @display(description=_("state"), label={"in use": "success", "retired": "info"})
    def state(self, item: Any) -> tuple[str, str | Promise]:
        return ("in use", _("in use")) if _is_open(item) else ("retired", _("retired"))

    @operation(
        label=_("Retire"),
        permission=MAY,
        ask=_ask_retire,
        icon="bedtime",
        variant=ActionVariant.DANGER,
        suits=_is_open,
    )
    def retire(self, request: HttpRequest, item: Any) -> str | Promise:
        type(item).objects.filter(pk=item.pk, archived_at=None).update(archived_at=clock.now())
        return _("Retired.")

    @operation(
        label=_("Bring back"),
        permission=MAY,
        ask=_ask_reopen,
        icon="undo",
        suits=lambda item: not _is_open(item),
    )
    def reopen(self, request: HttpRequest, item: Any) -> str | Promise:
        type(item).objects.filter(pk=item.pk).update(archived_at=None)
        return _("It is offered again.")


@admin.register(Benefit)
class BenefitAdmin(Retiring):
    list_display = ("called", "kind", "way", "used_in", "offered", "open_claims", "state")
    list_filter = ("kind", "way", "used_in", ("archived_at", admin.EmptyFieldListFilter))
    search_fields = ("code", "name_zh", "name_en")
    ordering = ("archived_at", "pk")
    change_list_template = "admin/members/benefitset/change_list.html"
    actions_detail = ("give", "retire", "reopen")
    fieldsets = (
        (None, {"fields": (("name_zh", "name_en"), ("code", "kind"), ("summary_zh", "summary_en"))}),
        (_("How it is had and used"), {"fields": (("way", "used_in"), ("use_days", "birthday_month"), "cost_minor")}),
        (_("Told on its page"), {"fields": (("details_zh", "details_en"),)}),
    )

    def get_queryset(self, request: HttpRequest) -> Any:
        counted = Count("claims", filter=Q(claims__state=BenefitClaim.State.OPEN), distinct=True)
        return super().get_queryset(request).annotate(lines=Count("offers", distinct=True), waiting=counted)

    def get_readonly_fields(self, request: HttpRequest, obj: Benefit | None = None) -> tuple[str, ...]:
        return ("code",) if obj else ()

    def has_delete_permission(self, request: HttpRequest, obj: Benefit | None = None) -> bool:
        """What was offered or claimed is retired instead."""
        known = obj is not None and (obj.claims.exists() or obj.offers.exists())
        return obj is not None and not known and super().has_delete_permission(request, obj)

    @display(description=_("name"), ordering="name_zh")
    def called(self, benefit: Benefit) -> str:
        return benefit.name

    @display(description=_("offered by"), ordering="lines")
    def offered(self, benefit: Benefit) -> int:
        return int(benefit.lines)  # type: ignore[attr-defined]  # annotated by get_queryset

    @display(description=_("still to be used"), ordering="waiting")
    def open_claims(self, benefit: Benefit) -> SafeString:
        link = reverse("admin:members_benefitclaim_changelist")
        query = f"benefit__id__exact={benefit.pk}&state__exact=open"
        number = benefit.waiting  # type: ignore[attr-defined]  # likewise
        return format_html('<a class="eg-link" href="{}?{}">{}</a>', link, query, number)

    @operation(
        label=_("Give to a member"), permission=MAY_GIVE, ask=_ask_give, icon="redeem", form=Given, audited=False
    )
    def give(
        self, request: HttpRequest, benefit: Benefit, number: int, through: date | None, reason: str
    ) -> str | Promise:
        row = giving.give(
            account_id=number,
            benefit=benefit.code,
            through=through,
            reason=reason,
            by=staff(request),
            now=clock.now(),
            origin=origin(request),
        )
        return _("Given. Its code is %(code)s.") % {"code": row.code}


class OfferInline(TabularInline):
    """Who gets what, and how often."""

    model = BenefitOffer
    fields = ("benefit", "tier", "and_above", "plan", "quota", "period")
    extra = 0
    verbose_name_plural = _("What it offers (a line without tier and plan is for every member)")

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name in {"benefit", "tier", "plan"}:
            kwargs["queryset"] = db_field.related_model.objects.filter(archived_at=None)
        return super().formfield_for_foreignkey(db_field, request, **kwargs)


class SeasonInline(TabularInline):
    """When it is in force. Several sets may be at once."""

    model = BenefitSeason
    fields = ("from_on", "through_on")
    extra = 0
    verbose_name_plural = _("When it is in force (a set without any season never is)")


def _told(line: BenefitOffer) -> str:
    """``grooming: gold+ 2/quarter``, as the audit trail keeps it."""
    above = "+" if line.tier and line.and_above else ""
    whom = line.tier.code + above if line.tier else line.plan.code if line.plan else "*"
    return f"{line.benefit.code}: {whom} {line.quota}/{line.period}"


@admin.register(BenefitSet)
class BenefitSetAdmin(Retiring):
    list_display = ("called", "lines", "seasons", "now", "state")
    list_filter = (("archived_at", admin.EmptyFieldListFilter),)
    search_fields = ("code", "name_zh", "name_en")
    ordering = ("archived_at", "pk")
    inlines = (SeasonInline, OfferInline)
    change_list_template = "admin/members/benefitset/change_list.html"
    actions_detail = ("retire", "reopen")
    fieldsets = (
        (
            None,
            {
                "fields": (("name_zh", "name_en", "code"),),
                "description": _(
                    "Sets add up: where the seasons of several meet, members get all they offer; of one benefit the "
                    "line that gives it most often counts. Changing a set or its seasons takes nothing back that was "
                    "claimed."
                ),
            },
        ),
    )

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).annotate(count=Count("offers")).prefetch_related("seasons")

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        """The list; which day it is is asked once."""
        self.day = programme.day_of(clock.now())
        return super().get_changelist_instance(request)

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        return [
            path("in-force/", wrap(self.in_force), name="members_benefitset_in_force"),
            path("rates/", wrap(self.rates), name="members_benefitset_rates"),
            *super().get_urls(),
        ]

    def witness(self, item: Any) -> dict[str, Any]:
        """With the lines and seasons, which are what a set is."""
        lines = item.offers.select_related("benefit", "tier", "plan") if item.pk else ()
        told = {"offers": [_told(line) for line in lines], "seasons": [str(season) for season in item.seasons.all()]}
        return {**super().witness(item), **told}

    def in_force(self, request: HttpRequest) -> HttpResponse:
        return benefit_pages.in_force(self, request)

    def rates(self, request: HttpRequest) -> HttpResponse:
        return benefit_pages.rates(self, request)

    def get_readonly_fields(self, request: HttpRequest, obj: BenefitSet | None = None) -> tuple[str, ...]:
        return ("code",) if obj else ()

    def has_delete_permission(self, request: HttpRequest, obj: BenefitSet | None = None) -> bool:
        """A set that anything was claimed from is retired instead."""
        claimed = obj is not None and BenefitClaim.objects.filter(offer__set=obj).exists()
        return obj is not None and not claimed and super().has_delete_permission(request, obj)

    @display(description=_("name"), ordering="name_zh")
    def called(self, row: BenefitSet) -> str:
        return row.name

    @display(description=_("lines in it"), ordering="count")
    def lines(self, row: BenefitSet) -> int:
        return int(row.count)  # type: ignore[attr-defined]  # annotated by get_queryset

    @display(description=_("seasons"))
    def seasons(self, row: BenefitSet) -> str:
        return " · ".join(str(season) for season in row.seasons.all()) or "–"

    @display(description=_("in season today"), label={"in force": "success", "off": "info"})
    def now(self, row: BenefitSet) -> tuple[str, str | Promise]:
        is_on = _is_open(row) and offers.is_in_season(row, self.day)
        return ("in force", _("in season")) if is_on else ("off", _("not in season"))
