"""The deeds on a second factor: each code once, a few tries, and everything told and kept."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from allauth.mfa.models import Authenticator
from django.core.management import CommandError, call_command

from loyalty import limits
from loyalty.approvals import ReasonNeeded
from loyalty.errors import LoyaltyError
from loyalty.models import AuditRecord, OutboxMessage, User
from loyalty.second_factor import codes, keeping, notices
from loyalty.second_factor.refusals import (
    AlreadySetUp,
    CodeUsed,
    NotSetUp,
    NotYours,
    WrongCode,
    WrongRecoveryCode,
)
from tests.cast import NOW
from tests.loyalty.second_factor import phone

pytestmark = pytest.mark.django_db
LATER = NOW + timedelta(minutes=10)


def attempt(user: User, code: str, now: datetime) -> str:
    """What proving says: ``in``, or the refusal's code."""
    try:
        keeping.prove(user=user, code=code, now=now)
    except LoyaltyError as refusal:
        return refusal.code
    return "in"


def deeds() -> list[str]:
    return list(AuditRecord.objects.order_by("pk").values_list("deed", flat=True))


def told() -> list[str]:
    return list(OutboxMessage.objects.order_by("pk").values_list("payload__notice", flat=True))


def test_it_is_on_once_a_code_shows_that_the_app_has_the_secret() -> None:
    user, secret = phone.person(), codes.new_secret()
    app = phone.Phone(secret)

    with pytest.raises(WrongCode):
        keeping.set_up(user=user, secret=secret, code=phone.Phone(codes.new_secret()).shows(NOW), now=NOW)
    before = keeping.standing(user)
    proof, written = keeping.set_up(user=user, secret=secret, code=app.shows(NOW), now=NOW)

    standing = keeping.standing(user)
    assert before is None
    assert standing == (proof.factor_id, NOW, NOW, 10)
    assert len(written) == 10
    assert (deeds(), told()) == (["second_factor.on"], ["on"])


def test_a_second_one_is_refused_and_the_first_stays() -> None:
    user = phone.person()
    app, _written = phone.set_up(user)

    with pytest.raises(AlreadySetUp):
        phone.set_up(user, now=LATER)

    assert attempt(user, app.shows(LATER), LATER) == "in"


def test_a_code_is_taken_once_and_none_before_it_afterwards() -> None:
    """6.5.1: a step is never replayed, nor one that lies before it."""
    user = phone.person()
    app, _written = phone.set_up(user)

    said = [attempt(user, app.shows(LATER, steps), LATER) for steps in (0, 0, -1, 1)]

    assert said == ["in", "second_factor_used", "second_factor_used", "in"]


def test_the_code_that_set_it_up_opens_nothing() -> None:
    user = phone.person()
    app, _written = phone.set_up(user)

    with pytest.raises(CodeUsed):
        keeping.prove(user=user, code=app.shows(NOW), now=NOW)


def test_codes_of_another_login_do_not_fit() -> None:
    """6.5.1: bound to the login."""
    mine, other = phone.person("mine"), phone.person("other")
    phone.set_up(mine)
    app, written = phone.set_up(other)

    said = [attempt(mine, code, LATER) for code in (app.shows(LATER), written[0])]

    assert said == ["wrong_second_factor", "wrong_recovery_code"]


def test_the_sixth_try_in_five_minutes_is_refused_even_if_right_and_the_person_is_told_once() -> None:
    """6.5.5, 6.3.5: five tries; the mailbox hears of it once a day."""
    user = phone.person()
    app, _written = phone.set_up(user)

    wrong = [attempt(user, "000000", LATER) for _turn in range(5)]
    right = [attempt(user, app.shows(LATER, 1), LATER) for _turn in range(3)]

    after = LATER + timedelta(minutes=5)
    assert (wrong, right) == (["wrong_second_factor"] * 5, ["too_many_tries"] * 3)
    assert attempt(user, app.shows(after), after) == "in"
    assert (deeds(), told()) == (["second_factor.on", "second_factor.stopped"], ["on", "stopped"])


def test_fifty_tries_a_day_are_the_most() -> None:
    user = phone.person()
    phone.set_up(user)
    start = NOW.replace(hour=1) + timedelta(days=1)

    said = [attempt(user, "000000", start + timedelta(minutes=5 * turn)) for turn in range(52)]

    assert said == ["wrong_second_factor"] * 50 + ["too_many_tries"] * 2


def test_a_recovery_code_opens_once() -> None:
    """6.5.1: single use."""
    user = phone.person()
    _app, [first, second, *_others] = phone.set_up(user)

    left = keeping.prove(user=user, code=first.lower(), now=LATER).left
    again = attempt(user, first, LATER)

    assert (left, again, attempt(user, second, LATER)) == (9, "wrong_recovery_code", "in")
    assert (deeds(), told()) == (
        ["second_factor.on", "second_factor.recovered", "second_factor.recovered"],
        ["on", "recovered", "recovered"],
    )


def test_new_recovery_codes_void_the_old_ones() -> None:
    user = phone.person()
    app, old = phone.set_up(user)

    new = keeping.renew_codes(user=user, code=app.shows(LATER), now=LATER)

    assert [attempt(user, code, LATER) for code in (old[0], new[0])] == ["wrong_recovery_code", "in"]
    assert set(old) & set(new) == set()


@pytest.mark.parametrize("deed", [keeping.renew_codes, keeping.turn_off])
def test_changing_anything_needs_a_fresh_code(deed: Callable[..., object]) -> None:
    """7.5.1."""
    user = phone.person()
    app, _written = phone.set_up(user)
    keeping.prove(user=user, code=app.shows(LATER), now=LATER)

    with pytest.raises(CodeUsed):
        deed(user=user, code=app.shows(LATER), now=LATER)

    assert deeds() == ["second_factor.on"]


def test_switched_off_nothing_is_left_of_it() -> None:
    user = phone.person()
    app, written = phone.set_up(user)

    keeping.turn_off(user=user, code=app.shows(LATER), now=LATER)

    with pytest.raises(NotSetUp):
        keeping.prove(user=user, code=written[0], now=LATER)
    assert Authenticator.objects.count() == 0
    assert (deeds(), told()) == (["second_factor.on", "second_factor.off"], ["on", "off"])


def test_a_superuser_resets_somebody_elses_with_a_reason() -> None:
    user, root = phone.person("clerk", is_superuser=False), phone.person("root")
    phone.set_up(user)

    keeping.reset(user=user, by=root, reason="lost phone, called back", now=LATER)

    record = AuditRecord.objects.latest("pk")
    assert keeping.standing(user) is None
    assert (record.deed, record.actor, record.subject, record.reason, record.before, record.after) == (
        "second_factor.reset",
        root,
        f"loyalty.user:{user.pk}",
        "lost phone, called back",
        {"is_on": True},
        {"is_on": False},
    )
    assert told() == ["on", "reset"]


def test_nobody_else_resets_it_nor_ones_own() -> None:
    user, clerk, root = phone.person(), phone.person("clerk", is_superuser=False), phone.person("root")
    gone = phone.person("gone", is_active=False)
    phone.set_up(user)
    phone.set_up(root)

    for by, whose in ((clerk, user), (root, root), (gone, user)):
        with pytest.raises(NotYours):
            keeping.reset(user=whose, by=by, reason="because", now=LATER)
    with pytest.raises(ReasonNeeded):
        keeping.reset(user=user, by=root, reason="  ", now=LATER)

    assert keeping.standing(user) is not None


def test_what_is_stored_lets_nobody_in() -> None:
    """6.5.2: a dump of the tables holds no secret and no recovery code."""
    user = phone.person()
    app, written = phone.set_up(user)

    dump = str(list(Authenticator.objects.values())) + str(list(AuditRecord.objects.values()))
    dump += str(list(OutboxMessage.objects.values()))

    assert [word for word in (app.secret, *written, *map(codes.plain, written)) if word in dump] == []


def test_the_owner_who_lost_everything_is_let_back_in_by_a_command() -> None:
    user = phone.person("owner")
    phone.set_up(user)

    call_command("reset_second_factor", "owner", reason="lost both, on site")

    record = AuditRecord.objects.latest("pk")
    assert keeping.standing(user) is None
    assert (record.deed, record.actor, record.reason) == ("second_factor.reset", None, "lost both, on site")
    for login in ("owner", "nobody"):
        with pytest.raises(CommandError):
            call_command("reset_second_factor", login, reason="again")


def test_a_recovery_code_without_any_left_is_refused() -> None:
    user = phone.person()
    _app, written = phone.set_up(user)
    Authenticator.objects.filter(type=keeping.Recovery).delete()

    with pytest.raises(WrongRecoveryCode):
        keeping.prove(user=user, code=written[0], now=LATER)


def test_proofs_tried_with_the_wrong_code_change_nothing() -> None:
    user = phone.person()
    phone.set_up(user)
    before = list(Authenticator.objects.order_by("pk").values())

    attempt(user, "000000", LATER)

    assert list(Authenticator.objects.order_by("pk").values()) == before
    assert told()[-1] == notices.Notice.ON


def test_the_limit_is_each_logins_own() -> None:
    mine, other = phone.person("mine"), phone.person("other")
    phone.set_up(mine)
    app, _written = phone.set_up(other)

    for _turn in range(6):
        attempt(mine, "000000", LATER)

    assert attempt(other, app.shows(LATER), LATER) == "in"
    with pytest.raises(limits.TooManyTries):
        keeping.prove(user=mine, code="000000", now=LATER)
