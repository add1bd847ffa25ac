"""The operators' pages of paid membership: the plans on sale with their figures, and every term held."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.functional import Promise
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from unfold.contrib.filters.admin import RangeDateFilter
from unfold.decorators import display
from unfold.enums import ActionVariant
from unfold.widgets import UnfoldAdminDecimalFieldWidget

from loyalty import clock, faults, money, programme
from loyalty.admin import showing
from loyalty.admin.base import AppendOnly, Confirmation, ModelAdmin, ReadOnlyInline, operation
from members.admin.plans_by_hand import TermsByHand
from members.climbing import ladders
from members.models import BenefitOffer, Plan, PlanTerm
from members.paying import holding, income, moving, reckoning

MAY = "members.change_plan"


class PlanForm(forms.ModelForm):
    """The price is typed in yuan, as people say it; it is stored in fen."""

    price = forms.DecimalField(
        label=_("Price in money"),
        min_value=0,
        max_digits=12,
        decimal_places=2,
        required=False,
        widget=UnfoldAdminDecimalFieldWidget(),
        help_text=_("For example 500. Empty: not sold for money. What a refund gives back is reckoned from it."),
    )

    class Meta:
        model = Plan
        fields = "__all__"  # noqa: DJ007 -- the page's fieldsets say which

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        plan: Plan = self.instance
        if plan.pk and plan.price_minor is not None:
            self.initial["price"] = money.text(plan.price_minor, plan.currency)

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        price, currency = data.get("price"), self.instance.currency
        try:
            self.instance.price_minor = None if price is None else money.minor(price, currency, "price")
        except faults.Fault as fault:
            self.add_error("price", fault.message)
        tier = data.get("tier")
        if tier is not None and not any(tier.pk in terms.by_id for terms in ladders.in_force(clock.now())):
            self.add_error("tier", _("This tier is not on a ladder that is in use. Publish the ladder first."))
        if data.get("sku") and not price and price != 0:
            self.add_error(
                "price", _("What a till sells has a price. Please give it, or leave the article number out.")
            )
        return data


class OfferInline(ReadOnlyInline):
    """What the plan brings; it is put together on the pages of benefits."""

    model = BenefitOffer
    fields = ("benefit", "set", "quota", "period")
    verbose_name_plural = _("Benefits it brings")


@admin.register(Plan)
class PlanAdmin(ModelAdmin):
    form = PlanForm
    list_display = ("__str__", "price_shown", "points_shown", "lasts", "tier", "holders", "selling")
    list_filter = ("is_on_sale",)
    list_select_related = ("tier",)
    search_fields = ("code", "name_zh", "name_en", "sku")
    ordering = ("archived_at", "pk")
    inlines = (OfferInline,)
    actions_detail = ("retire",)
    list_before_template = "admin/members/plan/figures.html"
    fieldsets = (
        (None, {"fields": (("name_zh", "name_en"), "code", ("summary_zh", "summary_en"))}),
        (_("What it is"), {"fields": (("length", "unit"), "tier")}),
        (
            _("What it costs"),
            {
                "fields": (("price", "price_points"), "sku"),
                "description": _("An order with this article number opens it by itself, as many terms as pieces."),
            },
        ),
        (_("Trying, reminding, giving back"), {"fields": (("trial_days", "remind_days"), "refund", "is_on_sale")}),
    )

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_queryset(self, request: HttpRequest) -> "QuerySet[Plan]":
        today = programme.day_of(clock.now())
        running = Q(terms__starts_on__lte=today, terms__through_on__gte=today)
        running &= Q(terms__ended_on=None) | Q(terms__ended_on__gt=today)
        rows: QuerySet[Plan] = super().get_queryset(request)
        return rows.annotate(held=Count("terms__member", filter=running, distinct=True))

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return ("code",) if obj else ()

    def save_model(self, request: HttpRequest, obj: Plan, form: Any, change: bool) -> None:
        """Who holds the plan follows its tier at once, not only when their term changes."""
        super().save_model(request, obj, form, change)
        if change and "tier" in form.changed_data:
            moving.ask(obj, now=clock.now())
            messages.info(request, _("Its members are being moved to the new tier; this takes a minute or two."))

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        figures = income.figures(now=clock.now())
        shown = [
            (_("Members with a plan"), f"{figures.members:,}"),
            (_("of them trying it"), f"{figures.trying:,}"),
            (_("Bought this month"), f"{figures.bought:,}"),
            (_("Renewed this month"), f"{figures.renewed:,}"),
            (_("Income this month, in money"), showing.money(figures.minor)),
            (_("Income this month, in points"), f"{figures.points:,}"),
        ]
        page: HttpResponse = super().changelist_view(request, {"plan_figures": shown, **(extra_context or {})})
        return page

    @display(description=pgettext_lazy("plan", "price"), ordering="price_minor")
    def price_shown(self, plan: Plan) -> str:
        return showing.money(plan.price_minor, plan.currency) if plan.price_minor is not None else "–"

    @display(description=_("price in points"), ordering="price_points")
    def points_shown(self, plan: Plan) -> str:
        return f"{plan.price_points:,}" if plan.price_points else "–"

    @display(description=_("lasts"))
    def lasts(self, plan: Plan) -> str:
        return f"{plan.length} {plan.get_unit_display()}"

    @display(description=_("holds it now"), ordering="held")
    def holders(self, plan: Plan) -> str:
        held: int = plan.held  # type: ignore[attr-defined]  # annotated above
        return f"{held:,}"

    @display(description=_("on sale"), boolean=True)
    def selling(self, plan: Plan) -> bool:
        return plan.is_on_sale and plan.archived_at is None

    @operation(
        label=_("Retire the plan"),
        permission=MAY,
        ask=lambda _page, _request, _plan: Confirmation(
            title=_("Retire the plan"),
            text=_("It is sold and shown no more. Whoever holds it keeps it to its last day."),
        ),
        icon="archive",
        variant=ActionVariant.DANGER,
        suits=lambda plan: plan.archived_at is None,
    )
    def retire(self, _request: HttpRequest, plan: Plan) -> str | Promise:
        Plan.objects.filter(pk=plan.pk).update(archived_at=clock.now(), is_on_sale=False)
        return _("Done: the plan is retired.")


class StateFilter(admin.SimpleListFilter):
    title = _("state")
    parameter_name = "state"

    def lookups(self, _request: HttpRequest, _page: Any) -> list[tuple[str, Any]]:
        return [("running", _("Running")), ("ahead", _("Begins later")), ("over", _("Over"))]

    def queryset(self, _request: HttpRequest, rows: "QuerySet[PlanTerm]") -> "QuerySet[PlanTerm]":
        today = programme.day_of(clock.now())
        match self.value():
            case "running":
                return rows.filter(holding.running(today))
            case "ahead":
                return rows.filter(holding.lasting(today), starts_on__gt=today)
            case "over":
                return rows.exclude(holding.lasting(today))
        return rows


@admin.register(PlanTerm)
class PlanTermAdmin(TermsByHand, AppendOnly):
    """Every term, whatever door it came through. Members' own pages show the same."""

    list_display = ("member_shown", "plan", "source", "days", "paid", "given_back", "bought_at")
    list_filter = (StateFilter, "plan", "source", ("starts_on", RangeDateFilter), ("through_on", RangeDateFilter))
    list_filter_submit = True
    list_select_related = ("member__account", "plan")
    search_fields = ("=member__account__number", "member__name", "note")
    ordering = ("-bought_at", "-pk")
    fields = (
        ("member_shown", "plan"),
        ("source", "bought_at"),
        ("starts_on", "through_on", "ended_on"),
        ("paid", "given_back"),
        ("event", "entry"),
        "note",
    )
    readonly_fields = ("member_shown", "paid", "given_back")

    @display(description=_("member"))
    def member_shown(self, term: PlanTerm) -> SafeString | str:
        return showing.link(term.member, str(term.member))

    @display(description=_("days"), ordering="starts_on")
    def days(self, term: PlanTerm) -> str:
        span = reckoning.span_of(term)
        return f"{span.first} – {span.last}" if span.last >= span.first else str(_("taken back before it began"))

    @display(description=_("paid"))
    def paid(self, term: PlanTerm) -> str:
        return _worth(term.price_points, term.price_minor, term)

    @display(description=_("given back"))
    def given_back(self, term: PlanTerm) -> str:
        return _worth(term.refunded_points, term.refunded_minor, term)


def _worth(points: int, minor: int, term: PlanTerm) -> str:
    if points:
        return f"{points:,} P"
    return showing.money(minor, term.plan.currency) if minor else "–"
