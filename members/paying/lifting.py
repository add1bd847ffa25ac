"""The tier that paid membership lifts to, kept true after every change of terms.

A tier that is paid for overlays what is earned: the effective tier is the highest of both, so buying takes
nothing away and running out leaves what was earned meanwhile. Of plans that overlap, the highest tier
counts while it runs, then the next. In the caller's transaction, with the accounts locked.
"""

from collections.abc import Collection, Mapping
from datetime import datetime
from uuid import UUID

from loyalty import programme
from loyalty.registry import Happening
from members.climbing import ladders, telling, tiers
from members.climbing.tiers import Edit, Occasion
from members.models import Standing, Tier, TierChange
from members.paying import holding
from members.paying.holding import Lift

Reason = TierChange.Reason
_Key = tuple[int, int]  # account, ladder


def follow(
    account_ids: Collection[int], *, note: str, now: datetime, causes: Mapping[int, UUID] | None = None
) -> list[Happening]:
    """Brings standings in line with the terms that run; returns the moves, to be recorded by the caller.

    A tier that is on no ladder in force lifts nobody.
    """
    known = {terms.ladder_id: set(terms.by_id) for terms in ladders.in_force(now)}
    found = holding.lifts(account_ids, programme.day_of(now))
    wanted = {key: lift for key, lift in found.items() if lift.tier_id in known.get(key[1], ())}
    rows = Standing.objects.filter(member_id__in=account_ids).exclude(paid=None)
    held = {(row.member_id, row.ladder_id): row for row in rows.select_related("paid")}
    told: list[Happening] = []
    for ladder_id in sorted({ladder for _account, ladder in [*wanted, *held]} & set(known)):
        for reason in (Reason.PAID, Reason.PAID_ENDED):
            keys = [key for key in {**wanted, **held} if key[1] == ladder_id and _reason(key, wanted, held) == reason]
            if keys:
                occasion = Occasion(now=now, causes=causes or {}, reason=reason, note=note[:200], ladder_id=ladder_id)
                told += tiers.settle(sorted(account for account, _ladder in keys), occasion, _edit(wanted))
    return telling.told(told)


def _reason(key: _Key, wanted: Mapping[_Key, Lift], held: Mapping[_Key, Standing]) -> Reason:
    paid: Tier | None = held[key].paid if key in held else None
    falls = paid is not None and (key not in wanted or wanted[key].rank < paid.rank)
    return Reason.PAID_ENDED if falls else Reason.PAID


def _edit(wanted: Mapping[_Key, Lift]) -> Edit:
    def edit(row: Standing) -> None:
        lift = wanted.get((row.member_id, row.ladder_id))
        row.paid_id, row.paid_through = (lift.tier_id, lift.through) if lift else (None, None)

    return edit
