"""What an event would give if it happened: for pages that say so beforehand. Writes nothing.

The same engine and rules as the live path, so a promise and what comes of it cannot disagree unless
a rule changes in between or another event uses up a limit.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from loyalty import programme as programmes
from loyalty.conditions import Leaf
from loyalty.events import backtesting, foreseeing, pipeline
from loyalty.events.knowledge import Knowledge
from loyalty.registry import Happening


class _Stranger:
    """Of someone who is no member yet nothing is known, and no limit is used."""

    def lookup(self, _leaf: Leaf) -> Any:
        return None

    def used(self, _rule_id: int, _currency: str, _start: date, _end: date) -> int:
        return 0

    def spent(self, _rule_id: int, _currency: str, _per: str, _start: date) -> int:
        return 0


def points(
    kind: str, moments: Sequence[tuple[datetime, Mapping[str, Any]]], *, account_id: int | None = None
) -> list[int]:
    """Points that an event of ``kind`` with each payload would give at its instant, one by one.

    Each is judged as things stand, without the ones before it. A constant number of queries.
    """
    programme = programmes.current()
    happenings = [Happening(kind, "", account_id, at, payload) for at, payload in moments]
    drafts = pipeline.drafts_of(happenings, programme)
    knowledge = Knowledge(drafts, programme)
    if account_id is not None and knowledge.rules:
        knowledge.load([account_id], sorted({draft.occurred_on for draft in drafts}))
    totals = []
    sights = foreseeing.Sights([] if account_id is None else [account_id], drafts[-1].occurred_at)
    for draft in drafts:
        known = _Stranger() if account_id is None else knowledge.about(account_id, draft.occurred_on)
        event = backtesting.view(account_id or 0, kind, draft.payload, draft.occurred_at, programme)
        policy, gauges = knowledge.policy_at(draft.occurred_at), knowledge.gauges.of(kind)
        totals.append(foreseeing.decide(event, known, knowledge.book, policy, sights, gauges).total())
    return totals
