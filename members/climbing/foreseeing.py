"""Which tier an event's own growth leads to, for programmes that judge an order by that one. Writes nothing."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from loyalty import bulk, programme
from loyalty.registry import Foresight, Outlook
from members.climbing import figures, judging, ladders, tiers, weighing
from members.models import TierChange

TIER = "member.tier"


def load(account_ids: Collection[int], at: datetime) -> Outlook:
    """The main ladder's judge over these members as they stand. Five queries, whatever their number."""
    main = [terms for terms in ladders.in_force(at) if terms.is_main]
    places = {place.standing.member_id: place for place in tiers.places(account_ids, main)} if main else {}
    known = {terms.version_id: terms for terms in main}
    known |= ladders.older({p.standing.version_id for p in places.values() if p.standing.version_id} - set(known))
    today = programme.day_of(at)
    stands = {member: {place.terms.ladder_id: place.stand} for member, place in places.items()}
    shelf = figures.load(stands, list(known.values()), today)

    def look(account_id: int, gained: Mapping[str, int], counted: Mapping[str, int]) -> dict[str, Any]:
        place = places.get(account_id)
        if place is None:
            return {}
        with shelf.gaining(account_id, today, gained, counted):
            own = shelf.of(account_id, place.terms)
            held = known.get(place.standing.version_id or 0)
            verdict = judging.judge(place.terms, place.stand, own, today, held=held)
        rung = place.terms.by_id.get(weighing.effective(place.terms, verdict.stand, today) or 0)
        return {TIER: rung.code} if rung else {}

    return look


def recall(event_ids: Collection[UUID]) -> dict[UUID, dict[str, Any]]:
    """The tier each of these events led to, where its growth moved the member. One query."""
    moves = TierChange.objects.filter(ladder__is_main=True, tier__isnull=False).filter(
        bulk.among("cause_id", event_ids)
    )
    return {cause: {TIER: code} for cause, code in moves.order_by("pk").values_list("cause_id", "tier__code")}


FORESIGHT = Foresight("tiers", load, recall)
