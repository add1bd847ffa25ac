"""What a rule can do to a standing: grant a tier for some days."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from loyalty import programme
from loyalty.registry import Effect, EffectParam, Grant, Happening, Text, ValueType
from members.climbing import telling, tiers
from members.climbing.telling import DOWNGRADED, REACHED, UPGRADED
from members.climbing.tiers import Edit, Occasion
from members.models import Standing, Tier, TierChange

LONGEST_DAYS = 3660


def _choices() -> Sequence[tuple[str, Text]]:
    return [(tier.code, tier.name) for tier in Tier.objects.filter(archived_at=None)]


def grant(grants: Sequence[Grant], now: datetime) -> list[Happening]:
    """Grants each its tier, one range of members for each tier and length. A better grant that runs stays."""
    wishes: dict[tuple[str, int], dict[int, UUID]] = {}
    for each in grants:
        wish = str(each.params["tier"]), min(LONGEST_DAYS, max(1, int(each.params["days"])))
        wishes.setdefault(wish, {})[each.account_id] = each.event_id
    known = {tier.code: tier for tier in Tier.objects.all()}
    told: list[Happening] = []
    for (code, days), causes in sorted(wishes.items()):
        tier = known.get(code)
        if tier is not None:
            told += _granted(tier, days, causes, now, {row.pk: row.rank for row in known.values()})
    return told


def _granted(
    tier: Tier, days: int, causes: Mapping[int, UUID], now: datetime, ranks: Mapping[int, int]
) -> list[Happening]:
    occasion = Occasion(now=now, causes=causes, reason=TierChange.Reason.GRANTED, ladder_id=tier.ladder_id)
    return telling.told(tiers.settle(sorted(causes), occasion, _edit(tier, days, now, ranks)))


def _edit(tier: Tier, days: int, now: datetime, ranks: Mapping[int, int]) -> Edit:
    today = programme.day_of(now)
    through = today + timedelta(days=days)

    def edit(row: Standing) -> None:
        runs = row.granted_id is not None and (row.granted_through is None or row.granted_through >= today)
        held = ranks.get(row.granted_id or 0, -1) if runs else -1
        longer = row.granted_through is None or row.granted_through >= through
        if held > tier.rank or (held == tier.rank and longer):
            return
        row.granted_id, row.granted_through = tier.pk, through
        row.granted_note, row.granted_by_id = str(_("by rule")), None

    return edit


def _sentence(params: Mapping[str, Any]) -> str:
    tier = Tier.objects.filter(code=params.get("tier") or "").first()
    days = int(params.get("days") or 0)
    text = ngettext("%(tier)s for %(days)s day", "%(tier)s for %(days)s days", days)
    return text % {"tier": tier.name if tier else params.get("tier"), "days": days}


GRANT = Effect(
    "tier.grant",
    gettext_lazy("grant a tier"),
    (
        EffectParam("tier", gettext_lazy("tier"), ValueType.CHOICE, choices=_choices),
        EffectParam("days", gettext_lazy("for so many days"), ValueType.NUMBER, default=30),
    ),
    grant,
    _sentence,
    emits=(UPGRADED, DOWNGRADED, REACHED),
)
