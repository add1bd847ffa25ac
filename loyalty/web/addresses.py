"""Where a request comes from and where it may be sent on to."""

import ipaddress

from django.conf import settings
from django.http import HttpRequest
from django.shortcuts import resolve_url
from django.utils.http import url_has_allowed_host_and_scheme

_WHOLE_NETWORK = 64


def network(request: HttpRequest) -> str:
    """The visitor's address for limits: IPv4 as it is, IPv6 by its /64, which is one household.

    ``TRUSTED_PROXIES`` hops of X-Forwarded-For are believed, counted from the right.
    """
    found = request.META.get("REMOTE_ADDR", "")
    hops = [hop.strip() for hop in request.headers.get("X-Forwarded-For", "").split(",") if hop.strip()]
    if settings.TRUSTED_PROXIES and len(hops) >= settings.TRUSTED_PROXIES:
        found = hops[-settings.TRUSTED_PROXIES]
    try:
        address = ipaddress.ip_address(found)
    except ValueError:
        return "unknown"
    if address.version == 6:
        return str(ipaddress.ip_network(f"{address}/{_WHOLE_NETWORK}", strict=False))
    return str(address)


def asked(request: HttpRequest) -> str:
    """The address asked for as ``next``, if it is one of ours; else empty."""
    wanted = request.POST.get("next") or request.GET.get("next") or ""
    is_ours = url_has_allowed_host_and_scheme(
        wanted, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return wanted if is_ours else ""


def onward(request: HttpRequest, fallback: str) -> str:
    """Where to go next: as asked, else ``fallback``, an address or a route."""
    return asked(request) or resolve_url(fallback)
