"""Policies change in two steps: the form only wishes, a page says what that would change, then it counts.

``Policied`` is the base of pages whose forms hold policies; ``PolicyVersionAdmin`` shows the wish, with
what it would have made of the last month, and keeps the list of versions.
"""

from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core import signing
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from simple_history.admin import SimpleHistoryAdmin
from unfold.decorators import display
from unfold.widgets import UnfoldAdminTextInputWidget

from loyalty import audit, clock, policies, policy_trials, retrying
from loyalty import programme as programmes
from loyalty.admin import policy_words, receipts, showing
from loyalty.admin.auditing import origin
from loyalty.admin.base import AppendOnly, ModelAdmin, staff
from loyalty.errors import LoyaltyError
from loyalty.models import Account, PolicyVersion
from loyalty.policybook import EVER, plain

SALT = "policies"
MONTH = timedelta(days=31)
NEEDS = {"programme": "loyalty.change_programme", "currencies": "loyalty.change_currency"}


class Policied(SimpleHistoryAdmin, ModelAdmin):
    """A page whose form holds policies among other fields; what is no policy is saved at once."""

    policies: tuple[str, ...] = ()

    def wish(self, item: Any, values: dict[str, Any]) -> dict[str, Any]:
        """The changes as ``policies.publish`` wants them: the programme's own, unless the page says otherwise."""
        return {"programme": values}

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Policies keep their stored value until the change is confirmed."""
        wished = [name for name in form.changed_data if name in self.policies] if change else []
        if wished:
            stored = type(obj)._default_manager.get(pk=obj.pk)
            obj.wished = self.wish(obj, {name: plain(form.cleaned_data[name]) for name in wished})
            for name in wished:
                setattr(obj, name, getattr(stored, name))
        if wished and not set(form.changed_data) - set(wished):
            obj.witnessed = self.witness(obj)
            obj.is_only_wished = True
            return
        super().save_model(request, obj, form, change)

    def log_change(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        """Nothing was changed yet where there are only wishes."""
        return None if getattr(obj, "is_only_wished", False) else super().log_change(request, obj, message)

    def response_change(self, request: HttpRequest, obj: Any) -> HttpResponse:
        wished = getattr(obj, "wished", None)
        if wished is None:
            answer: HttpResponse = super().response_change(request, obj)
            return answer
        address = reverse("admin:loyalty_policyversion_preview")
        return HttpResponseRedirect(f"{address}?wish={signing.dumps(wished, salt=SALT, compress=True)}")


class ConfirmForm(forms.Form):
    """Why, and from when on."""

    reason = forms.CharField(
        label=_("Reason"), max_length=200, widget=UnfoldAdminTextInputWidget(), help_text=_("The next person reads it.")
    )
    effective_from = forms.DateTimeField(
        label=_("In force from (empty: at once)"),
        required=False,
        widget=UnfoldAdminTextInputWidget(attrs={"type": "datetime-local"}),
        input_formats=["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"],
    )


@admin.register(PolicyVersion)
class PolicyVersionAdmin(AppendOnly):
    """Versions with their differences in words; nothing here can be edited."""

    list_display = ("__str__", "says", "since", "published_by", "reason")
    list_display_links = ("__str__",)
    list_select_related = ("published_by",)
    search_fields = ("reason",)
    ordering = ("-number",)
    fields = ("number", "says", "since", "published_at", "published_by", "reason")
    readonly_fields = fields

    @display(description=_("What changed"))
    def says(self, version: PolicyVersion) -> str:
        words = getattr(version, "words", None) or policy_words.PolicyWords()
        return str(words.sentence(version))

    @display(description=_("in force from"), ordering="effective_from")
    def since(self, version: PolicyVersion) -> str:
        return gettext("the beginning") if version.effective_from == EVER else showing.when(version.effective_from)

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        """The list with one :class:`PolicyWords` for all its rows, so names are asked for once."""
        page = super().get_changelist_instance(request)
        words = policy_words.PolicyWords()
        for version in page.result_list:
            version.words = words
        return page

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        return [
            path("preview/", wrap(self.preview), name="loyalty_policyversion_preview"),
            path("preview/figures/", wrap(self.figures), name="loyalty_policyversion_figures"),
            *super().get_urls(),
        ]

    def preview(self, request: HttpRequest) -> HttpResponse:
        """What would change, in words; a POST puts it in force."""
        wished = _wished(request)
        form = ConfirmForm(request.POST or None)
        try:
            _after, differs = policies.differing(policies.standing(), wished)
        except LoyaltyError as refusal:
            messages.error(request, refusal.message)
            return HttpResponseRedirect(_back(wished))
        if request.method == "POST" and form.is_valid():
            try:
                return self._publish(request, wished, form)
            except LoyaltyError as refusal:
                form.add_error(refusal.param if refusal.param in form.fields else None, refusal.message)
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": _("What would change"),
            "changes": policy_words.PolicyWords().changes(differs["changed"], differs["before"]),
            "form": form,
            "wish": request.GET.get("wish") or request.POST.get("wish"),
            "back": _back(wished),
        }
        if request.GET.get("figures"):
            context |= _figures(wished)
        return TemplateResponse(request, "admin/loyalty/policyversion/preview.html", context)

    def figures(self, request: HttpRequest) -> HttpResponse:
        """What the change would have made of the last month, for the page's script."""
        return TemplateResponse(request, "admin/loyalty/policyversion/_figures.html", _figures(_wished(request)))

    def _publish(self, request: HttpRequest, wished: dict[str, Any], form: ConfirmForm) -> HttpResponse:
        version = retrying.atomically(lambda: self._published(request, wished, form.cleaned_data))
        told = {"number": version.number, "since": showing.when(version.effective_from)}
        messages.success(request, _("Version %(number)s is in force from %(since)s.") % told)
        return HttpResponseRedirect(_back(wished))

    def _published(self, request: HttpRequest, wished: dict[str, Any], answers: dict[str, Any]) -> PolicyVersion:
        now = clock.now()
        start: datetime | None = answers["effective_from"]
        version = policies.publish(
            changes=wished, by=staff(request), now=now, effective_from=start, reason=answers["reason"]
        )
        audit.record(
            deed="loyalty.policyversion.publish",
            subject=audit.name_of(version),
            actor=staff(request),
            before=version.terms["before"],
            after=version.terms["changed"],
            reason=version.reason,
            now=now,
            **origin(request)._asdict(),
        )
        return version


def _wished(request: HttpRequest) -> dict[str, Any]:
    """The signed wish; whoever may not change all of it is refused."""
    try:
        wished: dict[str, Any] = signing.loads(request.POST.get("wish") or request.GET.get("wish", ""), salt=SALT)
    except signing.BadSignature as fault:
        raise PermissionDenied from fault
    if not all(request.user.has_perm(NEEDS[part]) for part in wished):
        raise PermissionDenied
    return wished


def _back(wished: dict[str, Any]) -> str:
    """The page the wish came from."""
    if wished.get("programme"):
        return reverse("admin:loyalty_programme_changelist")
    return reverse("admin:loyalty_currency_changelist")


def _figures(wished: dict[str, Any]) -> dict[str, Any]:
    until = clock.now()
    found = policy_trials.preview(changes=wished, since=until - MONTH, until=until)
    money = programmes.current().currency
    return {
        "found": found,
        "unit": receipts.unit("points"),
        "change": showing.points(found.report.change) if found.report else "",
        "cost": [showing.money(figure, money) for figure in found.cost] if found.cost else [],
        "swings": _swings(found),
        "worth": [showing.money(figure, money) for figure in found.worth] if found.worth else [],
        "lives": [(receipts.unit(lives.currency), lives) for lives in found.lives],
        "over_cap": [(receipts.unit(code), count) for code, count in found.over_cap.items()],
    }


def _swings(found: policy_trials.Preview) -> list[dict[str, Any]]:
    """A sample of who would gain and who would lose most."""
    swings = [*found.report.winners[:5], *found.report.losers[:5]] if found.report else []
    page: Any = admin.site.get_model_admin(Account)
    accounts = Account.objects.select_related(*page.list_select_related)
    known = {account.pk: account for account in accounts.filter(pk__in=[swing.account_id for swing in swings])}
    return [
        {
            "account": known[swing.account_id],
            "label": page.label(known[swing.account_id]),
            "before": swing.before,
            "after": swing.after,
            "change": showing.points(swing.change),
        }
        for swing in swings
        if swing.account_id in known
    ]
