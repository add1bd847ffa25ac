"""The operators' pages of ladders and tiers: the draft, its conditions, and publishing with a preview."""

import json
from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Max
from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from unfold.admin import TabularInline
from unfold.decorators import display
from unfold.enums import ActionVariant
from unfold.widgets import UnfoldAdminColorInputWidget, UnfoldAdminSelectWidget, UnfoldAdminTextareaWidget

from loyalty import clock, conditions
from loyalty.admin.base import Confirmation, ModelAdmin, ReadOnlyInline, operation, staff
from loyalty.admin.rule_forms import said
from loyalty.errors import LoyaltyError
from loyalty.models import Currency
from members.climbing import ladders, previews
from members.models import Ladder, LadderVersion, Tier

TREES = ("requirement", "retention")


class TierForm(forms.ModelForm):
    """Two condition trees, each a textarea that the page's script dresses as the editor of rules."""

    class Meta:
        model = Tier
        fields = "__all__"  # noqa: DJ007 -- the page's fieldsets say which

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in TREES:
            if name in self.fields:
                self.fields[name].required = False
                self.fields[name].widget = UnfoldAdminTextareaWidget(
                    attrs={
                        "rows": 4,
                        "spellcheck": "false",
                        "data-conditions": reverse("admin:loyalty_rule_catalogue"),
                    }
                )

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        for name in TREES:
            if name in self.fields and name not in self.errors:
                data[name] = data.get(name) or {}
                self._judge(name, data[name])
        return data

    def _judge(self, name: str, tree: Any) -> None:
        try:
            conditions.validate(tree, kind=None)
        except LoyaltyError as fault:
            self.add_error(name, said(fault))
            told = [{"path": fault.param or "", "message": said(fault)}]
            self.fields[name].widget.attrs["data-faults"] = json.dumps(told, ensure_ascii=False)


@admin.register(Tier)
class TierAdmin(ModelAdmin):
    form = TierForm
    list_display = ("__str__", "ladder", "rank", "threshold", "benefits")
    list_filter = ("ladder",)
    list_select_related = ("ladder",)
    search_fields = ("code", "name_zh", "name_en")
    ordering = ("ladder", "rank")
    fieldsets = (
        (None, {"fields": (("name_zh", "name_en"), ("ladder", "code", "rank"))}),
        (
            _("Reached by"),
            {"fields": ("threshold", "requirement", ("is_invitation_only", "is_paid"))},
        ),
        (
            _("Kept by"),
            {
                "fields": ("keep_threshold", "retention"),
                "description": _("Leave both empty to ask for the same as reaching it."),
            },
        ),
        (_("Card"), {"fields": (("icon", "color_from", "color_to"),)}),
        (_("What it brings"), {"fields": (("benefits_zh", "benefits_en"), ("greeting_zh", "greeting_en"))}),
        (_("Out of use"), {"fields": ("archived_at",)}),
    )

    class Media:
        css = {"all": ("css/admin-rule.css",)}
        js = tuple(
            f"js/admin/{name}.js"
            for name in ("dom", "combobox", "condition-values", "condition-editor", "condition-fields")
        )

    @display(description=_("benefits"))
    def benefits(self, tier: Tier) -> str:
        return tier.benefits

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name in {"color_from", "color_to"}:
            kwargs["widget"] = UnfoldAdminColorInputWidget()
        return super().formfield_for_dbfield(db_field, request, **kwargs)


class TierInline(TabularInline):
    """The tiers at a glance; the rest is on each tier's own page."""

    model = Tier
    fields = ("rank", "code", "name_zh", "name_en", "threshold", "keep_threshold", "archived_at")
    readonly_fields = ("archived_at",)
    ordering = ("rank",)
    extra = 0
    can_delete = False
    show_change_link = True


class VersionInline(ReadOnlyInline):
    model = LadderVersion
    hide_title = True
    fields = ("number", "effective_from", "published_by", "moves", "moved_at")
    ordering = ("-number",)
    per_page = 10
    verbose_name_plural = _("Published versions")


class LadderForm(forms.ModelForm):
    class Meta:
        model = Ladder
        fields = "__all__"  # noqa: DJ007 -- the page's fieldsets say which

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "currency" in self.fields:
            units = [(unit.code, unit.name) for unit in Currency.objects.order_by("id")]
            self.fields["currency"] = forms.ChoiceField(
                label=self.fields["currency"].label, choices=units, widget=UnfoldAdminSelectWidget()
            )


class Publishing(forms.Form):
    moves = forms.ChoiceField(
        label=_("When do members move?"),
        choices=LadderVersion.Moves.choices,
        initial=LadderVersion.Moves.LATER,
        widget=UnfoldAdminSelectWidget(),
        help_text=_("At the next review, everybody first keeps what they have to the end of its validity."),
    )


def _ask_publish(_page: Any, _request: HttpRequest, ladder: Ladder) -> Confirmation:
    """What would move, counted over everybody; what keeps the draft from being published, where something does."""
    try:
        ladders.check(ladder)
    except LoyaltyError as fault:
        return Confirmation(title=_("This draft is not ready yet"), text=fault.message)
    found = previews.preview(ladder, now=clock.now())
    return Confirmation(
        title=_("Publish this ladder?"),
        text=_("From then on members rise by it. Below is who would move if everybody were judged by it today."),
        template="admin/members/ladder/publish.html",
        context={"preview": found, "version": ladders.latest(ladder)},
    )


@admin.register(Ladder)
class LadderAdmin(ModelAdmin):
    form = LadderForm
    list_display = ("called", "counts", "lasts", "downgrade", "in_force")
    ordering = ("-is_main", "pk")
    actions_detail = ("publish", "retire")
    fieldsets = (
        (None, {"fields": (("name_zh", "name_en", "code"),)}),
        (
            _("What a figure counts"),
            {"fields": (("basis", "currency"), ("window", "window_length", "window_unit"))},
        ),
        (
            _("How long a tier lasts"),
            {"fields": (("validity", "validity_length", "validity_unit"), ("rounding", "grace_days", "warn_days"))},
        ),
        (_("Moves"), {"fields": (("downgrade", "refunds_undo", "upgrade_gifts"),)}),
    )

    @display(description=_("name"), ordering="name_zh")
    def called(self, ladder: Ladder) -> str:
        return ladder.name

    @display(description=pgettext_lazy("ladder", "counts"))
    def counts(self, ladder: Ladder) -> str:
        return ladder.get_window_display()

    @display(description=_("a tier lasts"))
    def lasts(self, ladder: Ladder) -> str:
        return ladder.get_validity_display()

    @display(description=_("in force"))
    def in_force(self, ladder: Ladder) -> str:
        number: int | None = ladder.newest  # type: ignore[attr-defined]  # annotated by get_queryset
        return str(_("version %(number)s") % {"number": number}) if number else str(_("not published"))

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).annotate(newest=Max("versions__number"))

    def get_inlines(self, request: HttpRequest, obj: Ladder | None) -> list[Any]:
        return [TierInline, VersionInline] if obj is not None else []

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    @operation(
        label=_("Publish"),
        permission="members.change_ladder",
        ask=_ask_publish,
        icon="rocket_launch",
        variant=ActionVariant.PRIMARY,
        form=Publishing,
    )
    def publish(self, request: HttpRequest, ladder: Ladder, moves: str) -> str | Promise:
        version = ladders.publish(ladder, by=staff(request), now=clock.now(), moves=moves)
        return _("Version %(number)s is in force.") % {"number": version.number}

    @operation(
        label=_("Retire"),
        permission="members.change_ladder",
        ask=lambda *_all: Confirmation(
            title=_("Retire this ladder?"), text=_("Nobody is judged by it any more. What was given stays.")
        ),
        icon="bedtime",
        variant=ActionVariant.DANGER,
        suits=lambda ladder: not ladder.is_main and ladder.archived_at is None,
    )
    def retire(self, request: HttpRequest, ladder: Ladder) -> str | Promise:
        ladders.retire(ladder, now=clock.now())
        return _("The ladder is retired.")
