"""The deeds on a second factor: set it up, prove it, new recovery codes, off, reset.

Each runs in its own transaction with the login's rows locked, leaves an audit record and tells the person by
e-mail. An app's code is taken once: the step of the last one is kept, and nothing at or before it is
taken again. A recovery code is struck out by the deed that uses it. Tries are counted before, outside.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple

from allauth.mfa.adapter import get_adapter
from allauth.mfa.models import Authenticator

from loyalty import audit, limits, retrying
from loyalty.approvals import ReasonNeeded
from loyalty.models import User
from loyalty.second_factor import codes, notices
from loyalty.second_factor.notices import Notice
from loyalty.second_factor.refusals import AlreadySetUp, CodeUsed, NotSetUp, NotYours, WrongCode, WrongRecoveryCode

App, Recovery = Authenticator.Type.TOTP, Authenticator.Type.RECOVERY_CODES
KINDS = (App, Recovery)
TRIES, TRIES_SECONDS = 5, 300
TRIES_A_DAY, DAY = 50, 86_400


class Proof(NamedTuple):
    """Which factor was proven, and how many recovery codes are left where one was used."""

    factor_id: int
    left: int | None = None


class Standing(NamedTuple):
    """A login's factor: since when, when last used, how many recovery codes are left."""

    factor_id: int
    since: datetime
    used_at: datetime | None
    left: int


def factor_of(user_id: int) -> int | None:
    """The id of the login's factor; another one is another id, so what proved the old one proves nothing."""
    rows = Authenticator.objects.filter(user_id=user_id, type=App)
    found: int | None = rows.values_list("pk", flat=True).first()
    return found


def standing(user: User) -> Standing | None:
    """What the page about it shows."""
    found = {each.type: each for each in Authenticator.objects.filter(user=user, type__in=KINDS)}
    if App not in found:
        return None
    app, left = found[App], len(found[Recovery].data["digests"]) if Recovery in found else 0
    return Standing(app.pk, app.created_at, app.last_used_at, left)


def set_up(
    *, user: User, secret: str, code: str, now: datetime, origin: audit.Origin = audit.NOWHERE
) -> tuple[Proof, list[str]]:
    """Puts it on the login once a code shows that the app has the secret; with recovery codes, shown this once."""
    return retrying.atomically(lambda: _set_up(user, secret, code, now, origin))


def prove(*, user: User, code: str, now: datetime, origin: audit.Origin = audit.NOWHERE) -> Proof:
    """Takes an app's code or a recovery code, each once. Raises :class:`WrongCode` or ``TooManyTries``."""
    _count(user, now, origin)
    return retrying.atomically(lambda: _prove(user, code, now, origin))


def renew_codes(*, user: User, code: str, now: datetime, origin: audit.Origin = audit.NOWHERE) -> list[str]:
    """Ten new recovery codes for a fresh code; the old ones are void."""
    _count(user, now, origin)
    return retrying.atomically(lambda: _renew(user, code, now, origin))


def turn_off(*, user: User, code: str, now: datetime, origin: audit.Origin = audit.NOWHERE) -> None:
    """Takes it off one's own login, for a fresh code."""
    _count(user, now, origin)
    retrying.atomically(lambda: _turn_off(user, code, now, origin))


def reset(
    *, user: User, reason: str, now: datetime, by: User | None = None, origin: audit.Origin = audit.NOWHERE
) -> None:
    """Takes it off somebody's login who lost it: a superuser's deed, never on their own; ``None`` is the command's."""
    if by is not None and (not (by.is_active and by.is_superuser) or by.pk == user.pk):
        raise NotYours
    if not reason.strip():
        raise ReasonNeeded(param="reason")
    retrying.atomically(lambda: _take_off(user, Notice.RESET, now, origin, by=by, reason=reason.strip()))


def _count(user: User, now: datetime, origin: audit.Origin) -> None:
    """Counts a try, wrong or right, so that many at once add up; tells the person once a day that it was too many."""
    bucket = f"second-factor:{user.pk}"
    try:
        limits.hit(bucket=bucket, limit=TRIES, per_seconds=TRIES_SECONDS, now=now)
        limits.hit(bucket=bucket, limit=TRIES_A_DAY, per_seconds=DAY, now=now)
    except limits.TooManyTries:
        _alarm(user, now, origin)
        raise


def _alarm(user: User, now: datetime, origin: audit.Origin) -> None:
    try:
        limits.hit(bucket=f"second-factor-alarm:{user.pk}", limit=1, per_seconds=DAY, now=now)
    except limits.TooManyTries:
        return
    retrying.atomically(lambda: _note(user, Notice.STOPPED, now, origin, by=user))


def _set_up(user: User, secret: str, code: str, now: datetime, origin: audit.Origin) -> tuple[Proof, list[str]]:
    User.objects.select_for_update(no_key=True).get(pk=user.pk)  # of two at once, the second finds the first
    if factor_of(user.pk) is not None:
        raise AlreadySetUp
    step = codes.match(secret, code, now=now)
    if step is None:
        raise WrongCode(param="code")
    data = {"secret": get_adapter().encrypt(secret), "last_step": step}
    made = Authenticator.objects.create(user=user, type=App, data=data, created_at=now, last_used_at=now)
    shown = _write_codes(user, now)
    _note(user, Notice.ON, now, origin, by=user, before={"is_on": False}, after={"is_on": True})
    return Proof(made.pk), shown


def _locked(user: User) -> dict[str, Authenticator]:
    """The login's rows by type, held until the deed is done: of two that bring one code, the second finds it used."""
    rows = Authenticator.objects.select_for_update().filter(user=user, type__in=KINDS).order_by("pk")
    return {each.type: each for each in rows}


def _prove(user: User, code: str, now: datetime, origin: audit.Origin) -> Proof:
    found = _locked(user)
    if App not in found:
        raise NotSetUp
    app, recovery = found[App], found.get(Recovery)
    if codes.is_recovery_code(code):
        return Proof(app.pk, _strike_out(user, recovery, code, now, origin))
    secret = get_adapter().decrypt(app.data["secret"])
    step = codes.match(secret, code, now=now)
    if step is None:
        raise WrongCode(param="code")
    if step <= app.data["last_step"]:
        raise CodeUsed(param="code")
    app.data = {"secret": get_adapter().encrypt(secret), "last_step": step}
    app.last_used_at = now
    app.save(update_fields=["data", "last_used_at"])
    return Proof(app.pk)


def _strike_out(user: User, recovery: Authenticator | None, code: str, now: datetime, origin: audit.Origin) -> int:
    """Uses a recovery code up; how many are left."""
    known: list[str] = recovery.data["digests"] if recovery is not None else []
    left = [each for each in known if each != codes.digest(code)]
    if recovery is None or len(left) == len(known):
        raise WrongRecoveryCode(param="code")
    recovery.data = {"digests": left}
    recovery.last_used_at = now
    recovery.save(update_fields=["data", "last_used_at"])
    before, after = {"recovery_codes": len(known)}, {"recovery_codes": len(left)}
    _note(user, Notice.RECOVERED, now, origin, by=user, before=before, after=after)
    return len(left)


def _renew(user: User, code: str, now: datetime, origin: audit.Origin) -> list[str]:
    _prove(user, code, now, origin)
    shown = _write_codes(user, now)
    _note(user, Notice.CODES, now, origin, by=user, after={"recovery_codes": len(shown)})
    return shown


def _turn_off(user: User, code: str, now: datetime, origin: audit.Origin) -> None:
    _prove(user, code, now, origin)
    _take_off(user, Notice.OFF, now, origin, by=user)


def _take_off(
    user: User, notice: Notice, now: datetime, origin: audit.Origin, *, by: User | None, reason: str = ""
) -> None:
    if not Authenticator.objects.filter(user=user).delete()[0]:
        raise NotSetUp
    _note(user, notice, now, origin, by=by, reason=reason, before={"is_on": True}, after={"is_on": False})


def _write_codes(user: User, now: datetime) -> list[str]:
    shown = codes.new_recovery_codes()
    kept = {"data": {"digests": [codes.digest(each) for each in shown]}, "created_at": now, "last_used_at": None}
    Authenticator.objects.update_or_create(user=user, type=Recovery, defaults=kept)
    return shown


def _note(
    user: User,
    notice: Notice,
    now: datetime,
    origin: audit.Origin,
    *,
    by: User | None,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
    reason: str = "",
) -> None:
    audit.record(
        deed=f"second_factor.{notice}",
        subject=audit.name_of(user),
        actor=by,
        before=before,
        after=after,
        reason=reason,
        now=now,
        **origin._asdict(),
    )
    notices.tell(user, notice, now=now)
