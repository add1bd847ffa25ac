"""The rule's pages: the editor, its live preview, dry run, publishing and retiring.

The row is the draft; only publishing changes what members get, and only after a page that shows the
difference to the version in force.
"""

import json
from datetime import datetime
from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from simple_history.admin import SimpleHistoryAdmin
from unfold.decorators import action, display
from unfold.enums import ActionVariant

from loyalty import clock, rules
from loyalty import programme as programmes
from loyalty.admin import rule_answers, rule_starters, rule_trials, showing
from loyalty.admin.base import Confirmation, ModelAdmin, ReadOnlyInline, operation, staff
from loyalty.admin.rule_forms import EDITED, RuleForm
from loyalty.admin.rule_history import RuleHistory
from loyalty.admin.rule_words import Words
from loyalty.models import Rule, RuleVersion
from loyalty.registry import EventKind, registry

PARTS = ("name_zh", "name_en", "kind", *EDITED, "priority", "is_exclusive", "stops")


class VersionInline(ReadOnlyInline):
    model = RuleVersion
    fields = ("number", "effective_from", "effective_until", "published_by", "says")
    readonly_fields = ("says",)
    ordering = ("-number",)
    per_page = 10
    verbose_name_plural = _("Published versions")

    @display(description=_("gives"))
    def says(self, version: RuleVersion) -> str:
        return Words(programmes.current()).effects(version.definition.get("effects") or ())


def _ask_publish(page: Any, request: HttpRequest, rule: Rule) -> Confirmation:
    version = rules.in_force(rule)
    changes = Words(programmes.current()).changes(version.definition if version else None, rules.definition(rule))
    return Confirmation(
        title=_("Publish this change?") if version else _("Publish this rule?"),
        text=_("From then on every event is judged by it. What was given before stays as it was."),
        template="admin/loyalty/rule/publish.html",
        context={
            "version": version,
            "changes": changes,
            "twins": rules.twins(rule),
            "is_unchanged": version is not None and not any(change.is_changed for change in changes),
        },
    )


def _ask_retire(page: Any, request: HttpRequest, rule: Rule) -> Confirmation:
    return Confirmation(
        title=_("Retire this rule?"),
        text=_("From now on it gives nothing. Points already given stay. You can publish it again at any time."),
    )


def _faults(form: Any) -> dict[str, str]:
    """What is wrong with each part, as JSON for its editor; a plain error where no path is known."""
    found = {}
    for part in EDITED:
        told = getattr(form, "faults", {}).get(part) or [
            {"path": "", "message": str(message)} for message in form.errors.get(part, ())
        ]
        found[part] = json.dumps(told, ensure_ascii=False)
    return found


def _moment(text: str) -> datetime | None:
    """What a ``datetime-local`` field says, in the operator's zone."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment if moment.tzinfo else timezone.make_aware(moment)


@admin.register(Rule)
class RuleAdmin(SimpleHistoryAdmin, ModelAdmin):
    form = RuleForm
    list_display = ("called", "standing", "listens", "gives", "place")
    list_filter = ("state",)
    search_fields = ("name_zh", "name_en", "code")
    search_help_text = _("Name or code")
    ordering = ("priority", "id")
    actions = None
    change_form_template = "admin/loyalty/rule/change_form.html"
    actions_detail = ("publish", "retire", "copy")
    warn_unsaved_form = False  # the editor warns by itself

    class Media:
        css = {"all": ("css/admin-rule.css",)}
        js = tuple(
            f"js/admin/{name}.js"
            for name in (
                "dom",
                "combobox",
                "condition-values",
                "condition-editor",
                "effect-terms",
                "effects-editor",
                "schedule-editor",
                "rule-page",
            )
        )

    @display(description=_("name"), ordering="name_zh")
    def called(self, rule: Rule) -> str:
        return rule.name

    @display(description=_("state"), ordering="state", label=showing.CHIPS)
    def standing(self, rule: Rule) -> tuple[str, str]:
        return rule.state, rule.get_state_display()

    @display(description=_("when"), ordering="kind")
    def listens(self, rule: Rule) -> str:
        kind = registry.find(EventKind, rule.kind)
        return str(kind.label) if kind else rule.kind

    @display(description=_("Place in the order"), ordering="priority")
    def place(self, rule: Rule) -> int:
        return rule.priority

    @display(description=_("then"))
    def gives(self, rule: Rule) -> str:
        words: Words = vars(rule)["words"]  # hung on by get_changelist_instance
        return words.effects(rule.effects)

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        """The list with one :class:`Words` for all its rows, so names are asked for once."""
        page = super().get_changelist_instance(request)
        words = Words(programmes.current())
        for rule in page.result_list:
            rule.words = words
        return page

    def get_inlines(self, request: HttpRequest, obj: Rule | None) -> list[Any]:
        return [VersionInline] if obj is not None else []

    def has_delete_permission(self, request: HttpRequest, obj: Rule | None = None) -> bool:
        """A rule that was ever published stays: entries name its versions."""
        allowed = super().has_delete_permission(request, obj)
        return allowed and obj is not None and not obj.versions.exists()

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """A starter's beginning, or a copy of another rule."""
        starter = rule_starters.find(request.GET.get("starter", ""))
        if starter:
            return dict(starter.initial)
        copied = request.GET.get("copy", "")
        model = Rule.objects.filter(pk=copied).first() if copied.isdecimal() else None
        if model is None:
            return {"kind": "order.paid"}
        known = {name: getattr(model, name) for name in PARTS}
        return known | {"name_zh": f"{model.name_zh}（副本）", "name_en": f"{model.name_en} (copy)".strip()}

    def witness(self, item: Any) -> dict[str, Any]:
        """The draft, and what is in force beside it."""
        version = rules.in_force(item)
        told = {"version": version.number, "definition": version.definition} if version else {}
        return {**super().witness(item), **told}

    def get_historical_record_context_helper(self, request: HttpRequest, historical_record: Any) -> RuleHistory:
        return RuleHistory(self.model, historical_record)

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        return [
            path("catalogue/", wrap(rule_answers.catalogue), name="loyalty_rule_catalogue"),
            path("preview/", wrap(rule_answers.preview), name="loyalty_rule_preview"),
            path("members/", wrap(rule_answers.members), name="loyalty_rule_members"),
            path("orders/", wrap(rule_answers.orders), name="loyalty_rule_orders"),
            path("try/", wrap(rule_trials.attempt), name="loyalty_rule_try"),
            path("backtest/", wrap(rule_trials.backtest), name="loyalty_rule_backtest"),
            *super().get_urls(),
        ]

    def render_change_form(
        self,
        request: HttpRequest,
        context: dict[str, Any],
        add: bool = False,
        change: bool = False,
        form_url: str = "",
        obj: Rule | None = None,
    ) -> HttpResponse:
        version = rules.in_force(obj) if obj else None
        definition = rules.definition(obj) if obj else {}
        context |= {
            "starters": [] if obj or request.GET or request.method == "POST" else rule_starters.offered(),
            "state": (obj.state, obj.get_state_display(), showing.CHIPS[obj.state]) if obj else None,
            "version": version,
            "is_ahead": version is not None and version.definition != definition,
            "may_edit": self.has_change_permission(request, obj) if obj else self.has_add_permission(request),
            "now": timezone.localtime(),
            "parts": Words(programmes.current()).parts(definition) if obj else [],
            "faults": _faults(context["adminform"].form),
            "addresses": {
                name: reverse(f"admin:loyalty_rule_{name}")
                for name in ("catalogue", "preview", "members", "orders", "try", "backtest")
            },
        }
        page: HttpResponse = super().render_change_form(request, context, add, change, form_url, obj)
        return page

    @operation(
        label=_("Publish"),
        permission="loyalty.change_rule",
        ask=_ask_publish,
        icon="rocket_launch",
        variant=ActionVariant.PRIMARY,
    )
    def publish(self, request: HttpRequest, rule: Rule) -> str | Promise:
        start = _moment(request.POST.get("effective_from", ""))
        version = rules.publish(rule, by=staff(request), now=clock.now(), effective_from=start)
        since = showing.when(version.effective_from)
        return _("Version %(number)s is in force from %(since)s.") % {"number": version.number, "since": since}

    @operation(
        label=_("Retire"),
        permission="loyalty.change_rule",
        ask=_ask_retire,
        icon="bedtime",
        variant=ActionVariant.DANGER,
        suits=lambda rule: rule.state == Rule.State.LIVE,
    )
    def retire(self, request: HttpRequest, rule: Rule) -> str | Promise:
        rules.retire(rule, by=staff(request), now=clock.now())
        return _("The rule is retired. It gives nothing from now on.")

    @action(description=_("Copy"), icon="content_copy")
    def copy(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """A new form with this rule's parts; nothing is written until it is saved."""
        return HttpResponseRedirect(f"{reverse('admin:loyalty_rule_add')}?copy={object_id}")

    copy.needs = "loyalty.add_rule"
