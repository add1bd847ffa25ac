"""Reminders: to use what lapses, to claim what waits; each once, and not to who has done it."""

from datetime import timedelta

import pytest

from loyalty.models import Message
from loyalty.registry import MessageKind, registry
from members.benefits import reminding, using
from members.benefits.using import Scan
from tests import cast
from tests.members.benefits import perks

pytestmark = pytest.mark.django_db
DAYS = timedelta(days=1)
WEEK_AHEAD = cast.NOW + 6 * DAYS  # 24 March; a week before the month ends


def keys(kind: str) -> list[str]:
    rows = Message.objects.filter(template__kind=kind, channel="in_app").order_by("key")
    return list(rows.values_list("key", flat=True))


def test_a_benefit_is_remembered_a_week_and_a_day_before_its_last_day() -> None:
    perks.offer()
    row = perks.claimed(cast.member())

    for days in range(16):
        cursor = "0:0"
        while cursor:
            cursor = reminding.remind_to_use(cast.NOW + days * DAYS, "", cursor).cursor

    assert keys("benefit.expiring") == [
        f"benefit-expiring:{row.pk}:1:{row.member_id}:in_app",
        f"benefit-expiring:{row.pk}:7:{row.member_id}:in_app",
    ]


def test_what_was_used_meanwhile_is_not_told() -> None:
    perks.offer()
    row = perks.claimed(cast.member())
    kind = registry.get(MessageKind, "benefit.expiring")

    before = kind.fill(row.member_id, {"claim": row.pk}, WEEK_AHEAD)
    using.use(Scan(row.code, "till"), now=WEEK_AHEAD)

    assert before == {"benefit": {"zh": "权益 grooming", "en": "Grooming"}, "on": "2026-03-31", "days": 7}
    assert kind.fill(row.member_id, {"claim": row.pk}, WEEK_AHEAD) is None


def test_who_has_not_claimed_is_told_a_week_before_the_period_ends() -> None:
    perks.offer()
    done, waits = cast.member(), cast.member("周一诺", phone="13900139000")
    perks.claimed(done)

    reminding.remind_to_claim(WEEK_AHEAD - DAYS, "", "")
    reminding.remind_to_claim(WEEK_AHEAD, "", "")
    reminding.remind_to_claim(WEEK_AHEAD, "", "")

    assert keys("benefit.waiting") == [f"benefit-waiting:2026-03-31:7:{waits.pk}:in_app"]
    kind = registry.get(MessageKind, "benefit.waiting")
    assert kind.fill(waits.pk, {"on": "2026-03-31"}, WEEK_AHEAD) == {
        "count": 1,
        "benefit": {"zh": "权益 grooming", "en": "Grooming"},
        "on": "2026-03-31",
        "days": 7,
    }
    assert kind.fill(done.pk, {"on": "2026-03-31"}, WEEK_AHEAD) is None


def test_walks_of_many_go_on_where_they_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reminding, "RANGE", 1)
    perks.offer()
    people = [cast.member(phone=f"1380013800{number}") for number in range(3)]

    cursor, strides = "0:0", 0
    while cursor:
        cursor, strides = reminding.remind_to_claim(WEEK_AHEAD, "", cursor).cursor, strides + 1

    assert (len(keys("benefit.waiting")), strides) == (len(people), 4)
