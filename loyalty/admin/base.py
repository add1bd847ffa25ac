"""What every admin page shares: the theme's ModelAdmin, an append-only class, operation buttons.

A button calls an operation; the operation's refusal is shown as a message in its own words, and who
pressed it is kept in Django's log of deeds.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import wraps
from typing import Any

from django.contrib import messages
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.db.models import Model
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.functional import Promise
from unfold.admin import ModelAdmin as ThemedModelAdmin
from unfold.admin import TabularInline as ThemedTabularInline
from unfold.decorators import action
from unfold.enums import ActionVariant

from loyalty.errors import LoyaltyError
from loyalty.models import User

PAGE = 25


class ModelAdmin(ThemedModelAdmin):
    """Base of every page: short lists, a warning before typed text is lost."""

    list_per_page = PAGE
    show_full_result_count = False
    warn_unsaved_form = True
    list_filter_submit = False
    compressed_fields = False

    def get_actions_detail(self, request: HttpRequest, object_id: Any) -> list[Any]:
        """Only the buttons this user may press and that make sense for the object as it stands."""
        offered = super().get_actions_detail(request, object_id)
        item = self.get_object(request, unquote(str(object_id))) if offered else None
        return [each for each in offered if item is not None and _offered(each.method, request, item)]


class ReadOnlyInline(ThemedTabularInline):
    """Rows shown, never edited."""

    extra = 0
    can_delete = False
    show_change_link = False

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class AppendOnly(ModelAdmin):
    """Pages of rows that only operations write: they can be read and searched, nothing else."""

    actions = None
    warn_unsaved_form = False

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@dataclass(frozen=True, slots=True)
class Confirmation:
    """What the page in between asks: a headline, what will happen, and extra context for a template."""

    title: str | Promise
    text: str | Promise
    template: str = "admin/operation.html"
    context: Mapping[str, Any] | None = None


Deed = Callable[[Any, HttpRequest, Any], str | Promise]
Ask = Callable[[Any, HttpRequest, Any], Confirmation]


def operation(
    *,
    label: str | Promise,
    permission: str,
    ask: Ask,
    icon: str,
    variant: ActionVariant = ActionVariant.DEFAULT,
    suits: Callable[[Any], bool] = lambda _item: True,
) -> Callable[[Deed], Any]:
    """A button on an object's page: asks first, then does the deed and shows the sentence it returns.

    ``permission`` is a full name such as ``loyalty.change_rule``; ``suits`` tells whether the object's
    state allows the deed, so the button is left out where it can't. A GET only asks; a POST acts.
    The theme's own ``permissions`` are not used: its system check would ask the database.
    """

    def decorate(deed: Deed) -> Any:
        @wraps(deed)
        def press(page: ThemedModelAdmin, request: HttpRequest, object_id: str) -> HttpResponse:
            if not request.user.has_perm(permission):
                raise PermissionDenied
            item = page.get_object(request, unquote(object_id))
            if item is None:
                raise Http404
            if request.method == "POST":
                return perform(page, request, item, label=label, deed=lambda: deed(page, request, item))
            return _asked(page, request, item, label=label, confirmation=ask(page, request, item), variant=variant)

        press.needs = permission  # type: ignore[attr-defined]  # read by get_actions_detail
        press.suits = suits  # type: ignore[attr-defined]  # likewise
        return action(description=label, icon=icon, variant=variant)(press)

    return decorate


def _offered(method: Any, request: HttpRequest, item: Model) -> bool:
    needs: str | None = getattr(method, "needs", None)
    suits: Callable[[Any], bool] = getattr(method, "suits", lambda _item: True)
    return (needs is None or request.user.has_perm(needs)) and suits(item)


def perform(
    page: ThemedModelAdmin,
    request: HttpRequest,
    item: Model,
    *,
    label: str | Promise,
    deed: Callable[[], str | Promise],
) -> HttpResponse:
    """Does the deed, says how it went, records who asked for it, and goes back to the object."""
    try:
        done = deed()
    except LoyaltyError as refusal:
        messages.error(request, refusal.message)
    else:
        messages.success(request, str(done))
        page.log_change(request, item, [{"changed": {"name": str(label), "object": str(item)}}])
    return HttpResponseRedirect(address(item))


def staff(request: HttpRequest) -> User | None:
    """Who presses the button, for what keeps its author."""
    return request.user if isinstance(request.user, User) else None


def address(item: Model, page: str = "change") -> str:
    """The admin address of an object."""
    meta = item._meta  # Django's documented way to a model's names
    return reverse(f"admin:{meta.app_label}_{meta.model_name}_{page}", args=[item.pk])


def _asked(
    page: ThemedModelAdmin,
    request: HttpRequest,
    item: Model,
    *,
    label: str | Promise,
    confirmation: Confirmation,
    variant: ActionVariant,
) -> HttpResponse:
    context = {
        **page.admin_site.each_context(request),
        "opts": page.opts,
        "original": item,
        "title": str(item),
        "label": label,
        "danger": variant == ActionVariant.DANGER,
        "confirmation": confirmation,
        "back": address(item),
        **(confirmation.context or {}),
    }
    return TemplateResponse(request, confirmation.template, context)
