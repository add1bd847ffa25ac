"""Two pages beside the segments: how two of them overlap, and all that members can be told apart by."""

from typing import Any
from urllib.parse import urlencode

from django.contrib.admin import ModelAdmin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from loyalty import clock
from loyalty import programme as programmes
from members.admin import group_answers, venn
from members.groups import dimensions as catalogue
from members.groups import segments
from members.models import Segment


def overlap(page: "ModelAdmin[Segment]", request: HttpRequest) -> HttpResponse:
    """Two segments side by side: a drawing, a table, and the members of each part."""
    if not page.has_view_permission(request):
        raise PermissionDenied
    offered = list(Segment.objects.filter(archived_at=None))
    known = {each.code: each for each in offered}
    first, second = (known.get(request.GET.get(name, "")) for name in ("a", "b"))
    context: dict[str, Any] = {
        "title": _("Overlap of two segments"),
        "offered": offered,
        "first": first,
        "second": second,
    }
    if first and second:
        found = segments.overlap(first, second, now=clock.now())
        context |= {
            "found": found,
            "venn": venn.draw(found.first, found.second, found.both),
            "parts": _parts(first, second, found),
        }
    return _shown(page, request, "overlap", context)


def _parts(first: Segment, second: Segment, found: segments.Overlap) -> list[dict[str, Any]]:
    def part(label: str, count: int, **asked: str) -> dict[str, Any]:
        share = 100 * count / found.either if found.either else 0.0
        return {"label": label, "count": count, "share": share, "href": members_page(**asked)}

    both = f"{first.code},{second.code}"
    names = {"first": first.name, "second": second.name}
    return [
        part(_("“%(first)s” but not “%(second)s”") % names, found.only_first, segment=first.code, outside=second.code),
        part(_("both"), found.both, segment=both),
        part(_("“%(second)s” but not “%(first)s”") % names, found.only_second, segment=second.code, outside=first.code),
        part(_("all of “%(first)s”") % names, found.first, segment=first.code),
        part(_("all of “%(second)s”") % names, found.second, segment=second.code),
    ]


def members_page(**asked: str) -> str:
    return f"{reverse('admin:members_member_changelist')}?{urlencode(asked)}"


def dimensions(page: "ModelAdmin[Segment]", request: HttpRequest) -> HttpResponse:
    """Everything a condition about members can name, counted by group; ``q`` narrows it down."""
    group_answers.guard(request)
    directory = catalogue.directory(currency=programmes.current().currency)
    words = request.GET.get("q", "").strip()
    groups = directory.matching(words)
    context = {
        "title": _("Dimensions"),
        "directory": directory,
        "groups": groups,
        "words": words,
        "matching": catalogue.summed(groups),
        "periods": catalogue.PERIODS,
        "ways": catalogue.WAYS,
    }
    return _shown(page, request, "dimensions", context)


def _shown(page: "ModelAdmin[Segment]", request: HttpRequest, name: str, context: dict[str, Any]) -> HttpResponse:
    shared = {**page.admin_site.each_context(request), "opts": page.opts}
    return TemplateResponse(request, f"admin/members/segment/{name}.html", {**shared, **context})
