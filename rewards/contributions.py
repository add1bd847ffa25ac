"""What ``rewards`` brings to the house."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.translation import gettext_lazy as _

from loyalty.registry import BuiltinMetric, Caption, EventField, EventKind, Panel, Tab, Text, ValueType
from members.models import Benefit
from rewards import cancelling, demo, dossier, facts, laws, strands, told
from rewards.models import Reward
from rewards.web import offers


def _rewards() -> Sequence[tuple[str, Text]]:
    return [(reward.code, reward.name) for reward in Reward.objects.order_by("code")]


def _benefits() -> Sequence[tuple[str, Text]]:
    return [(benefit.code, benefit.name) for benefit in Benefit.objects.order_by("code")]


def _benefit(payload: Mapping[str, Any]) -> str | None:
    """Nothing where it was everybody's price."""
    return payload.get("benefit") or None


_FIELDS = (
    EventField("reward", _("reward"), ValueType.CHOICE, lambda payload: payload["reward"], _rewards),
    EventField("quantity", _("quantity"), ValueType.NUMBER, lambda payload: payload["quantity"]),
    EventField("points", _("points paid"), ValueType.NUMBER, lambda payload: payload["points"]),
    EventField("benefit", _("at the price of the benefit"), ValueType.CHOICE, _benefit, _benefits),
)

CONTRIBUTES = (
    EventKind("reward.redeemed", _("reward redeemed"), dict, fields=_FIELDS),
    EventKind(cancelling.CANCELLED, _("redemption cancelled"), dict, fields=_FIELDS),
    BuiltinMetric("redemptions", _("rewards redeemed"), "reward.redeemed", lambda payload: int(payload["quantity"])),
    BuiltinMetric("points_redeemed", _("points redeemed"), "reward.redeemed", lambda payload: int(payload["points"])),
    *facts.FACTS,
    Caption("redemptions", offers.captions),
    Panel("reach", 30, "rewards/_reach.html", offers.panel),
    Tab("mall", 30, _("Mall"), "rewards:list", "mall"),
    *told.KINDS,
    laws.LAW,
    dossier.DOSSIER,
    *strands.STRANDS,
    *demo.DEMO,
)
