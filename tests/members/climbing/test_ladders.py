"""Publishing a ladder, and what its preview promises."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from members.climbing import ladders, previews, reviewing
from members.models import Ladder, LadderVersion, Member, Standing, Tier
from tests import cast

pytestmark = pytest.mark.django_db
LATER = cast.NOW + timedelta(hours=1)


def main() -> Ladder:
    return Ladder.objects.get(is_main=True)


def raise_gold(threshold: int = 3000) -> None:
    Tier.objects.filter(code="gold").update(threshold=threshold)


def with_growth(*growth: int) -> list[Member]:
    return [cast.member(f"M{each}", phone=f"1380013{each:04d}", growth=each) for each in growth]


def code(member: Member) -> str:
    member.refresh_from_db()
    return member.tier.code if member.tier else ""


def test_only_what_was_published_is_judged_by() -> None:
    cast.ladder()
    raise_gold(1)

    [terms] = ladders.in_force(cast.NOW)

    assert [rung.threshold for rung in terms.rungs] == [0, 500, 2000, 5000]


def test_versions_are_numbered_and_the_newest_that_began_is_in_force() -> None:
    cast.ladder()
    raise_gold()
    ladders.publish(main(), by=None, now=cast.NOW, effective_from=LATER)

    before, after = ladders.in_force(cast.NOW), ladders.in_force(LATER)

    assert ([each.number for each in before], [each.number for each in after]) == ([1], [2])


def test_the_same_again_is_refused() -> None:
    cast.ladder()

    with pytest.raises(ladders.LadderUnchanged):
        ladders.publish(main(), by=None, now=cast.NOW)


@pytest.mark.parametrize(
    ("columns", "refusal"),
    [
        ({"threshold": None}, ladders.TierAsksNothing),
        ({"threshold": 400}, ladders.LadderOutOfOrder),
        ({"threshold": 500}, ladders.LadderOutOfOrder),
    ],
)
def test_a_ladder_that_makes_no_sense_is_refused(columns: dict[str, object], refusal: type[Exception]) -> None:
    cast.ladder()
    Tier.objects.filter(code="gold").update(**columns)

    with pytest.raises(refusal):
        ladders.publish(main(), by=None, now=cast.NOW)


def test_an_empty_ladder_is_refused() -> None:
    with pytest.raises(ladders.LadderEmpty):
        ladders.publish(main(), by=None, now=cast.NOW)


def test_the_main_ladder_stays() -> None:
    with pytest.raises(ladders.MainLadderStays):
        ladders.retire(main(), now=cast.NOW)


def test_the_preview_counts_who_would_move() -> None:
    """E60: gold from 2,000 to 3,000: the list says how many fall before anybody does."""
    cast.ladder()
    with_growth(100, 2500, 2999, 3000, 5000)
    raise_gold()

    found = previews.preview(main(), now=cast.NOW)

    assert [
        (flow.before and flow.before.code, flow.after and flow.after.code, flow.members) for flow in found.flows
    ] == [("gold", "silver", 2)]
    assert (found.falling, found.rising, found.staying) == (2, 0, 3)
    assert sorted(mover.member.name for mover in found.sample) == ["M2500", "M2999"]


def test_who_has_the_tier_keeps_it_unless_everybody_moves_now() -> None:
    """E60: published for later, gold members keep it; published for now, the walk moves them."""
    cast.ladder()
    [member] = with_growth(2500)
    raise_gold()

    ladders.publish(main(), by=None, now=cast.NOW)
    reviewing.move_all(LATER, "", "")
    kept = code(member)
    ladders.publish(main(), by=None, now=cast.NOW, moves=LadderVersion.Moves.NOW)
    reviewing.move_all(LATER, "", "")

    assert (kept, code(member)) == ("gold", "silver")
    change = member.tier_changes.get()
    assert (change.reason, change.receipt["version"]) == ("migration", 3)
    assert LadderVersion.objects.get(number=3).moved_at == LATER


@pytest.mark.parametrize(
    "policies",
    [
        {},
        {"basis": "balance", "currency": "points"},
        {"currency": "points"},
        {"window": "calendar_year", "validity": "calendar_year"},
        {"window": "rolling", "window_length": 90, "window_unit": "days"},
        {"window": "since_reached"},
        {"window": "anniversary"},
    ],
    ids=lambda policies: "-".join(map(str, policies.values())) or "plain",
)
def test_the_preview_promises_what_the_walk_does(policies: dict[str, object]) -> None:
    """Whatever the ladder counts, the statement of the preview and the judge agree."""
    cast.ladder()
    members = with_growth(0, 600, 2500, 6000)
    for member in members:
        cast.give(member.pk, 700, now=cast.NOW - timedelta(days=100))
        cast.give(member.pk, 450, currency="growth", now=cast.NOW - timedelta(days=20))
    Ladder.objects.update(**policies)
    raise_gold()
    Tier.objects.filter(code="silver").update(
        retention={"fact": "balance.growth", "op": "gte", "value": 1000}, keep_threshold=100
    )
    promised = previews.preview(main(), now=cast.NOW)

    ladders.publish(main(), by=None, now=cast.NOW, moves=LadderVersion.Moves.NOW)
    stride = reviewing.move_all(LATER, "", "")

    moved = {(mover.member.pk, mover.after.code if mover.after else "") for mover in promised.sample}
    assert stride.counts["moved"] == promised.falling + promised.rising
    assert {(member.pk, code(member)) for member in members if member.tier_changes.exists()} == moved


def test_a_preview_costs_the_same_for_many() -> None:
    cast.ladder()
    with_growth(2500)
    raise_gold()

    with CaptureQueriesContext(connection) as few:
        previews.preview(main(), now=cast.NOW)
    with_growth(*range(2000, 2030))
    with CaptureQueriesContext(connection) as many:
        previews.preview(main(), now=cast.NOW)

    assert len(many) == len(few)


def test_a_side_ladder_stands_beside_the_main_one() -> None:
    cast.ladder()
    side = Ladder.objects.create(code="envoys", name_zh="品牌大使", name_en="Ambassadors", currency="points")
    Tier.objects.create(ladder=side, code="envoy", name_zh="大使", name_en="Envoy", rank=1, threshold=100)
    ladders.publish(side, by=None, now=cast.NOW - timedelta(days=1), moves=LadderVersion.Moves.NOW)
    [member] = with_growth(600)
    cast.give(member.pk, 100)

    reviewing.move_all(cast.NOW, "", "")

    assert code(member) == "silver"
    assert Standing.objects.get(ladder=side, member=member).effective == Tier.objects.get(code="envoy")
    assert member.tier_changes.get().ladder == side
