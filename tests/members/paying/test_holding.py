"""Who holds which plan on a day."""

from datetime import date

import pytest

from members.models import Plan, PlanTerm
from members.paying import holding
from tests import cast

pytestmark = pytest.mark.django_db


def test_a_term_runs_from_its_first_through_its_last_day_or_until_it_was_ended() -> None:
    member = cast.member()
    plus, pro = (Plan.objects.create(code=code, name_zh=code, name_en=code) for code in ("plus", "pro"))
    for plan, ended_on in ((plus, None), (pro, date(2026, 3, 5))):
        PlanTerm.objects.create(
            member=member,
            plan=plan,
            key=plan.code,
            source=PlanTerm.Source.STAFF,
            starts_on=date(2026, 3, 1),
            through_on=date(2026, 3, 10),
            ended_on=ended_on,
            bought_at=cast.NOW,
        )

    seen = [
        holding.held_by([member.pk], day)
        for day in (date(2026, 2, 28), date(2026, 3, 1), date(2026, 3, 5), date(2026, 3, 10), date(2026, 3, 11))
    ]

    assert seen == [{}, {member.pk: {plus.pk, pro.pk}}, {member.pk: {plus.pk}}, {member.pk: {plus.pk}}, {}]
