"""The operators' pages of tags: a colour, an end, and for automatic ones a condition."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.urls import reverse
from django.utils.formats import number_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from unfold.decorators import display
from unfold.widgets import UnfoldAdminColorInputWidget

from loyalty import clock, conditions
from loyalty import programme as programmes
from loyalty.admin import showing
from loyalty.admin.base import Confirmation, ModelAdmin, operation
from members.admin.condition_forms import SCRIPTS, STYLES, ConditionForm
from members.groups import tags
from members.models import Tag


class TagForm(ConditionForm):
    class Meta:
        model = Tag
        fields = ("name_zh", "name_en", "code", "color", "note", "expires_days", "is_automatic", "condition")


def chip(tag: Tag) -> SafeString:
    """The tag as it looks: its colour as a dot beside its name; colours are attributes, never styles."""
    dot = format_html(
        '<svg class="eg-tag-dot" viewBox="0 0 8 8" aria-hidden="true"><circle cx="4" cy="4" r="4" fill="{}"/></svg>',
        tag.color,
    )
    return format_html('<span class="eg-tag">{}{}</span>', dot, tag.name)


@admin.register(Tag)
class TagAdmin(ModelAdmin):
    form = TagForm
    list_display = ("called", "code", "how", "counted", "ends", "settled")
    list_filter = ("is_automatic", ("archived_at", admin.EmptyFieldListFilter))
    search_fields = ("code", "name_zh", "name_en", "note")
    ordering = ("archived_at", "code")
    change_form_template = "admin/members/tag/change_form.html"
    fieldsets = (
        (None, {"fields": (("name_zh", "name_en"), ("code", "color"), "note", "expires_days")}),
        (gettext_lazy("Who gets it"), {"fields": ("is_automatic", "condition")}),
    )
    actions_detail = ("settle", "retire")

    class Media:
        css = STYLES
        js = SCRIPTS

    @display(description=gettext_lazy("tag"), ordering="code")
    def called(self, tag: Tag) -> SafeString:
        return chip(tag)

    @display(description=gettext_lazy("who gets it"))
    def how(self, tag: Tag) -> str:
        if not tag.is_automatic:
            return _("set by people, rules and tills")
        try:
            return conditions.sentence(tag.condition, currency=self.money, vocabulary=self.vocabulary)
        except conditions.ConditionError as fault:
            return fault.message

    @display(description=gettext_lazy("members"))
    def counted(self, tag: Tag) -> SafeString:
        where = f"{reverse('admin:members_member_changelist')}?tag={tag.code}"
        count = number_format(self.counts.get(tag.pk, 0), force_grouping=True)
        return format_html('<a class="eg-link" href="{}">{}</a>', where, count)

    @display(description=gettext_lazy("ends"), ordering="expires_days")
    def ends(self, tag: Tag) -> str:
        days = tag.expires_days
        return ngettext("after %(days)s day", "after %(days)s days", days) % {"days": days} if days else "–"

    @display(description=gettext_lazy("last settled"), ordering="settled_at")
    def settled(self, tag: Tag) -> str:
        return showing.when(tag.settled_at)

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        """The list; what all its rows need is asked once."""
        self.counts = tags.counts()
        self.money, self.vocabulary = programmes.current().currency, conditions.Vocabulary()
        return super().get_changelist_instance(request)

    def get_readonly_fields(self, request: HttpRequest, obj: Tag | None = None) -> tuple[str, ...]:
        return ("code",) if obj else ()

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "color":
            kwargs["widget"] = UnfoldAdminColorInputWidget()
        return super().formfield_for_dbfield(db_field, request, **kwargs)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Conditions and rules of the past name it: it is retired instead."""
        return False

    @operation(
        label=gettext_lazy("Settle now"),
        permission="members.change_tag",
        ask=lambda _page, _request, tag: Confirmation(
            title=_("Settle this tag now?"),
            text=_(
                "Gives it to whom its condition holds for, and takes it from the others. The rules are told tonight."
            ),
        ),
        icon="sync",
        suits=lambda tag: tag.is_automatic and tag.archived_at is None,
    )
    def settle(self, _request: HttpRequest, tag: Tag) -> str:
        given, taken = tags.settle(tag, now=clock.now())
        return _("Given or kept: %(given)s. Taken: %(taken)s.") % {
            "given": number_format(given),
            "taken": number_format(taken),
        }

    @operation(
        label=gettext_lazy("Retire"),
        permission="members.change_tag",
        ask=lambda _page, _request, tag: Confirmation(
            title=_("Retire this tag?"),
            text=_("“%(name)s” is no longer given. Whoever has it keeps it until it ends.") % {"name": tag},
        ),
        icon="archive",
        suits=lambda tag: tag.archived_at is None,
    )
    def retire(self, _request: HttpRequest, tag: Tag) -> str:
        Tag.objects.filter(pk=tag.pk).update(archived_at=clock.now())
        return _("The tag is retired.")
