"""What ``members`` brings to the house."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.translation import gettext_lazy as _

from loyalty.registry import (
    Addressee,
    Belonging,
    BuiltinMetric,
    Configuration,
    Directory,
    Enroller,
    EventField,
    EventKind,
    FirstStep,
    Follower,
    Tab,
    Text,
    ValueType,
)
from members import finding, told
from members.benefits import contributed as benefits
from members.climbing import auditing, effects, reviewing, tiers
from members.climbing.foreseeing import FORESIGHT
from members.demo import benefits as demo_benefits
from members.demo import people as demo
from members.demo import pets as demo_pets
from members.demo import plans as demo_plans
from members.entering import enrolment, newcomers, places
from members.facts import FACTS
from members.groups import grouping
from members.models import Ladder, Member, Tier, TierChange
from members.paying import contributed as plans
from members.privacy import contributed as privacy
from members.profile import companions
from members.sharing import keeping
from members.web import animals, plan_cards
from members.web.benefits import PANELS as BENEFIT_PANELS


def _rungs() -> Sequence[tuple[str, Text]]:
    return [(tier.code, tier.name) for tier in Tier.objects.order_by("rank")]


def _text(payload: Mapping[str, Any], name: str) -> str | None:
    return payload.get(name) or None


def _ladders() -> Sequence[tuple[str, Text]]:
    return [(ladder.code, ladder.name) for ladder in Ladder.objects.order_by("pk")]


def _ladder(payload: Mapping[str, Any]) -> str | None:
    """Moves recorded before there were several ladders were on the main one."""
    return str(payload.get("ladder") or "main")


_REACHED_FIELDS = (
    EventField("tier", _("tier reached"), ValueType.CHOICE, lambda payload: _text(payload, "tier"), _rungs),
    EventField("is_first", _("first time on this tier"), ValueType.BOOLEAN, lambda payload: payload["is_first"]),
    EventField("ladder", _("ladder"), ValueType.CHOICE, _ladder, _ladders),
)
_TIER_FIELDS = (
    EventField("tier", _("new tier"), ValueType.CHOICE, lambda payload: _text(payload, "tier"), _rungs),
    EventField("previous", _("tier before"), ValueType.CHOICE, lambda payload: _text(payload, "previous"), _rungs),
    EventField("steps", _("rungs moved"), ValueType.NUMBER, lambda payload: payload["steps"]),
    EventField("is_first", _("first time on this tier"), ValueType.BOOLEAN, lambda payload: payload["is_first"]),
    EventField(
        "reason",
        _("reason"),
        ValueType.CHOICE,
        lambda payload: _text(payload, "reason"),
        lambda: TierChange.Reason.choices,
    ),
    EventField("ladder", _("ladder"), ValueType.CHOICE, _ladder, _ladders),
)

CONTRIBUTES = (
    Configuration("tiers", ("members_ladder", "members_ladderversion", "members_tier", "members_plan")),
    EventKind(
        "member.joined",
        _("member joined"),
        dict,
        title=_("Welcome gift"),
        icon="gift",
        fields=(
            EventField(
                "source",
                _("joined through"),
                ValueType.CHOICE,
                lambda payload: _text(payload, "source"),
                lambda: Member.Source.choices,
            ),
            EventField("referred", _("was invited"), ValueType.BOOLEAN, lambda payload: payload.get("referred", False)),
        ),
    ),
    EventKind("tier.upgraded", _("tier reached"), dict, fields=_TIER_FIELDS, title=_("A new tier"), icon="star"),
    EventKind("tier.downgraded", _("tier lost"), dict, fields=_TIER_FIELDS),
    EventKind(
        "tier.reached", _("tier on the way up"), dict, fields=_REACHED_FIELDS, title=_("A new tier"), icon="star"
    ),
    BuiltinMetric("tier_upgrades", _("tier upgrades"), "tier.upgraded", lambda _payload: 1),
    *FACTS,
    Follower("tiers", tiers.follow),
    auditing.LAW,
    FORESIGHT,
    Directory("phone", finding.by_phones),
    Directory("email", finding.by_emails),
    Belonging("members", finding.accounts_of),
    Enroller("members", enrolment.enrol_references),
    Addressee("members", finding.addresses),
    *told.KINDS,
    *privacy.CONTRIBUTED,
    *companions.CONTRIBUTED,
    *newcomers.CONTRIBUTED,
    *places.CONTRIBUTED,
    effects.GRANT,
    *grouping.CONTRIBUTED,
    *reviewing.JOBS,
    *plans.CONTRIBUTED,
    plan_cards.PANEL,
    *keeping.JOBS,
    FirstStep(
        "birthday",
        10,
        _("Tell us your birthday"),
        _("So that we can be there on the day."),
        "members:profile",
        "cake",
        lambda member: member.birthday is not None,
    ),
    FirstStep(
        "purchase",
        30,
        _("Collect your first points in the shop"),
        _("Show your member code at the till."),
        "members:card",
        "qr",
        lambda member: member.account.orders.exists(),
    ),
    *animals.HOME,
    Tab("home", 10, _("Home"), "members:home", "home"),
    Tab(
        "me",
        90,
        _("Me"),
        "members:me",
        "me",
        covers=("members:messages", "members:benefits", "members:plans", "members:invite"),
    ),
    *benefits.CONTRIBUTED,
    *BENEFIT_PANELS,
    *demo.DEMO,
    *demo_benefits.DEMO,
    *demo_pets.DEMO,
    *demo_plans.DEMO,
)
