"""Ladders are part of the configuration: what is published judges the next event."""

import pytest

from loyalty import configuration
from members.climbing import ladders
from members.models import Ladder, Tier
from tests import cast


@pytest.mark.django_db
def test_a_ladder_published_is_in_force_for_the_next_event() -> None:
    cast.ladder()
    with configuration.steady():
        before = [rung.threshold for rung in ladders.in_force(cast.NOW)[0].rungs]

    Tier.objects.filter(code="gold").update(threshold=3000)
    ladders.publish(Ladder.objects.get(is_main=True), by=None, now=cast.NOW)
    with configuration.steady():
        after = [rung.threshold for rung in ladders.in_force(cast.NOW)[0].rungs]

    assert before == [0, 500, 2000, 5000]
    assert after == [0, 500, 3000, 5000]


@pytest.mark.django_db
def test_the_tables_of_ladders_are_watched() -> None:
    cast.ladder()
    stamps = [configuration.stamp()]

    for row in (Ladder.objects.first(), Tier.objects.first(), ladders.latest(Ladder.objects.get(is_main=True))):
        assert row is not None
        row.save()
        stamps.append(configuration.stamp())

    assert len(set(stamps)) == 4
