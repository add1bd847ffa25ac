"""Two pages beside the sets: who gets what on a day and in the quarters ahead, and how benefits are taken up."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django import forms
from django.core.exceptions import PermissionDenied
from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.widgets import UnfoldAdminDateWidget, UnfoldAdminSelectWidget

from loyalty import clock, programme
from loyalty.admin.base import ModelAdmin
from members.benefits import quotas, seasons
from members.benefits import rates as figures
from members.benefits.rates import Rate
from members.models import BenefitOffer, Member, Standing
from members.web import perks

MAY = "members.view_benefitset"


class OnDay(forms.Form):
    day = forms.DateField(label=gettext_lazy("Day to look at"), widget=UnfoldAdminDateWidget())


class Between(forms.Form):
    first = forms.DateField(label=gettext_lazy("From"), widget=UnfoldAdminDateWidget())
    through = forms.DateField(label=gettext_lazy("Through"), widget=UnfoldAdminDateWidget())
    by = forms.ChoiceField(
        label=gettext_lazy("Grouped by"),
        choices=(
            ("benefit", gettext_lazy("benefit")),
            ("set", gettext_lazy("benefit set")),
            ("tier", gettext_lazy("tier")),
            ("each", gettext_lazy("each benefit, set and tier")),
        ),
        widget=UnfoldAdminSelectWidget(),
    )

    def clean(self) -> dict[str, Any]:
        found = super().clean() or {}
        first, through = found.get("first"), found.get("through")
        if first and through and through < first:
            self.add_error("through", _("This ends before it starts. Please choose a later day."))
        return found


@dataclass(frozen=True, slots=True)
class Line:
    """A rate as the table shows it, with a link to the claims behind it."""

    names: list[str]
    rate: Rate
    link: str


def in_force(page: ModelAdmin, request: HttpRequest) -> HttpResponse:
    """Benefits by tier on the chosen day (today unless asked), and the sets in the quarters from today on."""
    if not request.user.has_perm(MAY):
        raise PermissionDenied
    today = programme.day_of(clock.now())
    form = OnDay(request.GET if "day" in request.GET else {"day": today})
    day = form.cleaned_data["day"] if form.is_valid() else today
    columns, rows = seasons.grid(day, _members())
    next_quarter = seasons.quarters(today)[1]
    context = {
        "form": form,
        "day": day,
        "columns": columns,
        "rows": [(row.benefit, [_cell(cell) for cell in row.cells]) for row in rows],
        "quarters": seasons.quarters(today),
        "calendar": seasons.calendar(today),
        "doors": [(_("Today"), today), (_("Next quarter"), next_quarter[1])],
    }
    return _shown(page, request, "in_force", _("What is in force"), context)


def _members() -> dict[int, int]:
    """How many are on each tier now. Two queries."""
    main = Member.objects.exclude(tier=None).order_by().values_list("tier").annotate(members=Count("pk"))
    side = Standing.objects.filter(ladder__is_main=False).exclude(effective=None)
    return dict(main) | dict(side.order_by().values_list("effective").annotate(members=Count("pk")))


def _cell(offer: BenefitOffer | None) -> str:
    if offer is None:
        return ""
    return perks.often(offer) or _("always there")


def rates(page: ModelAdmin, request: HttpRequest) -> HttpResponse:
    """Claim and use rates of a period, this quarter unless asked, with n."""
    if not request.user.has_perm(MAY):
        raise PermissionDenied
    now = clock.now()
    today = programme.day_of(now)
    this = _quarter(today)
    asked: dict[str, Any] = {"first": this[0], "through": this[1], "by": "benefit"}
    form = Between(request.GET if "first" in request.GET else asked)
    chosen = form.cleaned_data if form.is_valid() else asked
    found = figures.rates(chosen["first"], chosen["through"], now=now)
    shown = found if chosen["by"] == "each" else figures.summed(found, chosen["by"])
    before = _quarter(this[0] - timedelta(days=1))
    context = {
        "form": form,
        "lines": [_line(rate, chosen) for rate in shown],
        "whole": next(iter(figures.summed(found, "all")), None),
        "snapshot": figures.snapshot_day(chosen["through"], now=now),
        "by": chosen["by"],
        "doors": [(_("This quarter"), _query(*this, chosen["by"])), (_("Last quarter"), _query(*before, chosen["by"]))],
    }
    return _shown(page, request, "rates", _("How benefits are taken up"), context)


def _quarter(day: date) -> tuple[date, date]:
    span = quotas.span(BenefitOffer.Period.QUARTER, day)
    return span.first or day, span.last or day


def _query(first: date, through: date, by: str) -> str:
    return urlencode({"first": first.isoformat(), "through": through.isoformat(), "by": by})


def _line(rate: Rate, chosen: dict[str, Any]) -> Line:
    heads = {"benefit": rate.benefit, "set": rate.set, "tier": rate.tier}
    names = [str(heads[name] or _nobody(name)) for name in heads if chosen["by"] in (name, "each")]
    query = {"claimed_at_from": chosen["first"].isoformat(), "claimed_at_to": chosen["through"].isoformat()}
    query |= {f"{name}__id__exact": str(head.pk) for name, head in heads.items() if head is not None and name != "set"}
    if rate.set is not None:
        query["offer__set__id__exact"] = str(rate.set.pk)
    return Line(names, rate, f"{reverse('admin:members_benefitclaim_changelist')}?{urlencode(query)}")


def _nobody(name: str) -> str:
    return {"set": _("beside all sets"), "tier": _("without a tier")}.get(name, "–")


def _shown(page: ModelAdmin, request: HttpRequest, name: str, title: str, context: dict[str, Any]) -> HttpResponse:
    shared = {**page.admin_site.each_context(request), "opts": page.opts, "title": title}
    return TemplateResponse(request, f"admin/members/benefitset/{name}.html", shared | context)
