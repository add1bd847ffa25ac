"""A promise is what the live path would give, and writes nothing."""

from datetime import timedelta

import pytest

from loyalty.events import promising
from loyalty.models import Event
from tests import cast

pytestmark = pytest.mark.django_db


def test_the_joining_gift_is_promised_to_a_stranger() -> None:
    cast.rule("gift", "member.joined", points=100)
    cast.rule(
        "by-phone-only", "member.joined", points=7, condition={"fact": "event.source", "op": "eq", "value": "api"}
    )

    promised = promising.points("member.joined", [(cast.NOW, {"source": "web"})])

    assert promised == [100]
    assert Event.objects.count() == 0


def test_each_day_of_a_streak_is_judged_for_itself() -> None:
    member = cast.new_member()
    cast.rule("daily", "checkin.done", points=5)
    cast.rule("third", "checkin.done", points=20, condition={"fact": "event.streak", "op": "eq", "value": 3})
    moments = [(cast.NOW + timedelta(days=day), {"streak": day + 1}) for day in range(4)]

    assert promising.points("checkin.done", moments, account_id=member.pk) == [5, 5, 25, 5]


def test_without_a_rule_nothing_is_promised() -> None:
    assert promising.points("checkin.done", [(cast.NOW, {"streak": 1})], account_id=cast.new_member().pk) == [0]


def test_a_limit_holds_the_promise_too() -> None:
    member = cast.new_member()
    rule = cast.rule("daily", "checkin.done", points=5)
    version = rule.versions.get()
    version.definition["caps"] = [{"per": "day", "currency": "points", "limit": 3, "over": "clip"}]
    version.save(update_fields=["definition"])

    assert promising.points("checkin.done", [(cast.NOW, {"streak": 1})], account_id=member.pk) == [3]
