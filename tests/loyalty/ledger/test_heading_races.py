"""Two handings over at one instant, on PostgreSQL."""

from collections.abc import Callable
from functools import partial
from threading import Barrier
from typing import Any

import pytest

from loyalty.ledger import handing, heading, pooling
from loyalty.models import PoolMembership
from tests import cast
from tests.loyalty.crowd import at_once

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]
OWNER = PoolMembership.Role.OWNER


def handings() -> list[Callable[[], object]]:
    owner = cast.gold_member()
    heirs = [cast.member(f"家人{place}", phone=f"1360013600{place}") for place in range(2)]
    pool = pooling.open_purse(owner_id=owner.pk, name="毛球之家", now=cast.NOW)
    for heir in heirs:
        pooling.join(pool_id=pool.pk, account_id=heir.pk, now=cast.NOW)
    return [partial(heading.hand_over, pool_id=pool.pk, owner_id=owner.pk, heir_id=heir.pk) for heir in heirs]


def owners() -> int:
    return PoolMembership.objects.filter(role=OWNER, left_at=None).count()


def test_a_purse_has_one_owner_whoever_is_quicker() -> None:
    said = at_once(handings())

    assert (said, owners()) == ({"success": 1, "not_the_purse_owner": 1}, 1)


def test_without_the_lock_it_would_have_two(monkeypatch: pytest.MonkeyPatch) -> None:
    """The negative control: both see the owner of before."""
    calls, both_here, find = handings(), Barrier(2), heading._of

    def together(pool: Any, account_id: int) -> PoolMembership:
        found = find(pool, account_id)
        if found.role == OWNER:
            both_here.wait(timeout=20)
        return found

    monkeypatch.setattr(handing, "lock_open", lambda *_given, **_told: {})
    monkeypatch.setattr(heading, "_of", together)

    said = at_once(calls)

    assert (said, owners()) == ({"success": 2}, 2)
