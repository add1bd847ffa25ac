"""The operators' face of the mall: the shelf, and what members have taken from it."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.http import HttpRequest
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from simple_history.admin import SimpleHistoryAdmin
from unfold.admin import TabularInline
from unfold.contrib.filters.admin import RangeDateFilter
from unfold.decorators import display
from unfold.enums import ActionVariant
from unfold.widgets import UnfoldAdminIntegerFieldWidget, UnfoldAdminTextInputWidget

from loyalty import clock
from loyalty.admin.auditing import origin
from loyalty.admin.base import AppendOnly, Confirmation, ModelAdmin, operation, staff
from loyalty.errors import LoyaltyError
from members.models import Benefit
from rewards import cancelling, redemptions, stock
from rewards.models import Privilege, Redemption, Reward

Does = Privilege.Does


class RewardForm(forms.ModelForm):
    """Stock is told once, then only changed by so many, as it falls while the form is open."""

    stock_change = forms.IntegerField(
        label=_("change stock by"),
        required=False,
        widget=UnfoldAdminIntegerFieldWidget(),
        help_text=_("20 adds twenty, -3 takes three away. Empty leaves the stock alone."),
    )

    def clean(self) -> dict[str, Any]:
        found = super().clean() or {}
        starts_at, ends_at = found.get("starts_at"), found.get("ends_at")
        if starts_at and ends_at and ends_at <= starts_at:
            self.add_error("ends_at", _("This ends before it starts. Please choose a later time."))
        return found


class PrivilegeForm(forms.ModelForm):
    """One line: whose benefit, and what it does. What a line has no need of is left out by itself."""

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        does, benefit = data.get("does"), data.get("benefit")
        for name, needed in (("hours", Does.EARLY), ("price_points", Does.PRICE)):
            if does != needed:
                data[name] = None
            elif data.get(name) is None and name not in self.errors:
                self.add_error(name, _("Please fill this in."))
        if does == Does.PRICE and benefit and benefit.way != Benefit.Way.STANDING and _is_elsewhere(benefit):
            self.add_error(
                "benefit", _("This benefit is used elsewhere. Let it be used anywhere or in the mall first.")
            )
        return data


def _is_elsewhere(benefit: Benefit) -> bool:
    return benefit.used_in not in (Benefit.Place.ANYWHERE, Benefit.Place.MALL)


class PrivilegeInline(TabularInline):
    """Who may take it, take it earlier, or take it for less."""

    model = Privilege
    form = PrivilegeForm
    extra = 0
    fields = ("benefit", "does", "hours", "price_points")

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """Benefits in use."""
        if db_field.name == "benefit":
            kwargs["queryset"] = Benefit.objects.filter(archived_at=None)
        return super().formfield_for_foreignkey(db_field, request, **kwargs)


class Reason(forms.Form):
    reason = forms.CharField(
        label=_("Reason"),
        max_length=200,
        widget=UnfoldAdminTextInputWidget(),
        help_text=_("The audit trail keeps it."),
    )


def _ask_cancel(_page: Any, _request: HttpRequest, redemption: Redemption) -> Confirmation:
    """What goes back, in words."""
    back = _("%(points)s points go back to where they came from") % {"points": f"{redemption.points:,}"}
    words = [str(back)] if redemption.points else []
    if redemption.claim_id is not None and redemption.benefit is not None:
        words.append(str(_("“%(benefit)s” can be used again") % {"benefit": redemption.benefit.name}))
    words.append(str(_("%(reward)s × %(quantity)s is on the shelf again") % _words(redemption)))
    text = _("%(what)s. The member is told.") % {"what": str(_(", ")).join(words)}
    return Confirmation(title=_("Cancel this redemption?"), text=text)


def _words(redemption: Redemption) -> dict[str, object]:
    return {"reward": redemption.reward.name, "quantity": redemption.quantity}


@admin.register(Reward)
class RewardAdmin(SimpleHistoryAdmin, ModelAdmin):
    """The shelf. A reward somebody has taken is taken off the shelf, not deleted."""

    form = RewardForm
    inlines = (PrivilegeInline,)
    list_display = ("called", "price_points", "left", "limit_per_member", "state", "ends_at")
    list_filter = ("is_on_shelf",)
    search_fields = ("code", "name_zh", "name_en")
    ordering = ("price_points",)
    prepopulated_fields = {"code": ("name_en",)}
    fieldsets = (
        (None, {"fields": (("name_zh", "name_en"), "code", ("text_zh", "text_en"), "picture")}),
        (_("Price and stock"), {"fields": ("price_points", "stock_left", "stock_change", "limit_per_member")}),
        (_("On the shelf"), {"fields": ("is_on_shelf", ("starts_at", "ends_at"))}),
    )

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """A new reward has no stock to change yet."""
        fieldsets = super().get_fieldsets(request, obj)
        if obj is not None:
            return fieldsets
        return [
            (title, {**options, "fields": tuple(name for name in options["fields"] if name != "stock_change")})
            for title, options in fieldsets
        ]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return ("code", "stock_left") if obj is not None else ()

    def get_prepopulated_fields(self, request: HttpRequest, obj: Any = None) -> dict[str, Any]:
        return {} if obj is not None else dict(self.prepopulated_fields)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        taken = obj is not None and Redemption.objects.filter(reward=obj).exists()
        return not taken and super().has_delete_permission(request, obj)

    def save_model(self, request: HttpRequest, obj: Reward, form: Any, change: bool) -> None:
        """Keeps the stock as it is by now, whatever the form was opened with, then moves it by so many."""
        if change:
            now = Reward.objects.select_for_update(no_key=True).get(pk=obj.pk)
            obj.stock_left = now.stock_left
        super().save_model(request, obj, form, change)
        by = form.cleaned_data.get("stock_change")
        if change and by:
            try:
                stock.change(obj, by)
            except LoyaltyError as refusal:
                messages.error(request, refusal.message)

    @display(description=_("reward"), ordering="name_zh")
    def called(self, obj: Reward) -> str:
        return obj.name

    @display(
        description=_("in stock"), ordering="stock_left", label={"none": "danger", "few": "warning", "some": "info"}
    )
    def left(self, obj: Reward) -> tuple[str, str]:
        return "none" if not obj.stock_left else "few" if obj.stock_left < 10 else "some", str(obj.stock_left)

    @display(description=_("state"), label={"open": "success", "soon": "info", "over": "warning", "off": "danger"})
    def state(self, obj: Reward) -> tuple[str, str | Promise]:
        now = clock.now()
        if not obj.is_on_shelf:
            return "off", _("off the shelf")
        if redemptions.is_open(obj, now):
            return "open", _("can be redeemed")
        return ("soon", _("opens soon")) if now < obj.starts_at else ("over", _("has ended"))


@admin.register(Redemption)
class RedemptionAdmin(AppendOnly):
    """What was taken, newest first."""

    list_display = ("number", "reward", "quantity", "points", "benefit", "account", "standing", "redeemed_at")
    list_filter = ("state", ("benefit", admin.RelatedOnlyFieldListFilter), ("redeemed_at", RangeDateFilter))
    list_filter_submit = True
    search_fields = ("=number", "=account__number", "reward__name_zh", "reward__name_en")
    search_help_text = _("Redemption number, member number or reward")
    list_select_related = ("account", "reward", "benefit")
    date_hierarchy = None
    ordering = ("-redeemed_at",)
    actions_detail = ("cancel",)

    @operation(
        label=_("Cancel it"),
        permission="rewards.change_redemption",
        ask=_ask_cancel,
        icon="undo",
        variant=ActionVariant.DANGER,
        suits=lambda redemption: redemption.state == Redemption.State.CONFIRMED,
        form=Reason,
        audited=False,
    )
    def cancel(self, request: HttpRequest, redemption: Redemption, reason: str) -> str | Promise:
        cancelling.cancel(
            number=redemption.number, reason=reason, by=staff(request), now=clock.now(), origin=origin(request)
        )
        return _("Cancelled. What was given for it is back.")

    @display(
        description=_("state"),
        ordering="state",
        label={"confirmed": "info", "verified": "success", "cancelled": "warning"},
    )
    def standing(self, obj: Redemption) -> tuple[str, str]:
        return obj.state, obj.get_state_display()
