"""Two friends join by one code at one instant, on PostgreSQL."""

from collections.abc import Callable
from functools import partial
from threading import Barrier

import pytest

from loyalty import accounts
from loyalty.models import Event
from members.entering import enrolment, referrals
from members.models import Referral
from tests import cast
from tests.loyalty.crowd import at_once

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]


def joinings() -> list[Callable[[], object]]:
    code = referrals.code_of(cast.gold_member(points=0))
    return [
        partial(enrolment.enrol, source="api", phone=f"1360013600{place}", referral_code=code, now=cast.NOW)
        for place in range(2)
    ]


def numbers() -> list[int]:
    rows = Event.objects.filter(kind="referral.joined").values_list("payload__number", flat=True)
    return sorted(int(number) for number in rows)


def test_each_of_two_at_once_has_a_number_of_its_own() -> None:
    """A rule that stops at ten counts every friend once."""
    said = at_once(joinings())

    assert (said, numbers()) == ({"success": 2}, [1, 2])


def test_without_the_lock_both_would_be_the_first(monkeypatch: pytest.MonkeyPatch) -> None:
    """The negative control: both count before the other one is there."""
    calls, both_kept, find = joinings(), Barrier(2), Referral.objects.filter

    def together(*given: object, **told: object) -> object:
        if "referrer" in told:
            both_kept.wait(timeout=20)
        return find(*given, **told)

    monkeypatch.setattr(accounts, "lock", lambda _ids: {})
    monkeypatch.setattr(Referral.objects, "filter", together)

    said = at_once(calls)

    assert (said, numbers()) == ({"success": 2}, [1, 1])
