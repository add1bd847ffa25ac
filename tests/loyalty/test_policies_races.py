"""Two people change policies at one instant on PostgreSQL: one after the other, nothing is lost."""

import time
from collections import Counter
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import pytest

from loyalty import policies
from loyalty.models import PolicyVersion, Programme
from tests.cast import NOW
from tests.loyalty.crowd import at_once

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]
DESKS = 6
SETTINGS: list[dict[str, Any]] = [
    {"stacking": "multiplicative"},
    {"rounding_mode": "ceil"},
    {"remainder": "last"},
    {"claim_days": 31},
    {"debt_limit": 5},
    {"tender_minimum": 7},
]


def changed(settings: Sequence[dict[str, Any]]) -> Counter[str]:
    """All changes at one instant; what they were answered."""
    tell = partial(policies.publish, by=None, now=NOW, reason="x")
    return at_once([partial(tell, changes={"programme": change}) for change in settings])


def test_one_change_asked_for_by_all_is_made_once() -> None:
    answers = changed([SETTINGS[0]] * DESKS)

    assert answers == {"success": 1, "policy_unchanged": DESKS - 1}
    assert PolicyVersion.objects.count() == 2


def test_different_changes_all_stand() -> None:
    answers = changed(SETTINGS)

    wanted = {name: value for change in SETTINGS for name, value in change.items()}
    assert answers == {"success": DESKS}
    assert list(PolicyVersion.objects.order_by("number").values_list("number", flat=True)) == list(range(1, DESKS + 2))
    assert Programme.objects.values(*wanted).get(pk=1) == wanted


def test_without_the_lock_they_clash(monkeypatch: pytest.MonkeyPatch) -> None:
    """The control: versions of the same number meet."""
    seen: Callable[[], Any] = policies.standing

    def slowly() -> Any:
        found = seen()
        time.sleep(0.3)
        return found

    monkeypatch.setattr(policies, "_lock", lambda: None)
    monkeypatch.setattr(policies, "standing", slowly)

    assert changed(SETTINGS)["integrity_error"] > 0
