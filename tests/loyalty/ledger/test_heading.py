"""Roles in a shared purse, and handing it over."""

from collections.abc import Callable

import pytest

from loyalty.errors import LoyaltyError
from loyalty.ledger import heading, pooling
from loyalty.models import Lot, Pool, PoolMembership
from members.models import Member
from tests import cast

pytestmark = pytest.mark.django_db
Role = PoolMembership.Role


@pytest.fixture
def owner() -> Member:
    return cast.gold_member(points=1000)


@pytest.fixture
def guest() -> Member:
    return cast.member("陈晨", phone="13600136000", points=300)


@pytest.fixture
def pool(owner: Member, guest: Member) -> Pool:
    found = pooling.open_purse(owner_id=owner.pk, name="毛球之家", now=cast.NOW)
    pooling.join(pool_id=found.pk, account_id=guest.pk, now=cast.NOW)
    for person in (owner, guest):
        pooling.contribute(pool_id=found.pk, account_id=person.pk, amount=100, key="k", now=cast.NOW)
    return found


def roles(pool: Pool) -> dict[int, str]:
    return dict(pool.memberships.filter(left_at=None).values_list("account_id", "role"))


def test_who_may_spend_is_said_by_the_owner(pool: Pool, owner: Member, guest: Member) -> None:
    heading.let_spend(pool_id=pool.pk, owner_id=owner.pk, account_id=guest.pk, may_spend=False)

    with pytest.raises(pooling.MayNotSpend):
        pooling.spend(pool_id=pool.pk, account_id=guest.pk, amount=10, key="s", now=cast.NOW)
    heading.let_spend(pool_id=pool.pk, owner_id=owner.pk, account_id=guest.pk, may_spend=True)
    pooling.spend(pool_id=pool.pk, account_id=guest.pk, amount=10, key="s", now=cast.NOW)

    assert roles(pool) == {owner.pk: Role.OWNER, guest.pk: Role.ADULT}


def test_handed_over_the_purse_goes_on_and_no_point_moves(pool: Pool, owner: Member, guest: Member) -> None:
    before = list(Lot.objects.order_by("pk").values_list("account", "origin", "remaining"))

    heading.hand_over(pool_id=pool.pk, owner_id=owner.pk, heir_id=guest.pk)
    after = list(Lot.objects.order_by("pk").values_list("account", "origin", "remaining"))
    pooling.leave(pool_id=pool.pk, account_id=owner.pk, now=cast.NOW)

    assert (before, roles(pool)) == (after, {guest.pk: Role.OWNER})
    assert cast.available(owner.pk) == 1000


def test_what_nobody_can_take_back_falls_to_the_owner_of_then(pool: Pool, owner: Member, guest: Member) -> None:
    heading.hand_over(pool_id=pool.pk, owner_id=owner.pk, heir_id=guest.pk)

    pooling.close(pool_id=pool.pk, now=cast.NOW)

    assert (cast.available(owner.pk), cast.available(guest.pk)) == (1000, 300)


def test_only_the_owner_gives_roles_and_the_owners_own_moves_by_handing_over(
    pool: Pool, owner: Member, guest: Member
) -> None:
    stranger = cast.member("陈默", phone="13700137000")
    refused: list[tuple[type[LoyaltyError], Callable[[], object]]] = [
        (heading.NotTheOwner, lambda: heading.hand_over(pool_id=pool.pk, owner_id=guest.pk, heir_id=guest.pk)),
        (
            heading.NotTheOwner,
            lambda: heading.let_spend(pool_id=pool.pk, owner_id=guest.pk, account_id=owner.pk, may_spend=False),
        ),
        (
            heading.OwnerHandsOver,
            lambda: heading.let_spend(pool_id=pool.pk, owner_id=owner.pk, account_id=owner.pk, may_spend=False),
        ),
        (
            pooling.PurseNotFound,
            lambda: heading.hand_over(pool_id=pool.pk, owner_id=owner.pk, heir_id=stranger.pk),
        ),
        (heading.NotTheOwner, lambda: heading.hand_over(pool_id=pool.pk, owner_id=stranger.pk, heir_id=guest.pk)),
    ]
    said: list[type[LoyaltyError]] = []
    for _wanted, deed in refused:
        with pytest.raises(LoyaltyError) as caught:
            deed()
        said.append(caught.type)

    assert said[:4] == [wanted for wanted, _deed in refused][:4]
    assert (said[4], roles(pool)) == (pooling.PurseNotFound, {owner.pk: Role.OWNER, guest.pk: Role.ADULT})
