"""Buttons on the member's page: grant a tier, take it back, lock one, unlock it; each asks for a reason.

Plans join them.
"""

from datetime import date
from typing import Any

from django import forms
from django.http import HttpRequest
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from unfold.enums import ActionVariant
from unfold.widgets import UnfoldAdminDateWidget, UnfoldAdminSelectWidget

from loyalty import clock
from loyalty.admin.auditing import origin
from loyalty.admin.base import Confirmation, operation, staff
from members.admin.companions import BirthdayByHand
from members.admin.plans_by_hand import PlansByHand
from members.admin.reasons import Reason
from members.climbing import granting
from members.models import Ladder, Member, Tier

MAY = "members.change_member"


def _tiers() -> list[tuple[int, str]]:
    tiers = Tier.objects.filter(archived_at=None).select_related("ladder").order_by("ladder", "rank")
    return [(tier.pk, f"{tier.ladder.name} · {tier.name}") for tier in tiers]


def _ladders() -> list[tuple[int, str]]:
    return [(each.pk, each.name) for each in Ladder.objects.order_by("pk")]


class Given(Reason):
    """Which tier, to which last day, and why."""

    tier = forms.ChoiceField(label=_("Tier"), choices=_tiers, widget=UnfoldAdminSelectWidget())
    through = forms.DateField(
        label=_("Last day"), required=False, widget=UnfoldAdminDateWidget(), help_text=_("Empty: without end.")
    )
    field_order = ("tier", "through", "reason")


class Ended(Reason):
    """On which ladder, and why."""

    ladder = forms.ChoiceField(label=_("Ladder"), choices=_ladders, widget=UnfoldAdminSelectWidget())
    field_order = ("ladder", "reason")


def _ask_grant(_page: Any, _request: HttpRequest, member: Member) -> Confirmation:
    text = _("It counts where it is higher than what the member earns, through its last day.")
    return Confirmation(title=_("Grant a tier"), text=text, initial={"tier": member.tier_id})


def _ask_revoke(_page: Any, _request: HttpRequest, _member: Member) -> Confirmation:
    return Confirmation(title=_("Take a granted tier back"), text=_("From now on what the member earns counts again."))


def _ask_lock(_page: Any, _request: HttpRequest, member: Member) -> Confirmation:
    text = _("The member cannot fall below this tier through the last day. They can still rise.")
    return Confirmation(title=_("Lock a tier"), text=text, initial={"tier": member.tier_id})


def _ask_unlock(_page: Any, _request: HttpRequest, _member: Member) -> Confirmation:
    return Confirmation(title=_("Unlock the tier"), text=_("What is no longer earned goes by the ladder's rules."))


def _has(column: str) -> Any:
    return lambda member: member.standings.filter(**{f"{column}__isnull": False}).exists()


class TiersByHand(BirthdayByHand, PlansByHand):
    """The buttons, for the page of members."""

    actions_detail: tuple[str, ...] = ("grant", "revoke", "lock", "unlock", "give_plan", "correct_birthday")

    @operation(label=_("Grant a tier"), permission=MAY, ask=_ask_grant, icon="stairs", form=Given, audited=False)
    def grant(
        self, request: HttpRequest, member: Member, tier: str, through: date | None, reason: str
    ) -> str | Promise:
        granting.grant(
            account_id=member.pk,
            tier_id=int(tier),
            through=through,
            reason=reason,
            by=staff(request),
            now=clock.now(),
            origin=origin(request),
        )
        return _("Done: the tier is granted.")

    @operation(
        label=_("Take a granted tier back"),
        permission=MAY,
        ask=_ask_revoke,
        icon="undo",
        variant=ActionVariant.DANGER,
        suits=_has("granted"),
        form=Ended,
        audited=False,
    )
    def revoke(self, request: HttpRequest, member: Member, ladder: str, reason: str) -> str | Promise:
        granting.revoke(
            account_id=member.pk,
            ladder_id=int(ladder),
            reason=reason,
            by=staff(request),
            now=clock.now(),
            origin=origin(request),
        )
        return _("Done: the granted tier has ended.")

    @operation(label=_("Lock a tier"), permission=MAY, ask=_ask_lock, icon="lock", form=Given, audited=False)
    def lock(self, request: HttpRequest, member: Member, tier: str, through: date | None, reason: str) -> str | Promise:
        granting.lock(
            account_id=member.pk,
            tier_id=int(tier),
            through=through,
            reason=reason,
            by=staff(request),
            now=clock.now(),
            origin=origin(request),
        )
        return _("Done: the tier is locked.")

    @operation(
        label=_("Unlock the tier"),
        permission=MAY,
        ask=_ask_unlock,
        icon="lock_open",
        suits=_has("floor"),
        form=Ended,
        audited=False,
    )
    def unlock(self, request: HttpRequest, member: Member, ladder: str, reason: str) -> str | Promise:
        granting.unlock(
            account_id=member.pk,
            ladder_id=int(ladder),
            reason=reason,
            by=staff(request),
            now=clock.now(),
            origin=origin(request),
        )
        return _("Done: the lock has ended.")
