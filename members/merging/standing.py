"""Where the survivor stands after a merge: what was given or bought comes along, the rest is judged anew."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.core import serializers
from django.utils.translation import gettext as _

from loyalty.events import intake
from members.climbing import telling, tiers
from members.climbing.tiers import Occasion
from members.models import MAIN, Member, Standing, TierChange

GIVEN = (
    ("granted", ("granted_id", "granted_through", "granted_note", "granted_by_id")),
    ("paid", ("paid_id", "paid_through")),
)


def give(survivor_id: int, duplicate_id: int, now: datetime) -> dict[str, Any]:
    """Granted and bought tiers come along where they are higher; then the survivor is judged by all figures.

    Both accounts are locked by the caller and the tallies have gone over.
    """
    before = _told(survivor_id)
    for theirs in Standing.objects.filter(member=duplicate_id).select_related("granted", "paid"):
        own = Standing.objects.filter(member=survivor_id, ladder=theirs.ladder_id).select_related("granted", "paid")
        _take(own.first() or Standing(member_id=survivor_id, ladder_id=theirs.ladder_id), theirs)
    _judge(survivor_id, now)
    return {"before": before, "after": _told(survivor_id)}


def give_back(survivor_id: int, kept: Mapping[str, Any], now: datetime) -> None:
    """As it was before where nothing moved since; else the survivor is judged by the figures that are left."""
    if _told(survivor_id) != kept["after"]:
        _judge(survivor_id, now)
        return
    rows = json.loads(kept["before"]["rows"])
    Standing.objects.filter(member=survivor_id).exclude(pk__in=[row["pk"] for row in rows]).delete()
    for each in serializers.deserialize("json", kept["before"]["rows"]):
        each.save()
    tier_id, was = kept["before"]["tier"], Member.objects.values_list("tier", flat=True).get(pk=survivor_id)
    if tier_id != was:
        Member.objects.filter(pk=survivor_id).update(tier=tier_id)
        TierChange.objects.create(
            member_id=survivor_id,
            ladder_id=MAIN,
            previous_id=was,
            tier_id=tier_id,
            reason=TierChange.Reason.MIGRATION,
            note=_("A merge was taken back."),
            changed_at=now,
        )


def _take(own: Standing, theirs: Standing) -> None:
    changed = False
    for source, columns in GIVEN:
        tier, held = getattr(theirs, source), getattr(own, source)
        if tier is not None and (held is None or held.rank < tier.rank):
            for column in columns:
                setattr(own, column, getattr(theirs, column))
            changed = True
    if changed:
        own.save()


def _judge(account_id: int, now: datetime) -> None:
    moves = tiers.settle([account_id], Occasion(now=now, note=_("Accounts were merged.")))
    intake.record(telling.told(moves), now=now)


def _told(account_id: int) -> dict[str, Any]:
    rows = Standing.objects.filter(member=account_id).order_by("pk")
    return {
        "rows": serializers.serialize("json", rows),
        "tier": Member.objects.values_list("tier", flat=True).get(pk=account_id),
    }
