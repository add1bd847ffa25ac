"""What every admin page shares: the theme's ModelAdmin, an append-only class, operation buttons.

A button calls an operation; the operation's refusal is shown as a message in its own words. Who
pressed it, and what was before and after, is kept in the audit trail (``auditing``).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import wraps
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.db.models import Model
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.functional import Promise
from unfold.admin import TabularInline as ThemedTabularInline
from unfold.decorators import action
from unfold.enums import ActionVariant

from loyalty import approvals, retrying
from loyalty.admin.auditing import Audited
from loyalty.errors import LoyaltyError
from loyalty.models import User
from loyalty.web.second_factor import gate

PAGE = 25


class ModelAdmin(Audited):
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

    actions: Any = None  # but for what a page names itself
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
    initial: Mapping[str, Any] | None = None


Deed = Callable[..., str | Promise]
Ask = Callable[[Any, HttpRequest, Any], Confirmation]


def operation(
    *,
    label: str | Promise,
    permission: str,
    ask: Ask,
    icon: str,
    variant: ActionVariant = ActionVariant.DEFAULT,
    suits: Callable[[Any], bool] = lambda _item: True,
    lets: Callable[[Any, Any], bool] = lambda _user, _item: True,
    form: type[forms.Form] | None = None,
    audited: bool = True,
    moves_value: bool = False,
) -> Callable[[Deed], Any]:
    """A button on an object's page: asks first, then does the deed and shows the sentence it returns.

    ``permission`` is a full name such as ``loyalty.change_rule``; ``suits`` tells whether the object's
    state allows the deed and ``lets`` whether this user may do it, so the button is left out where not
    (the operation itself refuses, too). A GET only asks; a POST acts. What ``form`` asks for is handed
    to the deed by name. Operations that write their own audit records say ``audited=False``; for those that
    ``moves_value`` or open a door, the second factor must have been proven within ten minutes.
    The theme's own ``permissions`` are not used: its system check would ask the database.
    """

    def decorate(deed: Deed) -> Any:
        @wraps(deed)
        def press(page: ModelAdmin, request: HttpRequest, object_id: str) -> HttpResponse:
            if not request.user.has_perm(permission):
                raise PermissionDenied
            item = page.get_object(request, unquote(object_id))
            if item is None:
                raise Http404
            if moves_value and (turned := gate.again(request)) is not None:
                return turned
            filled = form(request.POST) if form and request.method == "POST" else None
            if request.method == "POST" and (filled is None or filled.is_valid()):
                answers = filled.cleaned_data if filled else {}
                pressed = Press(page, request, item, label, deed.__name__ if audited else "")
                done = perform(pressed, lambda: deed(page, request, item, **answers), filled)
                if done is not None:
                    return done
            confirmation = ask(page, request, item)
            if form and filled is None:
                filled = form(initial={**(confirmation.initial or {}), **gate.draft(request)})
            shown = {"label": label, "danger": variant == ActionVariant.DANGER, "form": filled}
            return _asked(page, request, item, confirmation=confirmation, shown=shown)

        vars(press).update(needs=permission, suits=suits, lets=lets)  # read by get_actions_detail
        return action(description=label, icon=icon, variant=variant)(press)

    return decorate


def _offered(method: Any, request: HttpRequest, item: Model) -> bool:
    needs: str | None = getattr(method, "needs", None)
    suits: Callable[[Any], bool] = getattr(method, "suits", lambda _item: True)
    lets: Callable[[Any, Any], bool] = getattr(method, "lets", lambda _user, _item: True)
    return (needs is None or request.user.has_perm(needs)) and suits(item) and lets(request.user, item)


@dataclass(frozen=True, slots=True)
class Press:
    """A button pressed: on which page, by which request, for what. ``verb`` is empty where the operation
    writes its own audit record.
    """

    page: ModelAdmin
    request: HttpRequest
    item: Model
    label: str | Promise
    verb: str


def perform(press: Press, deed: Callable[[], str | Promise], form: forms.Form | None = None) -> HttpResponse | None:
    """Does the deed and its record in one transaction, says how it went, and goes back to the object.

    ``None`` where it was refused and ``form`` can be corrected; it carries the refusal.
    """
    try:
        done = retrying.atomically(lambda: _recorded(press, deed))
    except LoyaltyError as refusal:
        if form is not None:
            form.add_error(refusal.param if refusal.param in form.fields else None, refusal.message)
            return None
        messages.error(press.request, refusal.message)
    else:
        if done:
            messages.success(press.request, str(done))
    return HttpResponseRedirect(address(press.item))


def _recorded(press: Press, deed: Callable[[], str | Promise]) -> str | Promise:
    page, request, item = press.page, press.request, press.item
    before = page.witness(item) if press.verb else {}
    done = deed()
    if press.verb:
        page.record(request, item, press.verb, before=before, after=page.witness(item))
    page.log_change(request, item, str(press.label))
    return done


def staff(request: HttpRequest) -> User | None:
    """Who presses the button, for what keeps its author."""
    return request.user if isinstance(request.user, User) else None


def is_others(user: object, *account_ids: int | None) -> bool:
    """Whether none of the accounts is this login's own: nobody acts on their own membership."""
    return not (isinstance(user, User) and approvals.own_accounts(user) & set(account_ids))


def not_own(user: object, account: Model) -> bool:
    """The same of an account's page, or of its person's, as a button asks it."""
    return is_others(user, account.pk)


def address(item: Model, page: str = "change") -> str:
    """The admin address of an object."""
    meta = item._meta  # Django's documented way to a model's names
    return reverse(f"admin:{meta.app_label}_{meta.model_name}_{page}", args=[item.pk])


def _asked(
    page: ModelAdmin, request: HttpRequest, item: Model, *, confirmation: Confirmation, shown: Mapping[str, Any]
) -> HttpResponse:
    context = {
        **page.admin_site.each_context(request),
        "opts": page.opts,
        "original": item,
        "title": str(item),
        "confirmation": confirmation,
        "back": address(item),
        **shown,
        **(confirmation.context or {}),
    }
    return TemplateResponse(request, confirmation.template, context)
