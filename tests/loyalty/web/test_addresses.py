"""Whose network a request comes from, and that nobody is sent away to a stranger."""

import pytest
from django.test import RequestFactory, override_settings

from loyalty.web import addresses


@pytest.mark.parametrize(
    ("remote", "network"),
    [("203.0.113.9", "203.0.113.9"), ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"), ("", "unknown")],
)
def test_a_network_is_an_ipv4_address_or_an_ipv6_household(remote: str, network: str) -> None:
    request = RequestFactory().get("/", REMOTE_ADDR=remote, headers={"X-Forwarded-For": "198.51.100.1"})

    assert addresses.network(request) == network


@pytest.mark.parametrize(("hops", "network"), [(1, "198.51.100.2"), (2, "198.51.100.1"), (3, "10.0.0.1")])
def test_as_many_proxies_are_believed_as_are_trusted(hops: int, network: str) -> None:
    told = {"X-Forwarded-For": "198.51.100.1, 198.51.100.2"}
    request = RequestFactory().get("/", REMOTE_ADDR="10.0.0.1", headers=told)

    with override_settings(TRUSTED_PROXIES=hops):
        assert addresses.network(request) == network


@pytest.mark.parametrize(
    ("wanted", "leads"),
    [
        ("/points/?show=spent", "/points/?show=spent"),
        ("https://evil.example/", "/me/"),
        ("//evil.example", "/me/"),
        ("/\\evil.example", "/me/"),
        ("javascript:alert(1)", "/me/"),
        ("", "/me/"),
    ],
)
def test_only_our_own_pages_are_led_on_to(wanted: str, leads: str) -> None:
    request = RequestFactory().post("/sign-in/", {"next": wanted})

    assert addresses.onward(request, "members:me") == leads
