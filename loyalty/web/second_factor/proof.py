"""What a session has proven. It names the factor, so taking that off a login closes every session of it.

Signing in again as somebody else empties the session; a reset password or a link by e-mail brings none of it.
"""

from datetime import datetime, timedelta
from enum import StrEnum

from django.http import HttpRequest

from loyalty.second_factor import demand, keeping
from loyalty.web import sessions

KEPT = "second_factor"
LATER = "second_factor_later"
FRESH = timedelta(minutes=10)


class State(StrEnum):
    """Where a staff session stands: let in as proven or as free of it, or first to type a code, or to set one up."""

    PROVEN = "proven"
    FREE = "free"
    ASK = "ask"
    SET_UP = "set_up"


def state(request: HttpRequest) -> State:
    """One query."""
    factor_id = keeping.factor_of(request.user.pk or 0)
    if factor_id is None:
        return State.SET_UP if demand.is_required() else State.FREE
    return State.PROVEN if _kept(request).get("factor") == factor_id else State.ASK


def lets_in(request: HttpRequest) -> bool:
    """Whether the session may see what is for staff; every page for staff outside the admin asks this."""
    return state(request) in {State.PROVEN, State.FREE}


def is_fresh(request: HttpRequest, now: datetime) -> bool:
    """Whether the factor was proven within the last ten minutes, for deeds of value."""
    found = state(request)
    return found == State.FREE or (found == State.PROVEN and _is_recent(request, now))


def is_hinted(request: HttpRequest) -> bool:
    """Whether the first page offers one: nobody has to, this login has none, and "later" was not pressed."""
    return LATER not in request.session and state(request) == State.FREE


def just_came(request: HttpRequest, now: datetime) -> bool:
    """Whether password or code were typed within the last ten minutes, as setting up a factor wants."""
    began = sessions.began(request)
    return (began is not None and now < began + FRESH) or _is_recent(request, now)


def keep(request: HttpRequest, factor_id: int | None, now: datetime) -> None:
    """Notes the proof, under a new session key; ``None`` where the factor was just switched off by a code."""
    request.session.cycle_key()
    request.session[KEPT] = {"factor": factor_id, "at": now.isoformat()}


def _kept(request: HttpRequest) -> dict[str, object]:
    kept: dict[str, object] = request.session.get(KEPT) or {}
    return kept


def _is_recent(request: HttpRequest, now: datetime) -> bool:
    at = _kept(request).get("at")
    return isinstance(at, str) and now < datetime.fromisoformat(at) + FRESH
