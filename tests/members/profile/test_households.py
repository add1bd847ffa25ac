"""Households: opened, joined by a code that works once, left with what is one's own."""

from datetime import timedelta

import pytest

from loyalty import limits
from loyalty import programme as programmes
from loyalty.errors import LoyaltyError
from loyalty.ledger import pooling, purses
from loyalty.models import Message, Pool, PoolMembership
from members.models import HouseholdInvite, Member
from members.profile import households
from members.profile.households import InviteNotFound, InvitesFull, OwnerOnly
from tests import cast

pytestmark = pytest.mark.django_db
ADULT, CONTRIBUTOR = PoolMembership.Role.ADULT, PoolMembership.Role.CONTRIBUTOR


@pytest.fixture
def owner() -> Member:
    return cast.gold_member(points=1000)


@pytest.fixture
def guest() -> Member:
    return cast.member("陈晨", phone="13600136000", points=300)


def opened(owner: Member) -> Pool:
    return households.open_household(member_id=owner.pk, name="毛球之家", percent=0, now=cast.NOW)


def code_of(owner: Member, role: PoolMembership.Role = ADULT) -> str:
    return households.invite(member_id=owner.pk, role=role, now=cast.NOW).code


def take(member: Member, code: str, *, days: int = 0) -> PoolMembership:
    return households.take(member_id=member.pk, code=code, percent=10, now=cast.NOW + timedelta(days=days))


def test_a_code_brings_one_person_in_and_the_owner_is_told(owner: Member, guest: Member) -> None:
    pool, code = opened(owner), ""
    code = code_of(owner, CONTRIBUTOR)

    joined = take(guest, code.lower().replace("-", " "))

    assert (joined.pool_id, joined.role, joined.percent) == (pool.pk, CONTRIBUTOR, 10)
    invite = HouseholdInvite.objects.get()
    assert (invite.taken_by_id, len(code), code.replace("-", "") in invite.code_hash) == (guest.pk, 14, False)
    assert Message.objects.filter(account=owner.pk, key__contains="household.taken").exists()


def test_a_code_works_once_and_for_seven_days(owner: Member, guest: Member) -> None:
    opened(owner)
    used, old, withdrawn = code_of(owner), code_of(owner), code_of(owner)
    take(guest, used)
    last = HouseholdInvite.objects.order_by("pk").last()
    assert last is not None
    households.withdraw(member_id=owner.pk, invite_id=last.pk, now=cast.NOW)
    other = cast.new_member()

    for code, days in ((used, 0), (old, 7), (withdrawn, 0), ("AAAA-BBBB-CCCC", 0), ("", 0)):
        with pytest.raises(InviteNotFound):
            take(other, code, days=days)

    assert PoolMembership.objects.filter(account=other.pk).count() == 0


def test_nobody_joins_on_their_own_code_or_while_sharing_another(owner: Member, guest: Member) -> None:
    opened(owner)
    code = code_of(owner)
    households.open_household(member_id=guest.pk, name="另一家", percent=0, now=cast.NOW)

    with pytest.raises(InviteNotFound):
        take(owner, code)
    with pytest.raises(pooling.SharesAnother):
        take(guest, code)

    assert HouseholdInvite.objects.get().taken_at is None


def test_guessing_codes_is_limited(owner: Member, guest: Member, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(households, "TRIES_AN_HOUR", 1)
    opened(owner)
    code = code_of(owner)
    with pytest.raises(InviteNotFound):
        take(guest, "WRONG")

    with pytest.raises(limits.TooManyTries):
        take(guest, code)

    assert HouseholdInvite.objects.get().taken_at is None


def test_only_the_owner_invites_withdraws_and_closes(owner: Member, guest: Member) -> None:
    opened(owner)
    take(guest, code_of(owner))

    for deed in (
        lambda: households.invite(member_id=guest.pk, role=ADULT, now=cast.NOW),
        lambda: households.withdraw(member_id=guest.pk, invite_id=1, now=cast.NOW),
        lambda: households.close(member_id=guest.pk, now=cast.NOW),
    ):
        with pytest.raises(OwnerOnly):
            deed()

    assert Pool.objects.get().closed_at is None


def test_so_many_invitations_are_open_at_once(owner: Member, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(households, "MOST_OPEN", 1)
    pool = opened(owner)
    code_of(owner)

    with pytest.raises(InvitesFull):
        code_of(owner)

    assert len(households.open_invites(pool.pk, now=cast.NOW)) == 1
    assert households.open_invites(pool.pk, now=cast.NOW + timedelta(days=7)) == []


def test_what_one_brought_is_shown_and_comes_back_on_leaving(owner: Member, guest: Member) -> None:
    pool = opened(owner)
    take(guest, code_of(owner))
    households.contribute(member_id=owner.pk, points=400, key="a", now=cast.NOW)
    households.contribute(member_id=guest.pk, points=200, key="b", now=cast.NOW)
    households.contribute(member_id=guest.pk, points=200, key="b", now=cast.NOW)
    pooling.spend(pool_id=pool.pk, account_id=owner.pk, amount=450, key="s", now=cast.NOW)

    contents = purses.contents(pool, now=cast.NOW, programme=programmes.current())
    told = {each.membership.account_id: (each.brought, each.left) for each in contents.shares}
    households.leave(member_id=guest.pk, now=cast.NOW)

    assert contents.position.available == 150
    assert {account: brought for account, (brought, _left) in told.items()} == {owner.pk: 400, guest.pk: 200}
    assert sum(left for _brought, left in told.values()) == 150
    assert cast.available(guest.pk) == 100 + told[guest.pk][1]
    assert purses.shared_by(guest.pk) is None


def test_the_owner_closes_and_everybody_has_theirs_again(owner: Member, guest: Member) -> None:
    opened(owner)
    take(guest, code_of(owner))
    code_of(owner)
    households.contribute(member_id=guest.pk, points=200, key="b", now=cast.NOW)
    with pytest.raises(pooling.OwnerStays):
        households.leave(member_id=owner.pk, now=cast.NOW)

    households.close(member_id=owner.pk, now=cast.NOW)

    assert (cast.available(guest.pk), cast.available(owner.pk)) == (300, 1000)
    assert HouseholdInvite.objects.filter(taken_at=None, withdrawn_at=None).count() == 0


@pytest.mark.parametrize("percent", [-1, 101])
def test_a_share_is_a_percentage(owner: Member, percent: int) -> None:
    opened(owner)
    households.set_percent(member_id=owner.pk, percent=25)

    with pytest.raises(LoyaltyError) as caught:
        households.set_percent(member_id=owner.pk, percent=percent)

    assert (caught.value.param, PoolMembership.objects.get().percent) == ("percent", 25)
