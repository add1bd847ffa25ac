"""Pets, interests and the brand's choices about people; and the button that sets a birthday right."""

from datetime import date
from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Count, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.functional import Promise
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from simple_history.admin import SimpleHistoryAdmin
from unfold.contrib.filters.admin import RangeDateFilter
from unfold.decorators import display
from unfold.widgets import UnfoldAdminDateWidget, UnfoldAdminTextInputWidget

from loyalty import clock
from loyalty.admin import showing
from loyalty.admin.auditing import origin
from loyalty.admin.base import AppendOnly, Confirmation, ModelAdmin, address, operation, staff
from members import choices
from members.models import Interest, Member, MemberSettings, Pet
from members.profile import profiles


class Corrected(forms.Form):
    """The right day, and how one knows."""

    birthday = forms.DateField(
        label=_("Birthday"), required=False, widget=UnfoldAdminDateWidget(), help_text=_("Empty: not known.")
    )
    reason = forms.CharField(
        label=_("Reason"),
        max_length=200,
        widget=UnfoldAdminTextInputWidget(),
        help_text=_("The audit trail keeps who and why, not the date."),
    )


def _ask_birthday(_page: Any, _request: HttpRequest, member: Member) -> Confirmation:
    text = _("Members change it themselves once a while; this is for what is plainly wrong. One gift a year stays one.")
    return Confirmation(title=_("Set the birthday right"), text=text, initial={"birthday": member.birthday})


class BirthdayByHand(ModelAdmin):
    """The button, for the page of members."""

    @operation(
        label=_("Set the birthday right"),
        permission="members.change_member",
        ask=_ask_birthday,
        icon="cake",
        form=Corrected,
        audited=False,
    )
    def correct_birthday(
        self, request: HttpRequest, member: Member, birthday: date | None, reason: str
    ) -> str | Promise:
        profiles.correct_birthday(
            member.pk,
            birthday=birthday,
            reason=reason,
            by=staff(request),
            now=clock.now(),
            origin=origin(request),
        )
        return _("Done: the birthday is set right.")


@admin.register(Pet)
class PetAdmin(AppendOnly):
    """Members keep their pets themselves; here they are found and read."""

    list_display = ("name", "owner", "species", "breed", "birthday", "kilograms", "passed_on")
    list_filter = ("species", "sex", "is_neutered", ("birthday", RangeDateFilter), ("added_at", RangeDateFilter))
    list_filter_submit = True
    search_fields = ("name", "breed", "=member__account__number", "member__name")
    search_help_text = _("Name, breed, member's name or number")
    list_select_related = ("member__account",)
    ordering = ("-pk",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Pet]:
        found: QuerySet[Pet] = super().get_queryset(request).filter(removed_at=None)
        return found

    @display(description=_("member"))
    def owner(self, pet: Pet) -> SafeString | str:
        return showing.link(pet.member, pet.member.name or pet.member.account.number)

    @display(description=_("weight (kg)"), ordering="weight_grams")
    def kilograms(self, pet: Pet) -> str:
        return f"{pet.weight_grams / 1000:g}" if pet.weight_grams else "–"


@admin.register(Interest)
class InterestAdmin(ModelAdmin):
    """The list members tick. What is no longer offered is retired, so the ticks stay."""

    list_display = ("called", "code", "rank", "ticked", "archived_at")
    search_fields = ("code", "name_zh", "name_en")
    fields = ("code", ("name_zh", "name_en"), ("rank", "archived_at"))

    def get_queryset(self, request: HttpRequest) -> QuerySet[Interest]:
        found: QuerySet[Interest] = super().get_queryset(request).annotate(ticks=Count("members"))
        return found

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return ("code",) if obj else ()

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    @display(description=_("interest"))
    def called(self, interest: Interest) -> str:
        return interest.name

    @display(description=_("members"), ordering="ticks")
    def ticked(self, interest: Any) -> int:
        return int(interest.ticks)


@admin.register(MemberSettings)
class MemberSettingsAdmin(SimpleHistoryAdmin, ModelAdmin):
    """One row: the list goes straight to it."""

    fieldsets = (
        (_("Birthdays"), {"fields": (("birthday_on", "leap_day"), "birthday_edit_days")}),
        (_("Pets"), {"fields": (("pet_limit", "pet_birthdays_a_year"),)}),
        (_("Leaving"), {"fields": ("erasure_days",)}),
    )

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        choices.lay()
        return HttpResponseRedirect(address(choices.current()))
