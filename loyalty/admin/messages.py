"""What members are told: the templates with their texts, a preview on a real member, and the log."""

from typing import Any

from django import forms
from django.contrib import admin
from django.forms.models import BaseInlineFormSet
from django.http import HttpRequest
from django.utils.functional import Promise
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from unfold.admin import StackedInline
from unfold.contrib.filters.admin import RangeDateFilter
from unfold.decorators import display
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from loyalty import clock
from loyalty.admin import showing
from loyalty.admin.base import AppendOnly, Confirmation, ModelAdmin, operation
from loyalty.errors import LoyaltyError
from loyalty.messaging import addresses, rendering, templates, trying
from loyalty.models import Account, Message, MessageTemplate, MessageText
from loyalty.models.messages import Channel, Language
from loyalty.registry import Address, Belonging, MessageKind, registry

LONGEST_AHEAD = 365
STATES = {"sent": "success", "queued": "info", "suppressed": "warning", "failed": "danger"}


def _kinds() -> list[tuple[str, str | Promise]]:
    return [(kind.code, kind.label) for kind in registry.all(MessageKind)]


class TemplateForm(forms.ModelForm):
    """The head of a template: what it tells of, why, and where it leads."""

    kind = forms.ChoiceField(label=_("Tells of"), choices=_kinds, widget=UnfoldAdminSelectWidget())

    class Meta:
        model = MessageTemplate
        fields = ("name_zh", "name_en", "code", "kind", "purpose", "link", "reminder_days", "is_active")

    def clean_link(self) -> str:
        link = str(self.cleaned_data["link"])
        if link and (not link.startswith("/") or link.startswith(("//", "/\\"))):
            raise forms.ValidationError(_("Please give a page of the portal that begins with a slash, such as /mall/."))
        return link

    def clean_reminder_days(self) -> list[int]:
        days = self.cleaned_data["reminder_days"] or []
        if not isinstance(days, list) or not all(type(day) is int and 0 < day <= LONGEST_AHEAD for day in days):
            raise forms.ValidationError(_("Please list days from 1 to 365, such as [30, 7]."))
        return sorted(set(days), reverse=True)


class TextFormSet(BaseInlineFormSet):
    """Refuses a text that names what the template's kind does not know, beside that text."""

    def clean(self) -> None:
        super().clean()
        kind = registry.find(MessageKind, self.instance.kind)
        for form in self.forms:
            if kind is not None and not form.errors and form.cleaned_data and not form.cleaned_data.get("DELETE"):
                _judge(form, kind)


def _judge(form: forms.ModelForm, kind: MessageKind) -> None:
    try:
        templates.check(kind, subject=form.cleaned_data["subject"], body=form.cleaned_data["body"])
    except LoyaltyError as fault:
        form.add_error(fault.param, fault.message)


class TextInline(StackedInline):
    model = MessageText
    formset = TextFormSet
    extra = 0
    fields = (("channel", "language", "vendor_code"), "subject", "body")


class Trial(forms.Form):
    """Which channel and language to try, and as which member."""

    channel = forms.ChoiceField(
        label=_("Channel"),
        choices=[(Channel.EMAIL, Channel.EMAIL.label), (Channel.SMS, Channel.SMS.label)],
        widget=UnfoldAdminSelectWidget(),
    )
    language = forms.ChoiceField(label=_("Language"), choices=Language.choices, widget=UnfoldAdminSelectWidget())
    number = forms.CharField(
        label=_("As member"),
        required=False,
        max_length=20,
        widget=UnfoldAdminTextInputWidget(),
        help_text=_("A member number; empty for a sample."),
    )


def _account_of(number: str) -> int | None:
    return Account.objects.filter(number=number.replace(" ", "")).values_list("pk", flat=True).first()


def _own(request: HttpRequest) -> Address:
    """The operator's own addresses: the login's, and those of their own membership."""
    own = [account for each in registry.all(Belonging) for account in each.accounts_of(request.user)]
    known = next(iter(addresses.find(own).values()), Address())
    return Address(email=getattr(request.user, "email", "") or known.email, phone=known.phone)


def _ask_preview(page: Any, request: HttpRequest, template: MessageTemplate) -> Confirmation:
    number = str(request.POST.get("number") or request.GET.get("number") or "")
    account = _account_of(number) if number else None
    return Confirmation(
        title=_("How it reads"),
        text=_("As the member of that number would read it now; what only an event brings is a sample."),
        template="admin/loyalty/messagetemplate/preview.html",
        initial={"number": number},
        context={
            "readings": trying.readings(template, account, now=clock.now()),
            "number": number,
            "is_unknown": bool(number) and account is None,
        },
    )


@admin.register(MessageTemplate)
class MessageTemplateAdmin(ModelAdmin):
    form = TemplateForm
    inlines = (TextInline,)
    list_display = ("__str__", "tells_of", "purpose", "written_for", "is_active")
    list_filter = ("purpose", "is_active")
    search_fields = ("code", "name_zh", "name_en")
    actions_detail = ("try_out",)
    readonly_fields = ("variables",)
    fieldsets = (
        (None, {"fields": (("name_zh", "name_en"), ("kind", "code"), ("purpose", "is_active"))}),
        (_("What its texts may name"), {"fields": ("variables",)}),
        (_("When and where to"), {"fields": (("link", "reminder_days"),)}),
    )

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).prefetch_related("texts")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return ("variables", "code") if obj else ("variables",)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    @display(description=_("tells of"), ordering="kind")
    def tells_of(self, template: MessageTemplate) -> str:
        kind = registry.find(MessageKind, template.kind)
        return str(kind.label) if kind else template.kind

    @display(description=_("channel"))
    def written_for(self, template: MessageTemplate) -> str:
        return "、".join(str(Channel(code).label) for code in templates.channels_of(template)) or "–"

    @display(description=_("variables"))
    def variables(self, template: MessageTemplate) -> SafeString | str | Promise:
        """Each name in braces with what it stands for."""
        kind = registry.find(MessageKind, template.kind)
        if kind is None:
            return _("Save once, then they stand here.")
        rows = [(f"{{{each.code}}}", each.label) for each in (*rendering.COMMON, *kind.variables)]
        return format_html('<ul class="eg-list">{}</ul>', format_html_join("", "<li><code>{}</code> {}</li>", rows))

    @operation(
        label=_("Preview and test"),
        permission="loyalty.change_messagetemplate",
        ask=_ask_preview,
        icon="visibility",
        form=Trial,
    )
    def try_out(self, request: HttpRequest, template: MessageTemplate, **chosen: str) -> str | Promise:
        """Sends one to whoever presses the button."""
        trying.send(
            template,
            channel=chosen["channel"],
            language=chosen["language"],
            to=_own(request),
            account_id=_account_of(chosen["number"]) if chosen["number"] else None,
            now=clock.now(),
        )
        return _("The test is on its way to you.")


@admin.register(Message)
class MessageAdmin(AppendOnly):
    """The log. Addresses are masked when a message goes out; the whole is stored nowhere here."""

    list_display = ("queued", "member", "template", "by", "standing", "reason", "sent_to")
    list_filter = ("state", "channel", "reason", "purpose", "template", ("created_at", RangeDateFilter))
    list_filter_submit = True
    search_fields = ("=key", "=account__number")
    search_help_text = _("Member number or key")
    list_select_related = ("account", "template")
    ordering = ("-created_at", "-id")
    fieldsets = (
        (None, {"fields": (("member", "template"), ("by", "purpose", "language"), ("standing", "reason", "error"))}),
        (_("What was said"), {"fields": ("subject", "body", "link")}),
        (_("When"), {"fields": (("queued", "sent", "opened"), ("sent_to", "provider_ref", "key"))}),
    )
    readonly_fields = ("member", "by", "standing", "queued", "sent", "opened")

    @display(description=_("member"))
    def member(self, message: Message) -> SafeString | str:
        return showing.link(message.account)

    @display(description=_("channel"), ordering="channel")
    def by(self, message: Message) -> str:
        return message.get_channel_display()

    @display(description=_("state"), ordering="state", label=STATES)
    def standing(self, message: Message) -> tuple[str, str]:
        return message.state, message.get_state_display()

    @display(description=_("queued at"), ordering="created_at")
    def queued(self, message: Message) -> str:
        return showing.when(message.created_at)

    @display(description=_("sent at"), ordering="sent_at")
    def sent(self, message: Message) -> str:
        return showing.when(message.sent_at)

    @display(description=_("read at"), ordering="read_at")
    def opened(self, message: Message) -> str:
        return showing.when(message.read_at)
