"""Word to the followers that books moved for another reason than an event: by hand, by a file, by a replay.

A tier is what the entries make of it, whoever wrote them.
"""

from collections.abc import Collection, Mapping
from datetime import datetime
from uuid import UUID

from loyalty import programme as programmes
from loyalty.events import pipeline
from loyalty.registry import Follower, registry


def tell(account_ids: Collection[int], *, now: datetime, causes: Mapping[int, UUID] | None = None) -> None:
    """Lets the followers look at these accounts, and carries out what they answer.

    In the caller's transaction, which holds the accounts' locks. ``causes`` names an event by account where
    one is behind it. Followers of kinds are told of their own events alone.
    """
    told = sorted(account_ids)
    happenings = [
        happening
        for follower in registry.all(Follower)
        if told and not follower.kinds
        for happening in follower.follow(told, causes or {}, now)
    ]
    if happenings:
        pipeline.run(pipeline.drafts_of(happenings, programmes.current()), now=now)
