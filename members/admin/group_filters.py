"""The list of members by segment and tag, and what can be done with many of them at once."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Exists, OuterRef, QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.formats import number_format
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from unfold.widgets import UnfoldAdminSelectWidget

from loyalty import audit, clock, programme
from loyalty.admin.auditing import origin
from loyalty.admin.base import ModelAdmin, staff
from loyalty.errors import LoyaltyError
from members.groups import segments, tags
from members.models import Member, Segment, Tag, Tagging

SHOWN = 10
Members = QuerySet[Member]


def _within(queryset: Members, codes: str, *, inside: bool) -> Members:
    """Those in (or out of) each of the segments named, with commas between."""
    day = programme.day_of(clock.now())
    for segment in Segment.objects.filter(code__in=codes.split(",")):
        found = Exists(segments.people(segment, as_of=day).filter(pk=OuterRef("pk")))
        queryset = queryset.filter(found) if inside else queryset.filter(~found)
    return queryset


class InSegment(admin.SimpleListFilter):
    """Several segments with commas between mean whoever is in all of them."""

    title = gettext_lazy("segment")
    parameter_name = "segment"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(each.code, each.name) for each in Segment.objects.filter(archived_at=None)]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        return _within(queryset, self.value() or "", inside=True) if self.value() else queryset


class OutsideSegment(InSegment):
    title = gettext_lazy("not in segment")
    parameter_name = "outside"

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        return _within(queryset, self.value() or "", inside=False) if self.value() else queryset


class WithTag(admin.SimpleListFilter):
    title = gettext_lazy("tag")
    parameter_name = "tag"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(each.code, each.name) for each in Tag.objects.filter(archived_at=None)]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        if not self.value():
            return queryset
        return queryset.filter(Exists(Tagging.objects.filter(member=OuterRef("pk"), tag__code=self.value())))


FILTERS = (InSegment, OutsideSegment, WithTag)


class Chosen(forms.Form):
    """Which tag or list."""

    target = forms.ModelChoiceField(queryset=Tag.objects.none(), widget=UnfoldAdminSelectWidget())


Deed = Callable[[Any, list[int], datetime, Any], int]


def _tag(tag: Tag, ids: list[int], now: datetime, by: Any) -> int:
    return len(tags.give(tag=tag, account_ids=ids, source=Tagging.Source.STAFF, now=now, by=by))


def _untag(tag: Tag, ids: list[int], _now: datetime, _by: Any) -> int:
    return tags.take(tag=tag, account_ids=ids, source=Tagging.Source.STAFF)


def _list(segment: Segment, ids: list[int], now: datetime, _by: Any) -> int:
    return segments.add(segment, ids, now=now)


def _tags() -> QuerySet[Tag]:
    return Tag.objects.filter(is_automatic=False, archived_at=None)


def _lists() -> QuerySet[Segment]:
    return Segment.objects.filter(kind=Segment.Kind.STATIC, archived_at=None)


class Groups(ModelAdmin):
    """Three deeds for many members: each asks what and shows whom, then does it in one transaction."""

    actions = ("tag_them", "untag_them", "list_them")

    @admin.action(description=gettext_lazy("Tag…"))
    def tag_them(self, request: HttpRequest, queryset: Members) -> HttpResponse | None:
        return self._many(request, queryset, "tag_them", _("Tag these members"), _tags(), _tag)

    @admin.action(description=gettext_lazy("Take a tag off…"))
    def untag_them(self, request: HttpRequest, queryset: Members) -> HttpResponse | None:
        return self._many(request, queryset, "untag_them", _("Take a tag off these members"), _tags(), _untag)

    @admin.action(description=gettext_lazy("Put on a fixed list…"))
    def list_them(self, request: HttpRequest, queryset: Members) -> HttpResponse | None:
        return self._many(request, queryset, "list_them", _("Put these members on a fixed list"), _lists(), _list)

    def get_actions(self, request: HttpRequest) -> Any:
        """Only for those who may change members."""
        found = super().get_actions(request)
        return found if self.has_change_permission(request) else {}

    def _many(
        self,
        request: HttpRequest,
        queryset: Members,
        name: str,
        title: str | Promise,
        offered: "QuerySet[Any]",
        deed: Deed,
    ) -> HttpResponse | None:
        """Asks first; posted again with ``apply``, does it to the same choice of members."""
        if not self.has_change_permission(request):
            raise PermissionDenied
        form = Chosen(request.POST if "apply" in request.POST else None)
        target: Any = form.fields["target"]
        target.queryset, target.label = offered, _("Fixed list") if deed is _list else _("Tag")
        count = queryset.count()
        is_sure = "apply" in request.POST and form.is_valid()
        if is_sure and self._done(request, queryset, name, form.cleaned_data["target"], deed):
            return None
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": title,
            "form": form,
            "count": number_format(count, force_grouping=True),
            "shown": queryset.select_related("account", "tier")[:SHOWN],
            "more": max(0, count - SHOWN),
            "posted": _posted(request),
            "action": name,
        }
        return TemplateResponse(request, "admin/members/member/many.html", context)

    def _done(self, request: HttpRequest, queryset: Members, name: str, target: Any, deed: Deed) -> bool:
        now, by = clock.now(), staff(request)
        ids = sorted(queryset.values_list("pk", flat=True))
        try:
            changed = deed(target, ids, now, by)
        except LoyaltyError as refusal:
            messages.error(request, refusal.message)
            return False
        audit.record(
            deed=f"members.member.{name}",
            subject=audit.name_of(target),
            actor=by,
            after={"code": target.code, "chosen": len(ids), "changed": changed},
            now=now,
            **origin(request)._asdict(),
        )
        text = ngettext("“%(name)s”: %(count)s member changed.", "“%(name)s”: %(count)s members changed.", changed)
        messages.success(request, text % {"name": target, "count": number_format(changed)})
        return True


def _posted(request: HttpRequest) -> list[tuple[str, str]]:
    """What chose the members, to be posted again."""
    kept = ("_selected_action", "select_across", "index")
    return [(name, value) for name in kept for value in request.POST.getlist(name)]
