"""Two people change policies at one instant on PostgreSQL: one after the other, nothing is lost."""

import time
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from django.db import IntegrityError, connection

from loyalty import policies
from loyalty.errors import LoyaltyError
from loyalty.models import PolicyVersion, Programme
from tests.cast import NOW

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


def at_once(changes: Sequence[dict[str, Any]]) -> Counter[str]:
    """All changes at one instant, each on its own connection; what they were answered."""
    doors = Barrier(len(changes))

    def run(change: dict[str, Any]) -> str:
        Programme.objects.first()  # the connection is open before the race
        doors.wait()
        try:
            policies.publish(changes={"programme": change}, by=None, now=NOW, reason="x")
        except LoyaltyError as refusal:
            return refusal.code
        except IntegrityError:
            return "clash"
        finally:
            connection.close()
        return "success"

    with ThreadPoolExecutor(len(changes)) as pool:
        return Counter(pool.map(run, changes))


def test_one_change_asked_for_by_all_is_made_once() -> None:
    answers = at_once([SETTINGS[0]] * DESKS)

    assert answers == {"success": 1, "policy_unchanged": DESKS - 1}
    assert PolicyVersion.objects.count() == 2


def test_different_changes_all_stand() -> None:
    answers = at_once(SETTINGS)

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

    assert at_once(SETTINGS)["clash"] > 0
