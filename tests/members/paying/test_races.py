"""Presses at one instant, on PostgreSQL: one deed each, and what it would be without the lock."""

from collections.abc import Callable
from functools import partial
from itertools import pairwise

import pytest
from django.db import DatabaseError

from loyalty import accounts
from loyalty.errors import LoyaltyError
from loyalty.models import Entry
from members.models import Member, PlanTerm
from members.paying import buying
from tests import cast
from tests.members.climbing.test_tier_races import at_once
from tests.members.paying import shop

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]
PRESSES = 4


def outcomes(deed: Callable[[int], object]) -> list[str]:
    """What each of some presses at one instant came to: "done", a refusal's code, or "broken"."""
    found: list[str] = []

    def press(place: int) -> None:
        try:
            deed(place)
            found.append("done")
        except LoyaltyError as refusal:
            found.append(refusal.code)
        except DatabaseError:
            found.append("broken")

    at_once([partial(press, place) for place in range(PRESSES)])
    return sorted(found)


def buys(member: Member, token: str) -> object:
    return buying.buy(account_id=member.pk, plan_code="plus", token=token, now=shop.NOW)


def test_one_form_pressed_in_many_tabs_pays_once() -> None:
    shop.plan()
    member = cast.member(points=50000)

    seen = outcomes(lambda _place: buys(member, "one"))

    assert (seen, PlanTerm.objects.count(), cast.available(member.pk)) == (["done"] * PRESSES, 1, 40000)


def test_parallel_purchases_never_overdraw() -> None:
    shop.plan()
    member = cast.member(points=15000)

    seen = outcomes(lambda place: buys(member, str(place)))

    assert seen == ["done", *["insufficient_points"] * (PRESSES - 1)]
    assert (PlanTerm.objects.count(), cast.available(member.pk)) == (1, 5000)


def test_without_the_lock_the_tables_have_to_say_no(monkeypatch: pytest.MonkeyPatch) -> None:
    """The negative control: nobody waits, so presses of one form run into each other."""
    shop.plan()
    member = cast.member(points=50000)
    monkeypatch.setattr(accounts, "lock", lambda ids: {each: accounts.Locked("active", "") for each in ids})

    seen = outcomes(lambda _place: buys(member, "one"))

    assert "broken" in seen
    assert Entry.objects.filter(counter=Entry.Counter.REDEEMED).count() == PlanTerm.objects.count() == 1


def test_a_trial_begun_in_two_tabs_is_one() -> None:
    shop.plan()
    member = cast.member()

    seen = outcomes(lambda _place: buying.try_out(account_id=member.pk, plan_code="plus", now=shop.NOW))

    assert (seen, PlanTerm.objects.count()) == (["done"] * PRESSES, 1)


def test_without_the_lock_only_the_key_keeps_a_trial_single(monkeypatch: pytest.MonkeyPatch) -> None:
    """The negative control."""
    shop.plan()
    member = cast.member()
    monkeypatch.setattr(accounts, "lock", lambda ids: {each: accounts.Locked("active", "") for each in ids})

    seen = outcomes(lambda _place: buying.try_out(account_id=member.pk, plan_code="plus", now=shop.NOW))

    assert ("broken" in seen, PlanTerm.objects.count()) == (True, 1)


def test_a_till_and_a_member_at_once_are_two_terms_in_a_row() -> None:
    shop.plan()
    member = cast.member(points=10000)
    cast.partner(unknown_member="park")

    seen = outcomes(lambda place: shop.order(member, number=f"A-{place}") if place else buys(member, "one"))

    spans = shop.spans(member)
    assert (seen, len(spans)) == (["done"] * PRESSES, PRESSES)
    assert all(before[1] < after[0] for before, after in pairwise(spans))
