"""Who calls: a partner, by its key. Cookies are never looked at here.

``Authorization: Api-Key <key>`` (or ``Bearer``). A view says by ``scopes`` which scope each method
needs. Every way a key can be wrong has its own code.
"""

import re
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.views import View
from rest_framework.authentication import BaseAuthentication
from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from loyalty import clock
from loyalty.api.errors import CHALLENGE
from loyalty.asking import Question
from loyalty.errors import InvalidInput, LoyaltyError
from loyalty.models import Partner, PartnerKey

SCHEMES = {"api-key", "bearer"}
KEY = re.compile(r"[A-Za-z0-9]{1,8}\.[A-Za-z0-9]{1,64}")
NOTED_EVERY = timedelta(minutes=1)
_KEYS = Question(lambda prefix: PartnerKey.objects.select_related("partner").filter(prefix=prefix)[:1])


class Unauthenticated(LoyaltyError):
    """No valid key. Children say why."""

    code = "credentials_required"
    sentence = _("Send your key in the header “Authorization: Api-Key …”.")
    status = 401
    kind = "authentication"


class UnknownKey(Unauthenticated):
    code = "unknown_key"
    sentence = _("We do not know this key. Please check that it was copied whole.")


class KeyExpired(Unauthenticated):
    code = "key_expired"
    sentence = _("This key has expired. Please ask for a new one.")


class KeyRevoked(Unauthenticated):
    code = "key_revoked"
    sentence = _("This key has been revoked. Please use the new one.")


class AmbiguousCredentials(InvalidInput):
    code = "ambiguous_credentials"
    sentence = _("There are several Authorization headers. Please send exactly one.")


class PartnerPaused(LoyaltyError):
    code = "partner_paused"
    sentence = _("This partner is switched off at present. Please talk to the programme's team.")
    status = 403
    kind = "permission"


class ScopeMissing(LoyaltyError):
    code = "scope_missing"
    sentence = _("This key lacks the scope “%(scope)s”. Please ask for it to be added.")
    status = 403
    kind = "permission"


@dataclass(frozen=True, slots=True)
class PartnerPrincipal:
    """The caller as ``request.user``: a partner, not a person who can sign in."""

    partner: Partner
    is_authenticated: bool = True
    is_active: bool = True


def credential(header: str) -> str:
    """The key named by an ``Authorization`` header. Several headers arrive joined by commas."""
    if "," in header:
        raise AmbiguousCredentials
    scheme, _space, key = header.strip().partition(" ")
    if not header.strip() or scheme.lower() not in SCHEMES:
        raise Unauthenticated
    if not KEY.fullmatch(key.strip()):
        raise UnknownKey
    return key.strip()


class PartnerKeyAuthentication(BaseAuthentication):
    """``request.user`` becomes a :class:`PartnerPrincipal`, ``request.auth`` the key's row."""

    def authenticate(self, request: Request) -> tuple[PartnerPrincipal, PartnerKey]:
        text = credential(request.META.get("HTTP_AUTHORIZATION", ""))
        key = next(iter(_KEYS(text.partition(".")[0])), None)
        if key is None or not key.is_valid(text):
            raise UnknownKey
        now = clock.now()
        if key.revoked:
            raise KeyRevoked
        if key.expiry_date is not None and key.expiry_date <= now:
            raise KeyExpired
        if not key.partner.is_active:
            raise PartnerPaused
        stale = Q(last_used_at=None) | Q(last_used_at__lt=now - NOTED_EVERY)
        if key.last_used_at is None or key.last_used_at < now - NOTED_EVERY:
            PartnerKey.objects.filter(stale, pk=key.pk).update(last_used_at=now)
        return PartnerPrincipal(key.partner), key

    def authenticate_header(self, request: Request) -> str:
        return CHALLENGE


class HasScope(BasePermission):
    """The key carries the scope its view names for the method."""

    def has_permission(self, request: Request, view: View) -> bool:
        scopes: dict[str, Any] = getattr(view, "scopes", {})
        key: Any = request.auth
        needed = scopes.get("GET" if request.method == "HEAD" else str(request.method))
        if needed is not None and needed not in key.scopes:
            raise ScopeMissing(scope=needed)
        return True
