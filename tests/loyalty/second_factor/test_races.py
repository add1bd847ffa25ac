"""Many at one instant on PostgreSQL: a code opens one door, and tries add up."""

import time
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
from allauth.mfa.models import Authenticator
from django.db import IntegrityError, connection

from loyalty.errors import LoyaltyError
from loyalty.models import AuditRecord, User
from loyalty.second_factor import keeping
from tests.cast import NOW
from tests.loyalty.second_factor import phone

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]
LATER = NOW + timedelta(minutes=10)
DOORS = 5


def at_once(user: User, typed: Sequence[str]) -> Counter[str]:
    """All codes at one instant, each on its own connection; what they were answered."""
    doors = Barrier(len(typed))

    def run(code: str) -> str:
        User.objects.first()  # the connection is open before the race
        doors.wait()
        try:
            keeping.prove(user=user, code=code, now=LATER)
        except LoyaltyError as refusal:
            return refusal.code
        finally:
            connection.close()
        return "in"

    with ThreadPoolExecutor(len(typed)) as pool:
        return Counter(pool.map(run, typed))


def test_one_code_opens_one_of_five_doors() -> None:
    """6.5.1: two who saw the same code at the same time."""
    user = phone.person()
    app, _written = phone.set_up(user)

    assert at_once(user, [app.shows(LATER)] * DOORS) == {"in": 1, "second_factor_used": DOORS - 1}


def test_one_recovery_code_opens_one_of_five_doors() -> None:
    user = phone.person()
    _app, written = phone.set_up(user)

    answers = at_once(user, [written[0]] * DOORS)

    assert answers == {"in": 1, "wrong_recovery_code": DOORS - 1}
    assert Authenticator.objects.get(type=keeping.Recovery).data["digests"] != []


def test_different_recovery_codes_are_all_used_up() -> None:
    user = phone.person()
    _app, written = phone.set_up(user)

    answers = at_once(user, written[:DOORS])

    standing = keeping.standing(user)
    assert answers == {"in": DOORS}
    assert standing is not None
    assert standing.left == 10 - DOORS


def test_tries_at_one_instant_add_up() -> None:
    """6.5.5: twenty at once get five tries, and the person one notice."""
    user = phone.person()
    phone.set_up(user)

    answers = at_once(user, ["000000"] * 20)

    assert answers == {"wrong_second_factor": 5, "too_many_tries": 15}
    assert AuditRecord.objects.filter(deed="second_factor.stopped").count() == 1


def test_of_two_apps_set_up_at_once_one_stands() -> None:
    user = phone.person()
    doors = Barrier(2)

    def run(_turn: int) -> str:
        User.objects.first()
        doors.wait()
        try:
            phone.set_up(user)
        except LoyaltyError as refusal:
            return refusal.code
        except IntegrityError:
            return "clash"
        finally:
            connection.close()
        return "on"

    with ThreadPoolExecutor(2) as pool:
        answers = Counter(pool.map(run, range(2)))

    assert answers == {"on": 1, "second_factor_exists": 1}


def test_without_the_lock_one_code_opens_several_doors(monkeypatch: pytest.MonkeyPatch) -> None:
    """The control."""
    user = phone.person()
    app, _written = phone.set_up(user)

    def unlocked(user: User) -> dict[str, Authenticator]:
        found = {each.type: each for each in Authenticator.objects.filter(user=user)}
        time.sleep(0.3)
        return found

    monkeypatch.setattr(keeping, "_locked", unlocked)

    assert at_once(user, [app.shows(LATER)] * DOORS)["in"] > 1
