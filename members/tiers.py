"""The ladder: which rung a member's growth has reached, and every move between rungs.

A rung is reached at its threshold exactly (≥). What counts is growth received less what refunds
took back; spending points doesn't touch it. Moves happen here and nowhere else, in the transaction
of the event that caused them.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from loyalty.models import Balance, Event
from loyalty.models.accounts import NET
from loyalty.registry import Happening
from members.models import Member, Tier, TierChange

GROWTH = "growth"


class _Move(NamedTuple):
    member: Member
    previous: Tier | None
    tier: Tier | None


def ladder() -> list[Tier]:
    """The rungs from the bottom up."""
    return list(Tier.objects.order_by("threshold"))


def reached(rungs: Sequence[Tier], growth: int) -> Tier | None:
    """The highest of ``rungs`` (rising) whose threshold ``growth`` meets."""
    return next((rung for rung in reversed(rungs) if growth >= rung.threshold), None)


def growth_of(account_ids: Sequence[int]) -> dict[int, int]:
    """Account id → growth, for the accounts that have any. One query."""
    rows = Balance.objects.filter(account_id__in=account_ids, currency__code=GROWTH)
    return dict(rows.values_list("account_id", NET))


def review(account_ids: Sequence[int], causes: Mapping[int, UUID], now: datetime) -> list[Happening]:
    """Moves each of these members to the rung their growth has reached; tells each move once.

    The caller is inside the transaction that changed the growth and holds the accounts' locks, so
    of two orders crossing one threshold together the second finds the move made. A move is dated
    when its cause happened. However many rungs it spans, it is one move. Two plain queries where
    nobody moves; who never had growth is not looked at.
    """
    standing = Balance.objects.filter(account_id__in=account_ids, currency__code=GROWTH)
    rows = list(standing.values_list("account_id", "account__member__tier_id", NET))
    rungs = ladder() if rows else []
    belongs = {account_id: reached(rungs, growth) for account_id, _tier, growth in rows}
    moving = [account_id for account_id, tier_id, _growth in rows if tier_id != _key(belongs[account_id])]
    if not moving or not rungs:
        return []
    members = Member.objects.select_for_update(no_key=True, of=("self",)).filter(pk__in=moving).order_by("pk")
    before = {tier.pk: tier for tier in rungs}
    moves = [_Move(member, before.get(member.tier_id or 0), belongs[member.pk]) for member in members]
    return _move(moves, causes, now) if moves else []


def _key(tier: Tier | None) -> int | None:
    return tier.pk if tier else None


def _move(moves: Sequence[_Move], causes: Mapping[int, UUID], now: datetime) -> list[Happening]:
    ids = [move.member.pk for move in moves]
    seen = set(TierChange.objects.filter(member_id__in=ids).values_list("member_id", "tier_id"))
    times = dict(Event.objects.filter(pk__in=set(causes.values())).values_list("pk", "occurred_at"))
    changes = TierChange.objects.bulk_create(
        TierChange(
            member=move.member,
            previous=move.previous,
            tier=move.tier,
            cause_id=causes.get(move.member.pk),
            changed_at=_moment(move, causes, times, now),
        )
        for move in moves
    )
    for move in moves:
        move.member.tier = move.tier
    Member.objects.bulk_update([move.member for move in moves], ["tier"])
    return [
        _happening(move, change, is_first=(move.member.pk, change.tier_id) not in seen)
        for move, change in zip(moves, changes, strict=True)
    ]


def _moment(move: _Move, causes: Mapping[int, UUID], times: Mapping[UUID, datetime], now: datetime) -> datetime:
    cause = causes.get(move.member.pk)
    return times.get(cause, now) if cause else now


def _happening(move: _Move, change: TierChange, *, is_first: bool) -> Happening:
    before = move.previous.rank if move.previous else -1
    after = move.tier.rank if move.tier else -1
    kind = "tier.upgraded" if after > before else "tier.downgraded"
    return Happening(
        kind=kind,
        key=f"{kind}:{move.member.pk}:{change.pk}",
        account_id=move.member.pk,
        occurred_at=change.changed_at,
        payload={
            "tier": move.tier.code if move.tier else "",
            "previous": move.previous.code if move.previous else "",
            "rank": after,
            "steps": abs(after - before),
            "is_first": is_first,
        },
        cause_id=change.cause_id,
    )
