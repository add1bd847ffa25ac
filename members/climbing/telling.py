"""What is told of a move between tiers: one event for the move, and one for each tier a rise leads through."""

from collections.abc import Collection, Sequence
from typing import Any

from loyalty.registry import Happening
from members.climbing.terms import Terms
from members.models import TierChange

UPGRADED, DOWNGRADED, REACHED = "tier.upgraded", "tier.downgraded", "tier.reached"


def told(moves: Sequence[Happening]) -> list[Happening]:
    """The moves, and the tiers they led through, as they are recorded."""
    return [*moves, *(each for move in moves for each in _gifts(move))]


def happening(terms: Terms, change: TierChange, seen: Collection[int | None]) -> Happening:
    before, after = terms.rank(change.previous_id), terms.rank(change.tier_id)
    kind = UPGRADED if after > before else DOWNGRADED
    return Happening(
        kind=kind,
        key=f"{kind}:{change.member_id}:{change.pk}",
        account_id=change.member_id,
        occurred_at=change.changed_at,
        payload={
            "tier": _code(terms, change.tier_id),
            "previous": _code(terms, change.previous_id),
            "rank": after,
            "steps": abs(after - before),
            "is_first": change.tier_id not in seen,
            "ladder": terms.ladder_code,
            "reason": str(change.reason),
            "passed": _passed(terms, before, after, highest=max(map(terms.rank, seen), default=-1)),
        },
        cause_id=change.cause_id,
    )


def _code(terms: Terms, tier_id: int | None) -> str:
    rung = terms.by_id.get(tier_id or 0)
    return rung.code if rung else ""


def _passed(terms: Terms, before: int, after: int, *, highest: int) -> list[list[Any]]:
    """The tiers a rise brings gifts for, from the bottom up, each with whether it is new to the member."""
    way = [rung for rung in terms.rungs if before < rung.rank <= after]
    if terms.policy.upgrade_gifts == "top":
        way = way[-1:]
    return [[rung.code, rung.rank > highest] for rung in way if rung.reach is not None or rung.rank == after]


def _gifts(move: Happening) -> list[Happening]:
    """A ``tier.reached`` for each tier a rise brings gifts for; none for a fall."""
    if move.kind != UPGRADED:
        return []
    return [
        Happening(
            kind=REACHED,
            key=f"{REACHED}:{move.key.partition(':')[2]}:{code}",
            account_id=move.account_id,
            occurred_at=move.occurred_at,
            payload={"tier": code, "ladder": move.payload["ladder"], "is_first": is_new},
            cause_id=move.cause_id,
        )
        for code, is_new in move.payload["passed"]
    ]
