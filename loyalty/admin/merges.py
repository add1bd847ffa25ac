"""Merging duplicates: which account stays, what would move, why; then it is done, or taken back.

The first page only asks, the second shows what would move and can turn the two round. Nothing is
written before "Merge" is pressed there.
"""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.formats import number_format
from django.utils.functional import Promise
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from unfold.decorators import display
from unfold.enums import ActionVariant
from unfold.widgets import UnfoldAdminTextInputWidget

from loyalty import accounts, approvals, clock
from loyalty.admin import showing
from loyalty.admin.auditing import origin
from loyalty.admin.base import AppendOnly, Confirmation, ModelAdmin, address, is_others, operation, staff
from loyalty.errors import LoyaltyError
from loyalty.events import customers
from loyalty.ledger import merging, reading
from loyalty.models import Account, Currency, Merge

ADD, CHANGE = "loyalty.add_merge", "loyalty.change_merge"


class Pair(forms.Form):
    """The two accounts and why; each is found as a till would name it."""

    duplicate = forms.CharField(
        label=_("Account that goes"),
        max_length=100,
        widget=UnfoldAdminTextInputWidget(),
        help_text=_("Account number or phone. It is closed, and what it holds goes over."),
    )
    survivor = forms.CharField(
        label=_("Account that stays"),
        max_length=100,
        widget=UnfoldAdminTextInputWidget(),
        help_text=_("Account number or phone."),
    )
    reason = forms.CharField(
        label=_("Reason"),
        max_length=200,
        widget=UnfoldAdminTextInputWidget(),
        help_text=_("For example “Same person, changed phone in May; checked against the ID card”."),
    )

    def account(self, name: str) -> int:
        """The account that a field names. Raises ``AccountNotFound``."""
        told = self.cleaned_data[name].strip()
        found = customers.resolve({told}, partner_id=None).get(told)
        if found is None:
            raise accounts.AccountNotFound(param=name)
        return found

    def turned(self) -> "Pair":
        """The same with the other account staying."""
        told = self.data
        return Pair({"duplicate": told["survivor"], "survivor": told["duplicate"], "reason": told["reason"]})


class Reason(forms.Form):
    """Why a merge is taken back."""

    reason = forms.CharField(label=_("Reason"), max_length=200, widget=UnfoldAdminTextInputWidget())


def _ask_back(page: ModelAdmin, request: HttpRequest, row: Merge) -> Confirmation:
    del page, request
    text = _(
        "%(number)s is opened again and gets back what is left of its points, its orders, references and counts. "
        "What was spent meanwhile stays with %(survivor)s; you will be told how much."
    ) % {"number": row.duplicate.number, "survivor": row.survivor.number}
    return Confirmation(title=_("Take the merge back"), text=text)


def _all(place: reading.Position) -> int:
    return place.net + place.pending + place.held


def unreturned(row: Merge) -> str:
    """What could not be returned, as ``30 points``; empty where all was."""
    missing = row.record.get("unreturned", {})
    names = {unit.code: unit.name for unit in Currency.objects.filter(code__in=missing)}
    return ", ".join(f"{number_format(points, force_grouping=True)} {names[code]}" for code, points in missing.items())


@admin.register(Merge)
class MergeAdmin(AppendOnly):
    list_display = ("merged", "gone", "kept", "standing", "reason", "by_whom")
    list_filter = (("undone_at", admin.EmptyFieldListFilter),)
    search_fields = ("=survivor__number", "=duplicate__number", "reason")
    search_help_text = _("Account number or reason")
    list_select_related = ("survivor", "duplicate", "merged_by")
    ordering = ("-merged_at", "-id")
    actions_detail = ("take_back",)
    fieldsets = (
        (None, {"fields": (("gone", "kept"), "reason", ("merged", "by_whom"), "moved")}),
        (_("Taken back"), {"fields": (("undone", "back_by"), "missing")}),
    )
    readonly_fields = ("gone", "kept", "merged", "by_whom", "undone", "back_by", "moved", "missing")

    @display(description=pgettext_lazy("column", "when"), ordering="merged_at")
    def merged(self, row: Merge) -> str:
        return showing.when(row.merged_at)

    @display(description=_("merged by"), ordering="merged_by")
    def by_whom(self, row: Merge) -> str:
        return str(row.merged_by or "–")

    @display(description=_("taken back by"))
    def back_by(self, row: Merge) -> str:
        return str(row.undone_by or "–")

    @display(description=_("taken back at"))
    def undone(self, row: Merge) -> str:
        return showing.when(row.undone_at)

    @display(description=_("account that went"), ordering="duplicate__number")
    def gone(self, row: Merge) -> SafeString | str:
        return showing.link(row.duplicate)

    @display(description=_("account that stayed"), ordering="survivor__number")
    def kept(self, row: Merge) -> SafeString | str:
        return showing.link(row.survivor)

    @display(description=_("state"), label=showing.CHIPS)
    def standing(self, row: Merge) -> tuple[str, str | Promise]:
        return ("done", pgettext_lazy("account", "merged")) if row.undone_at is None else ("withdrawn", _("taken back"))

    @display(description=_("what went over"))
    def moved(self, row: Merge) -> str:
        told = row.record
        names = (("orders", _("orders")), ("references", _("references")), ("holds", _("holds released")))
        counts = [f"{name} {len(told[key])}" for key, name in names if told.get(key)]
        lots = sum(1 for _each in told.get("transfers", ()))
        debts = [str(_("debt"))] if told.get("debts") else []
        return " · ".join([*([str(_("points"))] if lots else []), *debts, *counts]) or "–"

    @display(description=_("could not be returned"))
    def missing(self, row: Merge) -> str:
        return unreturned(row) or "–"

    def has_add_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm(ADD)

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        """Asks which two; then shows what would move; then does it."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        form = Pair(
            request.POST or None, initial={name: request.GET.get(name, "") for name in ("duplicate", "survivor")}
        )
        if not form.is_valid():
            return self._page(request, form)
        if request.POST.get("deed") == "turn":
            form = form.turned()
            form.is_valid()
        try:
            pair = {"survivor_id": form.account("survivor"), "duplicate_id": form.account("duplicate")}
            if request.POST.get("deed") == "merge":
                return self._merge(request, pair, form.cleaned_data["reason"])
            if not is_others(request.user, *pair.values()):
                raise approvals.OwnMembership
            return self._page(request, form, merging.preview(**pair, now=clock.now()))
        except LoyaltyError as refusal:
            form.add_error(refusal.param if refusal.param in form.fields else None, refusal.message)
            return self._page(request, form)

    def _merge(self, request: HttpRequest, pair: dict[str, int], reason: str) -> HttpResponse:
        row = merging.merge(**pair, reason=reason, by=staff(request), now=clock.now(), origin=origin(request))
        self.log_addition(request, row, [{"added": {}}])
        messages.success(request, _("Merged: everything is with %(number)s now.") % {"number": row.survivor.number})
        return HttpResponseRedirect(address(row))

    def _page(self, request: HttpRequest, form: Pair, preview: merging.Preview | None = None) -> HttpResponse:
        context: dict[str, Any] = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": _("Merge duplicates"),
            "form": form,
            "back": reverse("admin:loyalty_merge_changelist"),
        }
        if preview is not None:
            page: Any = self.admin_site.get_model_admin(Account)
            context |= {
                "preview": preview,
                "survivor": page.label(preview.survivor),
                "duplicate": page.label(preview.duplicate),
                "together": [(here, there, _all(here) + _all(there)) for here, there in preview.positions],
            }
        return TemplateResponse(request, "admin/loyalty/merge/new.html", context)

    @operation(
        label=_("Take the merge back"),
        permission=CHANGE,
        ask=_ask_back,
        icon="undo",
        variant=ActionVariant.DANGER,
        suits=lambda row: row.undone_at is None,
        lets=lambda user, row: is_others(user, row.survivor_id, row.duplicate_id),
        form=Reason,
        audited=False,
    )
    def take_back(self, request: HttpRequest, row: Merge, *, reason: str) -> str | Promise:
        done = merging.unmerge(
            merge_id=row.pk, reason=reason, by=staff(request), now=clock.now(), origin=origin(request)
        )
        if missing := unreturned(done):
            messages.warning(
                request, _("%(missing)s were spent meanwhile and could not be returned.") % {"missing": missing}
            )
        return _("%(number)s is open again.") % {"number": done.duplicate.number}
