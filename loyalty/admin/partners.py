"""Who talks to us by machine: partners, their keys (shown once), their stores and their calls."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action, display
from unfold.enums import ActionVariant
from unfold.widgets import (
    UnfoldAdminCheckboxSelectMultipleWidget,
    UnfoldAdminSingleDateWidget,
    UnfoldAdminTextInputWidget,
)

from loyalty import audit
from loyalty.admin import showing
from loyalty.admin.base import AppendOnly, Confirmation, ModelAdmin, ReadOnlyInline, address, operation
from loyalty.models import Partner, PartnerCall, PartnerKey, Store


class KeyForm(forms.Form):
    """What a new key needs: a name, what it may do, and perhaps an end."""

    name = forms.CharField(
        label=_("Name"),
        max_length=50,
        widget=UnfoldAdminTextInputWidget(),
        help_text=_("Where the key will live, for example “Till server, Shanghai”."),
    )
    scopes = forms.MultipleChoiceField(
        label=_("Scopes"),
        choices=PartnerKey.Scope.choices,
        widget=UnfoldAdminCheckboxSelectMultipleWidget(),
        help_text=_("Give as little as it needs."),
    )
    expires_on = forms.DateField(
        label=_("Until (optional)"), required=False, widget=UnfoldAdminSingleDateWidget(attrs={"type": "date"})
    )


def scopes_of(key: PartnerKey) -> list[str]:
    """The key's scopes in words."""
    words = dict(PartnerKey.Scope.choices)
    return [str(words.get(scope, scope)) for scope in key.scopes]


class KeyInline(ReadOnlyInline):
    model = PartnerKey
    fields = ("name", "prefix", "may", "created", "expiry_date", "last_used_at", "revoked")
    readonly_fields = ("prefix", "may", "created", "last_used_at")
    show_change_link = True

    @display(description=_("scopes"))
    def may(self, key: PartnerKey) -> str:
        return "、".join(scopes_of(key)) or "–"


@admin.register(Partner)
class PartnerAdmin(ModelAdmin):
    list_display = ("name", "code", "standing", "unknown_member", "rate_per_minute")
    list_filter = ("is_active",)
    search_fields = ("name", "code")
    inlines = (KeyInline,)
    fields = ("name", "code", "is_active", "unknown_member", "rate_per_minute")
    actions_detail = ("new_key",)

    @display(description=_("in use"), boolean=True)
    def standing(self, partner: Partner) -> bool:
        return partner.is_active

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return ("code",) if obj else ()

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    @action(description=_("New key"), icon="key", variant=ActionVariant.PRIMARY)
    def new_key(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Makes a key and shows it this once; only its hash is kept."""
        partner = self.get_object(request, object_id)
        if partner is None:
            raise Http404
        if not request.user.has_perm("loyalty.add_partnerkey"):
            raise PermissionDenied
        form = KeyForm(request.POST or None)
        secret = None
        if form.is_valid():
            key, secret = PartnerKey.objects.create_key(
                name=form.cleaned_data["name"],
                partner=partner,
                scopes=form.cleaned_data["scopes"],
                expiry_date=form.cleaned_data["expires_on"],
            )
            told = {
                "name": key.name,
                "scopes": form.cleaned_data["scopes"],
                "expiry_date": audit.plain(key.expiry_date),
            }
            self.record(request, key, "add", before={}, after=told)
            self.log_change(request, partner, [{"added": {"name": str(_("partner key")), "object": key.prefix}}])
            messages.success(request, _("The key is made."))
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "original": partner,
            "title": partner.name,
            "form": form,
            "secret": secret,
            "back": address(partner),
        }
        return TemplateResponse(request, "admin/loyalty/partner/new_key.html", context)

    new_key.needs = "loyalty.add_partnerkey"


def _ask_revoke(page: Any, request: HttpRequest, key: PartnerKey) -> Confirmation:
    return Confirmation(
        title=_("Revoke this key?"),
        text=_("Whoever uses it is locked out at once. This cannot be undone; make a new key first."),
    )


@admin.register(PartnerKey)
class PartnerKeyAdmin(AppendOnly):
    list_display = ("name", "partner", "prefix", "created", "last_used_at", "expiry_date", "revoked")
    list_filter = ("partner", "revoked")
    search_fields = ("name", "=prefix")
    list_select_related = ("partner",)
    fields = ("partner", "name", "prefix", "may", "created", "expiry_date", "last_used_at", "revoked")
    readonly_fields = ("may",)
    actions_detail = ("revoke",)

    @display(description=_("scopes"))
    def may(self, key: PartnerKey) -> str:
        return "、".join(scopes_of(key)) or "–"

    @operation(
        label=_("Revoke"),
        permission="loyalty.change_partnerkey",
        ask=_ask_revoke,
        icon="key_off",
        variant=ActionVariant.DANGER,
        suits=lambda key: not key.revoked,
    )
    def revoke(self, request: HttpRequest, key: PartnerKey) -> str | Promise:
        PartnerKey.objects.filter(pk=key.pk).update(revoked=True)
        return _("The key no longer opens anything.")


@admin.register(Store)
class StoreAdmin(ModelAdmin):
    list_display = ("name", "code", "city", "partner")
    list_filter = ("partner", "city")
    search_fields = ("name", "code", "city")
    list_select_related = ("partner",)


@admin.register(PartnerCall)
class PartnerCallAdmin(AppendOnly):
    list_display = ("called", "partner", "method", "path", "status", "took_ms", "request_id")
    list_filter = ("partner", "status", "method")
    search_fields = ("=request_id", "path")
    list_select_related = ("partner",)
    ordering = ("-called_at", "-id")

    @display(description=_("called"), ordering="called_at")
    def called(self, call: PartnerCall) -> str:
        return showing.when(call.called_at)
