"""What is in force on a day, and the quarters ahead."""

from datetime import date

import pytest

from members.benefits import seasons
from members.models import BenefitSeason, Plan
from tests import cast
from tests.members.benefits import perks

pytestmark = pytest.mark.django_db


def test_the_grid_says_who_gets_what_on_a_day() -> None:
    ladder = cast.ladder()
    plan = Plan.objects.create(code="plus", name_zh="付费会员", name_en="Plus")
    perks.offer("spa", tier="gold", quota=2)
    perks.offer("card")
    perks.offer("parcel", plan=plan)
    perks.offer("later", within=perks.season("summer", since=date(2026, 6, 1)))

    columns, rows = seasons.grid(perks.DAY, {ladder["gold"].pk: 7})

    assert [(each.tier or each.plan, each.members) for each in columns] == [
        (ladder["starter"], 0),
        (ladder["silver"], 0),
        (ladder["gold"], 7),
        (ladder["platinum"], 0),
        (plan, 0),
    ]
    told = {row.benefit.code: [cell.quota if cell else 0 for cell in row.cells] for row in rows}
    assert told == {"spa": [0, 0, 2, 2, 0], "card": [1, 1, 1, 1, 0], "parcel": [0, 0, 0, 0, 1]}


def test_the_calendar_shows_packs_by_quarter() -> None:
    experience = perks.season("experience", since=date(2026, 1, 1), through=date(2026, 3, 31))
    BenefitSeason.objects.create(set=experience, from_on=date(2026, 7, 1), through_on=date(2026, 8, 15))
    perks.season("practical", since=date(2026, 4, 1), through=date(2026, 5, 31))
    BenefitSeason.objects.create(set_id=experience.pk + 1, from_on=date(2026, 6, 1), through_on=date(2026, 6, 30))

    names = [name for name, _first, _last in seasons.quarters(perks.DAY)]
    first, second = seasons.calendar(perks.DAY)

    assert names == ["2026Q1", "2026Q2", "2026Q3", "2026Q4", "2027Q1"]
    assert [(plate.is_in_force, plate.is_whole) for plate in first[1]] == [
        (True, True),
        (False, False),
        (True, False),
        (False, False),
        (False, False),
    ]
    assert first[1][2].stretches == [(date(2026, 7, 1), date(2026, 8, 15))]
    assert (second[1][1].is_whole, second[1][1].stretches) == (True, [(date(2026, 4, 1), date(2026, 6, 30))])
