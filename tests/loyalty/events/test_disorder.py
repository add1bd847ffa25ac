"""F14: a partner's events in disorder: doubled, shuffled, early, late, contradicting, cut into any batches."""

import os
import random
from dataclasses import dataclass, field
from datetime import timedelta

import pytest

from loyalty.events import releasing
from loyalty.events.incoming import Incoming
from loyalty.ledger import verify
from loyalty.models import Account, Event, Order, Tally
from tests.loyalty.till import NOW, net, one_for_one, open_account, order, post, refund

pytestmark = pytest.mark.django_db
EVENTS = int(os.environ.get("EVERGREEN_EVENTS", "120"))
SEEDS = range(int(os.environ.get("EVERGREEN_SEEDS", "50")))


@dataclass
class Told:
    """What a partner tells of one order, and what it must come to, by the plainest arithmetic."""

    account: Account
    versions: list[int]
    refunds: list[int] = field(default_factory=list)

    @property
    def spent(self) -> int:
        return max(self.versions[-1] - sum(self.refunds), 0)

    @property
    def points(self) -> int:
        total = self.versions[-1]
        earned = total // 100
        return earned - earned * min(sum(self.refunds), total) // total


def day_of_a_partner(dice: random.Random, people: list[Account]) -> tuple[list[Told], list[Incoming]]:
    """Orders with their versions and refunds, and the events that tell them, as a till would send them."""
    orders: list[Told] = []
    events: list[Incoming] = []
    for number in range(EVENTS * 2 // 3):
        late = timedelta(days=30) if dice.random() < 0.02 else timedelta()
        at = NOW - timedelta(minutes=dice.randrange(1, 1000)) - late
        account, name = dice.choice(people), f"A{number}"
        versions = [dice.randrange(100, 50000) for _ in range(2 if dice.random() < 0.01 else 1)]
        told = Told(account, versions)
        events += [
            order(name, minor, account, at, **({"version": place} if len(versions) > 1 else {}))
            for place, minor in enumerate(versions, start=1)
        ]
        for back in range(dice.choice([0, 0, 1, 2])):
            told.refunds.append(dice.randrange(1, versions[-1]))
            events.append(refund(f"R{number}-{back}", name, told.refunds[-1], at + timedelta(minutes=1 + back)))
        orders.append(told)
    return orders, events


def in_disorder(dice: random.Random, events: list[Incoming]) -> list[list[Incoming]]:
    """One in ten doubled, one in ten moved anywhere, refunds before their orders, cut at random."""
    stream = [*events, *dice.sample(events, len(events) // 10)]
    for _ in range(len(stream) // 10):
        stream.insert(dice.randrange(len(stream)), stream.pop(dice.randrange(len(stream))))
    for place, event in enumerate(stream):
        if event.kind == "order.refunded" and dice.random() < 0.1:
            stream.insert(0, stream.pop(place))
    batches = []
    while stream:
        size = dice.randrange(1, 40)
        batches.append(stream[:size])
        stream = stream[size:]
    return batches


@pytest.mark.parametrize("seed", SEEDS)
def test_disorder_ends_where_order_would(seed: int) -> None:
    """F14: final balances equal the plain model, whatever the stream looked like."""
    dice = random.Random(seed)
    people = [open_account() for _ in range(4)]
    one_for_one(since=NOW - timedelta(days=400))
    orders, events = day_of_a_partner(dice, people)

    for batch in in_disorder(dice, events):
        post(*batch)
    for event in Event.objects.filter(state=Event.State.REVIEW).order_by("occurred_at", "id"):
        releasing.accept(event_id=event.pk, now=NOW)
    releasing.look_again(now=NOW)

    expected = {person.pk: sum(told.points for told in orders if told.account == person) for person in people}
    assert {person.pk: net(person) for person in people} == expected
    assert Event.objects.exclude(state=Event.State.DECIDED).count() == 0
    assert Order.objects.count() == len(orders)
    spent = Tally.objects.filter(metric__code="spend").values_list("value", flat=True)
    assert sum(spent) == sum(told.spent for told in orders)
    assert verify.run(now=NOW) == []
