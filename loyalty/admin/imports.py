"""Files of orders: uploaded, understood, tried out, imported by a worker, and reported row by row.

The page of an import shows what it needs next: its columns, how far it is, or what became of it.
"""

from collections.abc import Callable
from itertools import islice
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _
from unfold.decorators import display

from loyalty import clock
from loyalty import programme as programmes
from loyalty.admin import showing
from loyalty.admin.base import AppendOnly, address, staff
from loyalty.admin.import_forms import PlanForm, UploadForm
from loyalty.errors import LoyaltyError
from loyalty.imports import columns, files, reporting, running, wording, working
from loyalty.imports.columns import Plan
from loyalty.models import ImportJob, ImportRow

PREVIEW_ROWS = 5
REPORT_PAGE = 50
ADD = "loyalty.add_importjob"
Sample = tuple[list[str], list[list[str]]]


@admin.register(ImportJob)
class ImportJobAdmin(AppendOnly):
    list_display = ("named", "partner", "standing", "progress", "created", "created_by")
    list_filter = ("state", "partner")
    search_fields = ("file_name",)
    list_select_related = ("partner", "created_by")
    ordering = ("-created_at", "-id")

    @display(description=gettext_lazy("import"), ordering="pk")
    def named(self, job: ImportJob) -> str:
        return str(job)

    @display(description=gettext_lazy("state"), ordering="state", label=showing.CHIPS)
    def standing(self, job: ImportJob) -> tuple[str, str]:
        return job.state, job.get_state_display()

    @display(description=gettext_lazy("rows"))
    def progress(self, job: ImportJob) -> str:
        return f"{job.next_row:,} / {job.total_rows:,}"

    @display(description=gettext_lazy("created"), ordering="created_at")
    def created(self, job: ImportJob) -> str:
        return showing.when(job.created_at)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm(ADD)

    def get_urls(self) -> list[URLPattern]:
        def page(name: str, view: Callable[..., HttpResponseBase]) -> URLPattern:
            guarded: Callable[..., HttpResponseBase] = self.admin_site.admin_view(view)
            return path(f"<int:pk>/{name}/", guarded, name=f"loyalty_importjob_{name}")

        own = [page("start", self.start), page("progress", self.tell), page("report", self.download)]
        return [*own, *super().get_urls()]

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        """Takes a file in and goes on to its columns; a file that came before is refused by its number."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        form = UploadForm(request.POST or None, request.FILES or None)
        if form.is_valid():
            try:
                job = _upload(request, form)
            except LoyaltyError as refusal:
                form.add_error("file", refusal.message)
            else:
                self.log_addition(request, job, [{"added": {}}])
                return HttpResponseRedirect(address(job))
        context = {"title": _("Import orders"), "form": form, "back": reverse("admin:loyalty_importjob_changelist")}
        return self._page(request, "upload", context)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        job = self._job(request, object_id)
        return self._show(request, job, None)

    def start(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Hands the import, or a dry run of it, to a worker."""
        job = self._job(request, pk)
        if not request.user.has_perm(ADD):
            raise PermissionDenied
        if request.method != "POST":
            return HttpResponseRedirect(address(job))
        rehearsal, plan = request.POST.get("deed") == "try", Plan.load(job.mapping)
        if not job.next_row:
            form = PlanForm(request.POST, header=_sample(job)[0], plan=plan)
            if not form.is_valid():
                return self._show(request, job, form)
            plan = form.plan()
        try:
            working.start(job_id=job.pk, plan=plan, rehearsal=rehearsal, now=clock.now())
        except LoyaltyError as refusal:
            messages.error(request, refusal.message)
        else:
            self.log_change(request, job, str(_("Dry run") if rehearsal else _("Import")))
        return HttpResponseRedirect(address(job))

    def tell(self, request: HttpRequest, pk: int) -> HttpResponse:
        """How far it is, for the page's script."""
        return JsonResponse(_standing(self._job(request, pk)), headers={"Cache-Control": "no-store"})

    def download(self, request: HttpRequest, pk: int) -> HttpResponseBase:
        """The report row by row, as CSV."""
        job = self._job(request, pk)
        named = {"Content-Disposition": f'attachment; filename="import-{job.pk}.csv"'}
        return StreamingHttpResponse(reporting.lines(job), content_type="text/csv; charset=utf-8", headers=named)

    def _job(self, request: HttpRequest, pk: Any) -> ImportJob:
        job: ImportJob | None = self.get_object(request, str(pk))
        if job is None:
            raise Http404
        if not self.has_view_permission(request, job):
            raise PermissionDenied
        return job

    def _show(self, request: HttpRequest, job: ImportJob, form: PlanForm | None) -> HttpResponse:
        standing = _standing(job)
        may_start = request.user.has_perm(ADD) and not standing["under_way"] and job.state != ImportJob.State.DONE
        context: dict[str, Any] = {
            "title": str(job),
            "original": job,
            "standing": standing,
            "state": (job.state, job.get_state_display()),
            "may_start": may_start,
            "figures": wording.figures(job.counts),
            "is_rehearsal": running.REHEARSED in job.counts,
            "report": _report(job, request.GET.get("page", "1")),
        }
        if may_start and not job.next_row:
            try:
                header, rows = _sample(job)
            except (LoyaltyError, OSError) as refusal:
                context["unreadable"] = str(refusal)
            else:
                plan = Plan.load(job.mapping)
                context |= {"form": form or PlanForm(header=header, plan=plan), "header": header, "rows": rows}
        return self._page(request, "page", context)

    def _page(self, request: HttpRequest, name: str, context: dict[str, Any]) -> HttpResponse:
        shared = {**self.admin_site.each_context(request), "opts": self.opts}
        return TemplateResponse(request, f"admin/loyalty/importjob/{name}.html", shared | context)


def _upload(request: HttpRequest, form: UploadForm) -> ImportJob:
    programme = programmes.current()
    upload, partner = form.cleaned_data["file"], form.cleaned_data["partner"]
    data = files.take(upload)
    plan = Plan(
        columns=columns.suggest(files.open_table(data).header),
        currency=programme.currency,
        zone=programme.timezone,
        language=get_language() or "",
    )
    return running.create(
        partner=partner,
        file_name=upload.name or "",
        data=data,
        plan=plan,
        now=clock.now(),
        created_by=staff(request),
    )


def _sample(job: ImportJob) -> Sample:
    """The header and the first rows, read anew."""
    table = running.table(job)
    return table.header, [row.cells for row in islice(table.rows, PREVIEW_ROWS)]


def _standing(job: ImportJob) -> dict[str, Any]:
    """How far it is. A run at the prompt has no worker, so it counts as under way while it runs."""
    under_way = working.under_way(job_id=job.pk)
    done = job.counts.get(running.LOOKED_AT, job.next_row)
    percent = 100 * done // job.total_rows if job.total_rows else 0
    words = _("%(done)s of %(all)s rows") % {"done": f"{done:,}", "all": f"{job.total_rows:,}"}
    return {"under_way": under_way, "state": job.state, "percent": percent, "words": words if done else _("Reading…")}


def _report(job: ImportJob, page: str) -> dict[str, Any]:
    """One page of what there is to say of rows, with each outcome in words."""
    found = Paginator(ImportRow.objects.filter(job=job).order_by("number", "param"), REPORT_PAGE).get_page(page)
    return {"page": found, "rows": [(row, wording.outcome(row.outcome)) for row in found]}
