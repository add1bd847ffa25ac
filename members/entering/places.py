"""Where a login is signed in: noted at each sign-in, shown to the member, ended by the member.

A row is a sign-in; whether it lasts is asked of its session, so what ended any other way (a new password, a
disabled login, a month of nothing) is not shown. A browser is known again by a cookie of its own, of which
the keyed hash is kept; a sign-in from another one is told to the member. Of the address only its network is kept.
"""

import ipaddress
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.contrib.auth import HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.models import Session
from django.db import transaction
from django.db.models import Exists, OuterRef
from django.utils.crypto import constant_time_compare, salted_hmac
from django.utils.translation import gettext_lazy as _

from loyalty import periods
from loyalty.errors import NotFound
from loyalty.messaging import sending
from loyalty.models import User
from loyalty.registry import Job
from members.entering import contacts, devices, place_words
from members.models import Member, SignIn

NOTED_EVERY = timedelta(minutes=10)
KNOWN_FOR = timedelta(days=400)
MARK_LENGTH = 22
"""Signs of a browser's mark; 128 bits."""


class PlaceNotFound(NotFound):
    code = "sign_in_not_found"
    sentence = _("This device is signed out already.")


@dataclass(frozen=True, slots=True)
class Place:
    """``network`` is the address without its last part."""

    ref: int
    device: str
    is_handheld: bool
    network: str
    signed_in_at: datetime
    seen_at: datetime
    is_here: bool


@dataclass(frozen=True, slots=True)
class Visit:
    """What a request says of where it comes from."""

    session_key: str
    mark: str
    agent: str
    address: str


def new_mark() -> str:
    """What a browser is known again by; random."""
    return secrets.token_urlsafe(16)


def enter(user_id: int, visit: Visit, *, now: datetime) -> int:
    """Notes a sign-in; its id, 0 for logins without a membership. From an unknown browser the member is told,
    but for the very first sign-in. The same session is noted once.
    """
    member_id = Member.objects.filter(user=user_id).values_list("pk", flat=True).first()
    if member_id is None:
        return 0
    browser = _hash(visit.mark)
    seen = list(SignIn.objects.filter(user=user_id).values_list("browser", flat=True).distinct())
    with transaction.atomic():
        row, is_new = SignIn.objects.get_or_create(
            session_key=visit.session_key,
            defaults={
                "user_id": user_id,
                "browser": browser,
                "device": devices.read(visit.agent),
                "network": masked(visit.address),
                "signed_in_at": now,
                "seen_at": now,
            },
        )
        if is_new and seen and browser not in seen:
            params = {"sign_in": row.pk}
            key = f"{place_words.NEW}:{row.pk}"
            sending.tell(account_ids=[member_id], kind=place_words.NEW, params=params, key=key, now=now)
    return row.pk


def touch(ref: int, visit: Visit, *, now: datetime) -> bool:
    """Notes that it is still used, from where, and under which session key; whether the row was there."""
    rows = SignIn.objects.filter(pk=ref)
    return bool(rows.update(session_key=visit.session_key, network=masked(visit.address), seen_at=now))


def of(user: User, *, session_key: str, now: datetime) -> list[Place]:
    """Where the login is signed in at this moment, this place first, then the last used. Two queries."""
    rows = {row.session_key: row for row in SignIn.objects.filter(user=user).order_by("-seen_at", "-pk")}
    lasting = {
        session.session_key
        for session in Session.objects.filter(session_key__in=rows, expire_date__gt=now)
        if _is_valid(session, user)
    }
    found = [_place(row, session_key) for key, row in rows.items() if key in lasting]
    return sorted(found, key=lambda place: not place.is_here)


def one(user: User | None, ref: int, *, session_key: str, now: datetime) -> Place:
    """One of them, other than this one. Raises ``PlaceNotFound``."""
    for place in of(user, session_key=session_key, now=now) if user else ():
        if place.ref == ref and not place.is_here:
            return place
    raise PlaceNotFound


def end(member: Member, ref: int, *, session_key: str, password: str, now: datetime) -> None:
    """Signs out there, at once. Call it outside a transaction.

    Raises ``PlaceNotFound``, or what ``contacts.confirm`` raises.
    """
    place = one(member.user, ref, session_key=session_key, now=now)
    contacts.confirm(member, password=password, now=now)
    keys = SignIn.objects.filter(pk=place.ref).values("session_key")
    Session.objects.filter(session_key__in=keys).delete()


def masked(address: str) -> str:
    """``203.0.113.*``; of IPv6 the first three groups, which are a provider's region at most."""
    try:
        found = ipaddress.ip_interface(address).ip
    except ValueError:
        return ""
    if found.version == 4:
        return f"{str(found).rpartition('.')[0]}.*"
    return ":".join(found.exploded.split(":")[:3]) + ":*"


def sweep(as_of: datetime, _period: str) -> Mapping[str, int]:
    """Forgets browsers unseen for longer than their cookie lives, but each login's latest."""
    newer = SignIn.objects.filter(user=OuterRef("user"), pk__gt=OuterRef("pk"))
    gone, _kinds = SignIn.objects.filter(Exists(newer), seen_at__lt=as_of - KNOWN_FOR).delete()
    return {"swept": gone}


def _is_valid(session: Session, user: User) -> bool:
    """Whether a request with it would be let in: the login's own, under its present password."""
    kept = session.get_decoded()
    right = kept.get(SESSION_KEY) == str(user.pk) and user.is_active
    return right and constant_time_compare(kept.get(HASH_SESSION_KEY, ""), user.get_session_auth_hash())


def _place(row: SignIn, session_key: str) -> Place:
    return Place(
        ref=row.pk,
        device=devices.show(row.device),
        is_handheld=devices.is_handheld(row.device),
        network=row.network,
        signed_in_at=row.signed_in_at,
        seen_at=row.seen_at,
        is_here=row.session_key == session_key,
    )


def _hash(mark: str) -> str:
    return salted_hmac("members.places", mark, algorithm="sha256").hexdigest()


JOBS = (Job("sweep_sign_ins", _("Forget devices not seen for over a year"), periods.day, run=sweep, catch_up=0),)
CONTRIBUTED = (*JOBS, *place_words.KINDS)
