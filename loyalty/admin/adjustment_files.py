"""Files of adjustments: uploaded, looked at row by row, asked for, and followed while a worker does them.

Whoever may ask for an adjustment may send a file; whoever sees approvals sees it. Nothing is kept
before somebody asks but the upload itself, for a day.
"""

from collections.abc import Callable, Mapping
from itertools import islice
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.formats import number_format
from django.utils.http import urlencode
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.decorators import display

from loyalty import approvals, clock, thresholds
from loyalty.adjustment_files import carrying, drafts, filing, reading, reporting
from loyalty.adjustment_files.filing import Upload
from loyalty.adjustment_files.reading import Sheet
from loyalty.admin import adjustment_lines, showing
from loyalty.admin.adjustment_forms import AskForm, UploadForm
from loyalty.admin.auditing import origin
from loyalty.admin.base import AppendOnly, address, staff
from loyalty.errors import LoyaltyError
from loyalty.imports import files
from loyalty.models import AdjustmentFile, Approval, Threshold, User

SHOWN = 50  # remarks and rows on the page; the report has them all
FIRST = 10
CSV = "text/csv; charset=utf-8"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@admin.register(AdjustmentFile)
class AdjustmentFileAdmin(AppendOnly):
    list_display = ("named", "standing", "unit", "gives", "takes", "maker", "asked", "finished", "wish")
    list_filter = ("approval__state", "currency")
    search_fields = ("file_name", "approval__reason", "=approval__asked_by__username")
    search_help_text = gettext_lazy("File, reason or login")
    list_select_related = ("approval__asked_by", "currency")
    ordering = ("-id",)

    @display(description=gettext_lazy("file"), ordering="pk")
    def named(self, kept: AdjustmentFile) -> str:
        return f"#{kept.pk} {kept.file_name}"

    @display(description=gettext_lazy("state"), ordering="approval__state", label=showing.CHIPS)
    def standing(self, kept: AdjustmentFile) -> tuple[str, str]:
        return state_of(kept)

    @display(description=gettext_lazy("unit"))
    def unit(self, kept: AdjustmentFile) -> str:
        return kept.currency.name

    @display(description=gettext_lazy("given in all"), ordering="given")
    def gives(self, kept: AdjustmentFile) -> str:
        return showing.points(kept.given)

    @display(description=gettext_lazy("taken in all"), ordering="taken")
    def takes(self, kept: AdjustmentFile) -> str:
        return showing.points(-kept.taken)

    @display(description=gettext_lazy("asked by"))
    def maker(self, kept: AdjustmentFile) -> str:
        return kept.approval.asked_by.get_full_name() if kept.approval.asked_by else "–"

    @display(description=gettext_lazy("asked on"), ordering="approval__asked_at")
    def asked(self, kept: AdjustmentFile) -> str:
        return showing.when(kept.approval.asked_at)

    @display(description=gettext_lazy("done"), ordering="done_at")
    def finished(self, kept: AdjustmentFile) -> str:
        return showing.when(kept.done_at)

    @display(description=gettext_lazy("approval"))
    def wish(self, kept: AdjustmentFile) -> SafeString | str:
        return showing.link(kept.approval, kept.approval.get_state_display())

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm("loyalty.view_approval")

    def has_add_permission(self, request: HttpRequest) -> bool:
        person = staff(request)
        return person is not None and approvals.may_ask(person)

    def get_urls(self) -> list[URLPattern]:
        def page(route: str, view: Callable[..., HttpResponseBase], name: str) -> URLPattern:
            guarded: Callable[..., HttpResponseBase] = self.admin_site.admin_view(view)
            return path(route, guarded, name=f"loyalty_adjustmentfile_{name}")

        own = [
            page("template/", self.template, "template"),
            page("add/<str:digest>/", self.preview, "preview"),
            page("add/<str:digest>/report/", self.preview_report, "preview_report"),
            page("<int:pk>/progress/", self.tell, "progress"),
            page("<int:pk>/report/", self.download, "report"),
            page("<int:pk>/go-on/", self.go_on, "go_on"),
        ]
        return [*own, *super().get_urls()]

    def template(self, request: HttpRequest) -> HttpResponse:
        """An empty workbook whose cells are text."""
        self._asker(request)
        header = [_("member"), _("points"), _("note")]
        named = {"Content-Disposition": 'attachment; filename="adjustments.xlsx"'}
        return HttpResponse(reporting.template(header), content_type=XLSX, headers=named)

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        """Takes a file in and goes on to what it would do."""
        person = self._asker(request)
        form = UploadForm(request.POST or None, request.FILES or None, initial={"currency": "points"})
        if form.is_valid():
            try:
                return HttpResponseRedirect(_taken_in(form.cleaned_data, person))
            except LoyaltyError as refusal:
                form.add_error("file", refusal.message)
        back = reverse("admin:loyalty_adjustmentfile_changelist")
        return self._page(request, "upload", {"title": _("Adjust points by file"), "form": form, "back": back})

    def preview(self, request: HttpRequest, digest: str) -> HttpResponse:
        """What the file would do, row by row; a POST asks for it."""
        person = self._asker(request)
        try:
            upload = _draft(request, digest, person)
            sheet = filing.look(upload, by=person)
        except LoyaltyError as refusal:
            messages.error(request, refusal.message)
            return HttpResponseRedirect(reverse("admin:loyalty_adjustmentfile_add"))
        form = AskForm(request.POST or None, has_refused=bool(sheet.refused))
        if request.method == "POST" and form.is_valid():
            done = self._ask(request, person, upload, form)
            if done is not None:
                return done
        return self._page(request, "preview", _seen(request, person, upload, sheet) | {"form": form})

    def preview_report(self, request: HttpRequest, digest: str) -> HttpResponseBase:
        """All that there is to say of rows, with their own cells, as CSV."""
        person = self._asker(request)
        try:
            upload = _draft(request, digest, person)
            sheet = filing.look(upload, by=person)
        except LoyaltyError as refusal:
            raise Http404 from refusal
        lines = reporting.preview(files.open_table(upload.data, most_rows=reading.MOST_ROWS), sheet.notes)
        named = {"Content-Disposition": 'attachment; filename="adjustments-preview.csv"'}
        return StreamingHttpResponse(lines, content_type=CSV, headers=named)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        kept = self._kept(request, object_id)
        context = {"title": self.named(kept), "original": kept, "state": state_of(kept)}
        return self._page(request, "page", context | adjustment_lines.known(request, kept))

    def tell(self, request: HttpRequest, pk: int) -> HttpResponse:
        """How far it is, for the page's script."""
        standing = carrying.standing(self._kept(request, pk))
        told = {"under_way": standing.under_way, "percent": standing.percent, "words": adjustment_lines.words(standing)}
        return JsonResponse(told, headers={"Cache-Control": "no-store"})

    def download(self, request: HttpRequest, pk: int) -> HttpResponseBase:
        """What became of each row, as CSV that can be corrected and sent again."""
        kept = self._kept(request, pk)
        named = {"Content-Disposition": f'attachment; filename="adjustments-{kept.pk}.csv"'}
        return StreamingHttpResponse(reporting.lines(kept), content_type=CSV, headers=named)

    def go_on(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Lets the worker try again that gave up."""
        kept = self._kept(request, pk)
        self._asker(request)
        if request.method == "POST" and carrying.go_on(file_id=kept.pk, now=clock.now()):
            self.log_change(request, kept, str(_("Go on")))
        return HttpResponseRedirect(address(kept))

    def _ask(self, request: HttpRequest, person: User, upload: Upload, form: AskForm) -> HttpResponse | None:
        """The page of the file that was asked for, or ``None`` where the form can be corrected."""
        try:
            wish = filing.ask(upload, by=person, now=clock.now(), origin=origin(request), **form.cleaned_data)
        except LoyaltyError as refusal:
            form.add_error(refusal.param if refusal.param in form.fields else None, refusal.message)
            return None
        kept = AdjustmentFile.objects.get(approval=wish)
        drafts.drop(digest=files.fingerprint(upload.data), user_id=person.pk)
        self.log_addition(request, kept, [{"added": {}}])
        tell = messages.success if wish.state == Approval.State.APPROVED else messages.warning
        tell(request, approvals.outcome(wish))
        return HttpResponseRedirect(address(kept))

    def _asker(self, request: HttpRequest) -> User:
        person = staff(request)
        if person is None or not self.has_add_permission(request):
            raise PermissionDenied
        return person

    def _kept(self, request: HttpRequest, pk: Any) -> AdjustmentFile:
        if not self.has_view_permission(request):
            raise PermissionDenied
        found = AdjustmentFile.objects.select_related("approval__asked_by", "approval__decided_by", "currency")
        kept = found.filter(pk=pk).first() if str(pk).isdecimal() else None
        if kept is None:
            raise Http404
        return kept

    def _page(self, request: HttpRequest, name: str, context: Mapping[str, Any]) -> HttpResponse:
        shared = {**self.admin_site.each_context(request), "opts": self.opts}
        return TemplateResponse(request, f"admin/loyalty/adjustmentfile/{name}.html", {**shared, **context})


def state_of(kept: AdjustmentFile) -> tuple[str, str]:
    """The state of the wish, and once it is agreed how the file stands."""
    wish = kept.approval
    if wish.state != Approval.State.APPROVED:
        return wish.state, wish.get_state_display()
    return ("done", _("done")) if kept.done_at else ("running", _("under way"))


def _taken_in(answers: Mapping[str, Any], person: User) -> str:
    """Keeps an upload that can be read; the address of its preview."""
    data = files.take(answers["file"])
    partner = answers["partner"]
    upload = Upload(data, answers["file"].name or "", answers["currency"], partner.pk if partner else None)
    filing.look(upload, by=person)
    digest = drafts.keep(data=data, user_id=person.pk)
    known = {"name": upload.file_name[-200:], "currency": upload.currency, "partner": upload.partner_id or ""}
    return f"{reverse('admin:loyalty_adjustmentfile_preview', args=[digest])}?{urlencode(known)}"


def _draft(request: HttpRequest, digest: str, person: User) -> Upload:
    partner = request.GET.get("partner", "")
    return Upload(
        drafts.take(digest=digest, user_id=person.pk),
        request.GET.get("name", "")[-200:] or "–",
        request.GET.get("currency", "points"),
        int(partner) if partner.isdecimal() and len(partner) < 10 else None,
    )


def _seen(request: HttpRequest, person: User, upload: Upload, sheet: Sheet) -> dict[str, Any]:
    """What the preview shows."""
    table = files.open_table(upload.data, most_rows=reading.MOST_ROWS)
    digest = files.fingerprint(upload.data)
    report = reverse("admin:loyalty_adjustmentfile_preview_report", args=[digest])
    return {
        "title": upload.file_name,
        "unit": sheet.unit,
        "figures": adjustment_lines.of_sheet(sheet),
        "header": table.header,
        "sample": [row.cells for row in islice(table.rows, FIRST)],
        "remarks": [(note, str(reporting.OUTCOMES[note.outcome])) for note in sheet.notes[:SHOWN]],
        "remark_count": len(sheet.notes),
        "report_link": f"{report}?{request.GET.urlencode()}",
        "is_empty": not sheet.lines,
        "limit": _limit(person, sheet),
        "back": reverse("admin:loyalty_adjustmentfile_add"),
    }


def _limit(person: User, sheet: Sheet) -> str:
    alone = thresholds.limits(person, Threshold.Deed.BULK).alone
    if not alone:
        return _("A colleague has to agree before anything changes.")
    words = {
        "points": number_format(alone, force_grouping=True),
        "size": number_format(sheet.total, force_grouping=True),
    }
    if sheet.total <= alone:
        return _("This file moves %(size)s in all. You may do up to %(points)s alone, so it begins at once.") % words
    return _("This file moves %(size)s in all. You may do up to %(points)s alone, so a colleague has to agree.") % words
