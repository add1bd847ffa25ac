"""One code, two people at the same moment: one joins."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connection

from loyalty.models import PoolMembership
from members.models import HouseholdInvite, Member
from members.profile import households
from members.profile.households import InviteNotFound
from tests import cast

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]


def race(members: list[Member], code: str) -> list[str]:
    """Everybody enters the code at once; who joined and who was too late."""
    start = Barrier(len(members))

    def take(member: Member) -> str:
        start.wait()
        try:
            households.take(member_id=member.pk, code=code, percent=0, now=cast.NOW)
        except InviteNotFound:
            return "late"
        finally:
            connection.close()
        return "joined"

    with ThreadPoolExecutor(len(members)) as pool:
        return sorted(pool.map(take, members))


def prepared() -> tuple[list[Member], str]:
    owner = cast.member()
    guests = [cast.member(phone=f"1390013900{number}") for number in range(3)]
    households.open_household(member_id=owner.pk, name="毛球之家", percent=0, now=cast.NOW)
    return guests, households.invite(member_id=owner.pk, role=PoolMembership.Role.ADULT, now=cast.NOW).code


def test_one_of_three_joins_by_one_code() -> None:
    guests, code = prepared()

    told = race(guests, code)

    assert told == ["joined", "late", "late"]
    assert PoolMembership.objects.filter(left_at=None).count() == 2


def test_without_the_guarded_update_more_than_one_would_join(monkeypatch: pytest.MonkeyPatch) -> None:
    """Negative control: the same race, with the invitation found open for ever."""
    guests, code = prepared()
    query = type(HouseholdInvite.objects.all())
    monkeypatch.setattr(query, "update", lambda *_args, **_kwargs: 1)

    told = race(guests, code)

    assert told.count("joined") > 1
