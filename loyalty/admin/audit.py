"""The audit trail and its seals, for reading."""

from typing import Any

from django.apps import apps
from django.contrib import admin
from django.core.exceptions import FieldDoesNotExist
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.functional import Promise
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from unfold.contrib.filters.admin import DropdownFilter, RangeDateTimeFilter, RelatedDropdownFilter
from unfold.decorators import display

from loyalty import resting
from loyalty.admin import showing
from loyalty.admin.base import AppendOnly
from loyalty.models import AuditRecord, PartnerKey, Seal, User

VERBS: dict[str, str | Promise] = {
    "add": pgettext_lazy("deed", "added"),
    "change": pgettext_lazy("deed", "changed"),
    "delete": pgettext_lazy("deed", "deleted"),
    "password": pgettext_lazy("deed", "password set"),
    "publish": pgettext_lazy("deed", "published"),
    "retire": pgettext_lazy("deed", "retired"),
    "revoke": pgettext_lazy("deed", "revoked"),
    "asked": pgettext_lazy("deed", "asked"),
    "approved": pgettext_lazy("deed", "approved"),
    "rejected": pgettext_lazy("deed", "rejected"),
    "withdrawn": pgettext_lazy("deed", "withdrawn"),
    "accepted": pgettext_lazy("deed", "accepted"),
    "refused": pgettext_lazy("deed", "refused"),
    "applied": pgettext_lazy("deed", "applied"),
    "discarded": pgettext_lazy("deed", "discarded"),
    "released": pgettext_lazy("deed", "released"),
    "sent_again": pgettext_lazy("deed", "sent again"),
    "second_factor.on": pgettext_lazy("deed", "second factor set up"),
    "second_factor.off": pgettext_lazy("deed", "second factor switched off"),
    "second_factor.codes": pgettext_lazy("deed", "recovery codes renewed"),
    "second_factor.recovered": pgettext_lazy("deed", "recovery code used"),
    "second_factor.reset": pgettext_lazy("deed", "second factor reset"),
    "second_factor.stopped": pgettext_lazy("deed", "too many wrong codes"),
}
# The keys of what operations write, which are no columns.
WORDS: dict[str, str | Promise] = {
    "account": _("account"),
    "unit": _("unit"),
    "alone": _("done alone"),
    "looks_split": _("looks split"),
    "entry": _("entry"),
    "version": _("version"),
    "definition": _("definition"),
    "is_on": _("second factor"),
    "recovery_codes": _("recovery codes"),
}


def model_of(subject: str) -> type[Model] | None:
    """The model of ``loyalty.rule:7``."""
    try:
        return apps.get_model(subject.partition(":")[0])
    except (LookupError, ValueError):
        return None


def deed_in_words(record: AuditRecord) -> str:
    """``loyalty.rule.publish`` → “rule published”."""
    model = model_of(record.subject)
    told = VERBS.get(record.deed) or VERBS.get(record.deed.rpartition(".")[2])
    if model is None or told is None:
        return record.deed
    return f"{model._meta.verbose_name} · {told}"


def label(model: type[Model] | None, name: str) -> str:
    """The column's name as forms show it."""
    if name in WORDS:
        return str(WORDS[name])
    try:
        field: Any = model._meta.get_field(name.removesuffix("_id")) if model else None
    except FieldDoesNotExist:
        field = None
    if field is not None and field.is_relation and field.verbose_name == field.name.replace("_", " "):
        return str(field.related_model._meta.verbose_name)  # a column that was given no name of its own
    return str(getattr(field, "verbose_name", name))


def _value(value: Any) -> str:
    if value is None or value == "":
        return "–"
    if isinstance(value, bool):
        return str(_("yes") if value else _("no"))
    if isinstance(value, list) and all(isinstance(each, str) for each in value):
        return "、".join(value) or "–"
    return str(value)


class Actor(DropdownFilter):
    """Staff alone: most logins are members', who leave no records here."""

    title = pgettext_lazy("audit", "who")
    parameter_name = "actor"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin) -> list[tuple[str, str]]:
        return [
            (str(each.pk), each.get_full_name()) for each in User.objects.filter(is_staff=True).order_by("username")
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet[AuditRecord]) -> QuerySet[AuditRecord]:
        chosen = self.value()
        return queryset.filter(actor=chosen) if chosen and chosen.isdecimal() else queryset


@admin.register(AuditRecord)
class AuditRecordAdmin(AppendOnly):
    list_display = ("recorded", "who", "deed_told", "target", "reason", "address")
    list_filter = (
        ("recorded_at", RangeDateTimeFilter),
        Actor,
        ("partner", RelatedDropdownFilter),
        "deed",
    )
    list_filter_submit = True
    search_fields = ("=subject", "reason", "=request_id", "=address", "=actor__username")
    search_help_text = _("Subject (loyalty.rule:7), reason, request id, address or login")
    list_select_related = ("actor", "partner")
    ordering = ("-recorded_at", "-id")
    fieldsets = (
        (None, {"fields": ("recorded", "who", "deed_told", "target", "reason", "changes")}),
        (_("From where"), {"fields": ("address", "request_id")}),
    )
    readonly_fields = ("recorded", "who", "deed_told", "target", "changes")

    @display(description=_("recorded"), ordering="recorded_at")
    def recorded(self, record: AuditRecord) -> str:
        return showing.when(record.recorded_at)

    @display(description=pgettext_lazy("audit", "who"))
    def who(self, record: AuditRecord) -> str:
        return record.actor.get_full_name() if record.actor else str(record.partner or "–")

    @display(description=_("deed"), ordering="deed")
    def deed_told(self, record: AuditRecord) -> str:
        return deed_in_words(record)

    @display(description=_("subject"), ordering="subject")
    def target(self, record: AuditRecord) -> SafeString | str:
        """A link by name alone, so that a list asks for no subject's row."""
        model, key = model_of(record.subject), record.subject.partition(":")[2]
        if model is None:
            return record.subject
        if not key:
            return str(model._meta.verbose_name_plural)
        if model is PartnerKey:
            return f"{model._meta.verbose_name} {key}"
        try:
            address = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_change", args=[key])
        except NoReverseMatch:
            return record.subject
        return format_html('<a class="eg-link" href="{}">{} {}</a>', address, model._meta.verbose_name, key)

    @display(description=_("before and after"))
    def changes(self, record: AuditRecord) -> SafeString | str:
        """One line for each thing that differs."""
        model = model_of(record.subject)
        names = sorted({**record.before, **record.after})
        if not names:
            return "–"
        rows = [(label(model, name), _value(record.before.get(name)), _value(record.after.get(name))) for name in names]
        return format_html(
            '<table class="eg-table eg-diff"><thead><tr><th scope="col">{}</th><th scope="col">{}</th>'
            '<th scope="col">{}</th></tr></thead><tbody>{}</tbody></table>',
            pgettext_lazy("audit", "part"),
            _("before"),
            _("after"),
            format_html_join("", '<tr><th scope="row">{}</th><td>{}</td><td>{}</td></tr>', rows),
        )


@admin.register(Seal)
class SealAdmin(AppendOnly):
    """The links of both chains; ``manage.py verify_seals`` says whether they hold."""

    list_display = ("sealed", "named", "place", "starts", "ends", "rows", "short")
    list_filter = ("chain",)
    ordering = ("-sealed_at", "chain")
    fields = ("named", "place", "starts", "ends", "rows", "digest", "sealed")
    readonly_fields = ("named", "place", "starts", "ends", "sealed")

    @display(description=_("chain"), ordering="chain")
    def named(self, seal: Seal) -> str:
        words = {"ledger": pgettext_lazy("chain", "books"), "audit": _("audit trail")}
        return str(words.get(seal.chain, seal.chain))

    @display(description=pgettext_lazy("seal", "number"), ordering="number")
    def place(self, seal: Seal) -> int:
        return seal.number

    @display(description=pgettext_lazy("seal", "from"), ordering="since")
    def starts(self, seal: Seal) -> str:
        return showing.when(seal.since if seal.since > resting.START else None)

    @display(description=pgettext_lazy("seal", "until"), ordering="until")
    def ends(self, seal: Seal) -> str:
        return showing.when(seal.until)

    @display(description=_("sealed"), ordering="sealed_at")
    def sealed(self, seal: Seal) -> str:
        return showing.when(seal.sealed_at)

    @display(description=_("digest"))
    def short(self, seal: Seal) -> SafeString:
        return format_html("<code>{}…</code>", seal.digest[:12])
