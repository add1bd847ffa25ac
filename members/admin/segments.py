"""The operators' pages of segments: the condition with its live count, lists, freezing, export."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseRedirect, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.urls import URLPattern, path, reverse
from django.utils.formats import number_format
from django.utils.functional import Promise
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext_lazy
from unfold.decorators import display
from unfold.widgets import UnfoldAdminFileFieldWidget, UnfoldAdminTextareaWidget, UnfoldAdminTextInputWidget

from loyalty import audit, clock, conditions
from loyalty import programme as programmes
from loyalty.admin import showing
from loyalty.admin.auditing import origin
from loyalty.admin.base import Confirmation, ModelAdmin, address, operation, staff
from loyalty.errors import LoyaltyError
from loyalty.imports import files
from members.admin import group_answers, group_pages
from members.admin.condition_forms import SCRIPTS, STYLES, ConditionForm
from members.groups import exporting, segments
from members.models import Member, Segment

EXPORT = "members.export_segment"
CONTACTS = "members.export_contacts"
CSV = "text/csv; charset=utf-8"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


class SegmentForm(ConditionForm):
    """A condition, or the numbers and phones of a fixed list."""

    references = forms.CharField(
        label=gettext_lazy("Add members"),
        required=False,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 5, "spellcheck": "false"}),
        help_text=gettext_lazy("Member numbers or phones, one on each line."),
    )
    file = forms.FileField(
        label=gettext_lazy("Or from a file"),
        required=False,
        widget=UnfoldAdminFileFieldWidget(),
        help_text=gettext_lazy("CSV or XLSX; the first column holds numbers or phones."),
    )

    class Meta:
        model = Segment
        fields = ("name_zh", "name_en", "code", "note", "kind", "condition")

    def inside(self) -> str:
        return self.instance.code or str(self.data.get("code", ""))

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        try:
            words = segments.read_list(data.get("references") or "") + _first_column(data.get("file"))
            self.found = segments.find(words)
        except LoyaltyError as fault:
            self.found = segments.Found([], [])
            self.add_error("references", fault.message)
        return data


def _first_column(upload: Any) -> list[str]:
    """The first cells of an uploaded table, its header too: who is no member is told anyway."""
    if not upload:
        return []
    table = files.open_table(files.take(upload), most_rows=segments.LONGEST_LIST)
    return [cell for cell in (*table.header[:1], *(row.cells[0].strip() for row in table.rows)) if cell]


class Frozen(forms.Form):
    """How the fixed list is called."""

    name_zh = forms.CharField(label=gettext_lazy("Name (Chinese)"), max_length=30, widget=UnfoldAdminTextInputWidget())
    name_en = forms.CharField(label=gettext_lazy("Name (English)"), max_length=30, widget=UnfoldAdminTextInputWidget())
    code = forms.SlugField(label=gettext_lazy("Code"), max_length=30, widget=UnfoldAdminTextInputWidget())


def _ask_freeze(_page: Any, _request: HttpRequest, segment: Segment) -> Confirmation:
    text = _("A new fixed list keeps who is in the segment at this moment; later changes leave it alone.")
    day = clock.now().strftime("%y%m%d")
    initial = {
        "name_zh": f"{segment.name_zh} {day}"[:30],
        "name_en": f"{segment.name_en} {day}"[:30],
        "code": f"{segment.code}-{day}"[:30],
    }
    return Confirmation(title=_("Keep as a fixed list"), text=text, initial=initial)


def _ask_retire(_page: Any, _request: HttpRequest, segment: Segment) -> Confirmation:
    text = _("“%(name)s” is no longer offered. Nothing that happened changes.") % {"name": segment}
    return Confirmation(title=_("Retire this segment?"), text=text)


@admin.register(Segment)
class SegmentAdmin(ModelAdmin):
    form = SegmentForm
    list_display = ("called", "kinds", "whom", "counted", "share", "as_of")
    list_filter = ("kind", ("archived_at", admin.EmptyFieldListFilter))
    search_fields = ("code", "name_zh", "name_en", "note")
    ordering = ("archived_at", "code")
    change_form_template = "admin/members/segment/change_form.html"
    change_list_template = "admin/members/segment/change_list.html"
    fieldsets = (
        (None, {"fields": (("name_zh", "name_en"), ("code", "kind"), "note")}),
        (pgettext_lazy("segment", "Who is in it"), {"fields": ("condition", "references", "file")}),
    )
    actions_detail = ("count_anew", "freeze", "retire")

    class Media:
        css = STYLES
        js = SCRIPTS

    @display(description=gettext_lazy("name"), ordering="code")
    def called(self, segment: Segment) -> str:
        return segment.name

    @display(description=gettext_lazy("kind"), ordering="kind", label={"dynamic": "success", "static": "info"})
    def kinds(self, segment: Segment) -> tuple[str, str | Promise]:
        return segment.kind, _("condition") if segment.kind == Segment.Kind.DYNAMIC else _("fixed list")

    @display(description=gettext_lazy("who"))
    def whom(self, segment: Segment) -> str:
        if segment.kind != Segment.Kind.DYNAMIC:
            return segment.note
        try:
            return conditions.sentence(segment.condition, currency=self.money, vocabulary=self.vocabulary)
        except conditions.ConditionError as fault:
            return fault.message

    @display(description=gettext_lazy("members"), ordering="count")
    def counted(self, segment: Segment) -> SafeString | str:
        if segment.count is None:
            return "–"
        return format_html(
            '<a class="eg-link" href="{}">{}</a>', who_is_in(segment), number_format(segment.count, force_grouping=True)
        )

    @display(description=gettext_lazy("share"))
    def share(self, segment: Segment) -> str:
        return f"{number_format(100 * (segment.count or 0) / self.everyone, 1)}%" if self.everyone else "–"

    @display(description=gettext_lazy("counted"), ordering="counted_at")
    def as_of(self, segment: Segment) -> str:
        return showing.when(segment.counted_at)

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        """The list; what all its rows need is asked once."""
        self.everyone = segments.everyone().count()
        self.money, self.vocabulary = programmes.current().currency, conditions.Vocabulary()
        return super().get_changelist_instance(request)

    def get_readonly_fields(self, request: HttpRequest, obj: Segment | None = None) -> tuple[str, ...]:
        return ("code", "kind") if obj else ()

    def get_fieldsets(self, request: HttpRequest, obj: Segment | None = None) -> Any:
        """A segment keeps its kind, so its page asks only for what that kind takes."""
        if obj is None:
            return self.fieldsets
        own = ("condition",) if obj.kind == Segment.Kind.DYNAMIC else ("references", "file")
        return (self.fieldsets[0], (pgettext_lazy("segment", "Who is in it"), {"fields": own}))

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Conditions of the past name it: it is retired instead."""
        return False

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        segment, now = form.instance, clock.now()
        if segment.kind == Segment.Kind.DYNAMIC:
            segments.recount(segment, now=now)
            return
        new = segments.add(segment, form.found.account_ids, now=now)
        if form.found.account_ids:
            text = ngettext("%(count)s member is new on the list.", "%(count)s members are new on the list.", new)
            messages.success(request, text % {"count": new})
        if form.found.unknown:
            count = len(form.found.unknown)
            text = ngettext(
                "%(count)s entry is no member: %(words)s", "%(count)s entries are no members: %(words)s", count
            )
            shown = ", ".join(form.found.unknown[:10]) + ("…" if len(form.found.unknown) > 10 else "")
            messages.warning(request, text % {"count": count, "words": shown})

    @operation(
        label=gettext_lazy("Count anew"),
        permission="members.view_segment",
        ask=lambda _page, _request, segment: Confirmation(
            title=_("Count anew"), text=_("Counts who is in “%(name)s” right now.") % {"name": segment}
        ),
        icon="calculate",
        audited=False,
    )
    def count_anew(self, _request: HttpRequest, segment: Segment) -> str:
        found = segments.recount(segment, now=clock.now())
        return ngettext("%(count)s member.", "%(count)s members.", found) % {"count": number_format(found)}

    @operation(
        label=gettext_lazy("Keep as a fixed list"),
        permission="members.add_segment",
        ask=_ask_freeze,
        icon="ac_unit",
        form=Frozen,
    )
    def freeze(self, _request: HttpRequest, segment: Segment, *, code: str, name_zh: str, name_en: str) -> str:
        kept = segments.freeze(segment, code=code, name_zh=name_zh, name_en=name_en, now=clock.now())
        text = ngettext("“%(name)s” holds %(count)s member.", "“%(name)s” holds %(count)s members.", kept.count or 0)
        return text % {"name": kept, "count": number_format(kept.count or 0)}

    @operation(
        label=gettext_lazy("Retire"),
        permission="members.change_segment",
        ask=_ask_retire,
        icon="archive",
        suits=lambda segment: segment.archived_at is None,
    )
    def retire(self, _request: HttpRequest, segment: Segment) -> str:
        segments.retire(segment, now=clock.now())
        return _("The segment is retired.")

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        segment = self.get_object(request, object_id)
        known = {"members_page": who_is_in(segment), "may_export": request.user.has_perm(EXPORT)} if segment else {}
        page: HttpResponse = super().change_view(request, object_id, form_url, {**known, **(extra_context or {})})
        return page

    def get_urls(self) -> list[URLPattern]:
        def page(route: str, view: Callable[..., HttpResponseBase], name: str) -> URLPattern:
            guarded: Callable[..., HttpResponseBase] = self.admin_site.admin_view(view)
            return path(route, guarded, name=f"members_segment_{name}")

        own = [
            page("catalogue/", group_answers.catalogue, "catalogue"),
            page("count/", group_answers.count, "count"),
            page("overlap/", lambda request: group_pages.overlap(self, request), "overlap"),
            page("dimensions/", lambda request: group_pages.dimensions(self, request), "dimensions"),
            page("<int:pk>/export.<str:kind>", self.export, "export"),
        ]
        return [*own, *super().get_urls()]

    def export(self, request: HttpRequest, pk: int, kind: str) -> HttpResponseBase:
        """The members as a file; who took it, how many and whether whole contacts went out is kept."""
        segment = Segment.objects.filter(pk=pk).first()
        if not request.user.has_perm(EXPORT):
            raise PermissionDenied
        if segment is None or kind not in {"csv", "xlsx"}:
            raise Http404
        now = clock.now()
        people = segments.people(segment, as_of=programmes.day_of(now))
        whole = request.user.has_perm(CONTACTS) and "whole" in request.GET
        name = f"{segment.code}-{now:%Y%m%d}.{kind}"
        try:
            answer = _file(people, kind, name, whole=whole)
        except LoyaltyError as refusal:
            messages.error(request, refusal.message)
            return HttpResponseRedirect(address(segment))
        audit.record(
            deed="members.segment.exported",
            subject=audit.name_of(segment),
            actor=staff(request),
            after={"code": segment.code, "members": people.count(), "file": name, "whole_contacts": whole},
            now=now,
            **origin(request)._asdict(),
        )
        return answer


def _file(people: Any, kind: str, name: str, *, whole: bool) -> HttpResponseBase:
    if kind == "xlsx":
        made = exporting.book(people, whole=whole)
        return FileResponse(made, as_attachment=True, filename=name, content_type=XLSX)
    named = {"Content-Disposition": f'attachment; filename="{name}"'}
    return StreamingHttpResponse(exporting.lines(people, whole=whole), content_type=CSV, headers=named)


def who_is_in(segment: Segment) -> str:
    """The list of members, filtered."""
    meta = Member._meta  # Django's documented way to a model's names
    return f"{reverse(f'admin:{meta.app_label}_{meta.model_name}_changelist')}?segment={segment.code}"
