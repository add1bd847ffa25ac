"""However a history came in: one event late and the replay applied leave what all in order would have."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction
from hypothesis import given, settings
from hypothesis import strategies as st

from loyalty.events import replaying
from loyalty.events.incoming import Incoming, Status
from loyalty.ledger import verify
from loyalty.models import Account, Entry, Order, Replay, Tally
from tests.loyalty.till import NOW, RATE, net, open_account, order, post, publish, refund

pytestmark = pytest.mark.django_db
START = NOW - timedelta(days=6)


@dataclass(frozen=True)
class Deed:
    """An order, or (``of``) a refund of a former one; ``share`` percent of it."""

    hours: int
    minor: int
    of: int = -1
    share: int = 0


orders = st.builds(Deed, st.integers(0, 130), st.sampled_from([900, 4000, 10000, 12345, 30000]))
refunds = st.builds(Deed, st.integers(0, 130), st.just(0), st.integers(0, 5), st.sampled_from([10, 50, 100]))
histories = st.lists(st.one_of(orders, orders, refunds), min_size=2, max_size=7)


def rules(day_limit: int, month_limit: int, threshold: int, *, rejects: bool) -> None:
    """A rate with limits, a bonus for the so-manieth order of the month, double for who spent enough."""
    over = {"over": "reject" if rejects else "clip", "currency": "points"}
    publish(
        "base",
        [RATE],
        caps=[{"per": "day", "limit": day_limit, **over}, {"per": "month", "limit": month_limit, **over}],
    )
    window = {"fact": "metric.orders", "op": "eq", "value": threshold, "window": {"calendar": "month"}}
    publish("nth", [{"effect": "points.fixed", "currency": "points", "points": 37}], condition=window)
    spent = {"fact": "metric.spend", "op": "gte", "value": 10000, "window": {"days": 3}}
    publish("double", [{"effect": "points.multiply", "currency": "points", "factor": "1.5"}], condition=spent)


def told(history: list[Deed], account: Account, world: str) -> list[Incoming]:
    """The history as a till tells it, in order of time; each event a minute of its own."""
    deeds: list[tuple[int, int, Incoming]] = []
    placed = [number for number, deed in enumerate(history) if deed.of < 0]
    for number, deed in enumerate(history):
        if deed.of < 0:
            at = START + timedelta(hours=deed.hours, minutes=number)
            deeds.append((deed.hours, number, order(f"{world}{number}", deed.minor, account, at)))
        elif placed:
            target = placed[deed.of % len(placed)]
            hours = max(deed.hours, history[target].hours + 1)
            at = START + timedelta(hours=hours, minutes=number)
            minor = max(history[target].minor * deed.share // 100, 1)
            deeds.append((hours, number, refund(f"{world}R{number}", f"{world}{target}", minor, at)))
    return [event for *_when, event in sorted(deeds, key=lambda each: each[:2])]


def left(world: str) -> dict[str, int]:
    """What each order of a world has left of what it was given."""
    found: dict[str, int] = {}
    for placed in Order.objects.filter(external_id__startswith=world):
        given = Entry.objects.filter(event=placed.event_id, counter="issued")
        entries = [*given, *Entry.objects.filter(reverses__in=given)]
        found[placed.external_id.removeprefix(world)] = sum(entry.amount for entry in entries)
    return found


def tallies(account: Account) -> dict[Any, int]:
    rows = Tally.objects.filter(account=account).exclude(value=0)
    return {(code, day): value for code, day, value in rows.values_list("metric__code", "day", "value")}


@settings(max_examples=30)
@given(
    history=histories,
    late=st.integers(0, 6),
    limits=st.sampled_from([(150, 1000), (200, 300), (1000, 1000)]),
    threshold=st.integers(0, 3),
    rejects=st.booleans(),
)
def test_one_late_and_replayed_is_all_in_order(
    history: list[Deed], late: int, limits: tuple[int, int], threshold: int, rejects: bool
) -> None:
    with transaction.atomic():
        rules(*limits, threshold, rejects=rejects)
        plain, mixed = open_account(), open_account()
        for event in told(history, plain, "P"):
            post(event)
        events = told(history, mixed, "M")
        missing = events.pop(late % len(events)) if events else None
        for event in events:
            post(event)

        if missing is not None:
            outcome = post(missing)[0]
            assert outcome.status == Status.ACCEPTED
            assert outcome.event_id is not None
            replay = replaying.propose(account_id=mixed.pk, cause_event_id=outcome.event_id, now=NOW)
            if replay is not None:
                replaying.apply(replay_id=replay.pk, by=None, now=NOW)

        assert left("M") == left("P")
        assert net(mixed) == net(plain)
        assert tallies(mixed) == tallies(plain)
        assert Replay.objects.filter(state="proposed").count() == 0
        assert verify.run(now=NOW, accounts=[plain.pk, mixed.pk]) == []
        transaction.set_rollback(True)
