"""Who may sign in, the roles staff hold, and taking a lost second factor off a login."""

from typing import Any

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount, SocialApp, SocialToken
from django import forms
from django.contrib import admin
from django.contrib.admin.utils import unquote
from django.contrib.auth.admin import GroupAdmin as PlainGroupAdmin
from django.contrib.auth.admin import UserAdmin as PlainUserAdmin
from django.contrib.auth.models import Group
from django.db.models import Exists, OuterRef, QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display
from unfold.enums import ActionVariant
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm
from unfold.widgets import UnfoldAdminTextInputWidget

from loyalty import clock
from loyalty.admin.auditing import origin
from loyalty.admin.base import Confirmation, ModelAdmin, operation, staff
from loyalty.models import User
from loyalty.second_factor import keeping

admin.site.unregister([Group, EmailAddress, SocialAccount, SocialApp, SocialToken, Authenticator])


class ResetForm(forms.Form):
    """Taking it off somebody needs a reason."""

    reason = forms.CharField(
        label=_("Reason"),
        max_length=200,
        widget=UnfoldAdminTextInputWidget(),
        help_text=_("For the audit trail: how you know that it is really them."),
    )


def _ask_reset(page: ModelAdmin, request: HttpRequest, user: User) -> Confirmation:
    words = {"name": user.get_full_name(), "login": user.username}
    return Confirmation(
        title=_("Reset this second factor?"),
        text=_(
            "The app and the recovery codes of %(name)s (%(login)s) stop working at once. They are told by e-mail, and "
            "set up a new one when they sign in next. Make sure by another way that it is they who ask."
        )
        % words,
    )


def _has_factor(user: User) -> bool:
    return keeping.factor_of(user.pk) is not None


def _may_reset(person: Any, user: User) -> bool:
    return bool(person.is_superuser) and person.pk != user.pk


@admin.register(User)
class UserAdmin(PlainUserAdmin, ModelAdmin):
    form = UserChangeForm
    add_form = UserCreationForm
    change_password_form = AdminPasswordChangeForm
    list_display = ("username", "display_name", "email", "is_staff", "second_factor", "is_active", "last_login")
    list_filter = ("is_staff", "is_superuser", "is_active", "groups")
    search_fields = ("username", "display_name", "email")
    ordering = ("username",)
    actions_detail = ("reset_second_factor",)
    fieldsets = (
        (None, {"fields": ("username", "password", "display_name", "email", "language")}),
        (
            _("May do"),
            {"fields": ("is_active", "is_staff", "is_superuser", "groups", "user_permissions")},
        ),
        (_("When"), {"fields": (("last_login", "date_joined"),)}),
    )
    readonly_fields = ("last_login", "date_joined")
    add_fieldsets = (
        (None, {"classes": ("wide",), "fields": ("username", "usable_password", "password1", "password2")}),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        found: QuerySet[User] = super().get_queryset(request)
        app = Authenticator.objects.filter(user=OuterRef("pk"), type=keeping.App)
        return found.annotate(has_second_factor=Exists(app))

    @display(description=_("second factor"), boolean=True)
    def second_factor(self, user: Any) -> bool:
        return bool(user.has_second_factor)

    @operation(
        label=_("Reset second factor"),
        permission="loyalty.change_user",
        ask=_ask_reset,
        icon="phonelink_erase",
        variant=ActionVariant.DANGER,
        suits=_has_factor,
        lets=_may_reset,
        form=ResetForm,
        audited=False,
        moves_value=True,
    )
    def reset_second_factor(self, request: HttpRequest, user: User, *, reason: str) -> str | Promise:
        keeping.reset(user=user, by=staff(request), reason=reason, now=clock.now(), origin=origin(request))
        return _("Their second factor is off. They set up a new one when they sign in next.")

    def user_change_password(self, request: HttpRequest, id: str, form_url: str = "") -> HttpResponse:  # noqa: A002  # Django's name
        user = self.get_object(request, unquote(id))
        before = self.witness(user) if user else {}
        page: HttpResponse = super().user_change_password(request, id, form_url)
        if user and (after := self.witness(user)) != before:
            self.record(request, user, "password", before=before, after=after)
        return page


@admin.register(Group)
class GroupAdmin(PlainGroupAdmin, ModelAdmin):
    """Roles, dressed in the theme."""
