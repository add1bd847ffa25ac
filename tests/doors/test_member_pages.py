"""Every page of the members', walked as nobody, as somebody else, without a token, and only looked at."""

from datetime import datetime
from typing import Any

import pytest
from django.apps import apps
from django.core import serializers
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from loyalty.models import Account
from members.models import Member, SignIn
from tests import visits
from tests.doors import atlas

pytestmark = pytest.mark.django_db
PRIVATE = ("Pet", "PetWeight", "Address", "Picture", "PlanTerm", "HouseholdInvite", "BenefitClaim", "Consent")
ASIDE = {"members:household-withdraw"}  # leads back to one's own household, and says that there is no such invitation
PICTURE = "members:picture"  # shown in pages, kept by the browser of its owner
# Statements that looking at a page may run: the session, where one is signed in, a message that is read, and the
# codes and counters that are made when they are first shown.
MAY_WRITE = ("django_session", "members_signin", "loyalty_message", "members_referralcode", "loyalty_tallyfloor")


@pytest.fixture(autouse=True)
def _noon(noon: datetime, settings: Any, tmp_path: Any) -> None:
    settings.MEDIA_ROOT = tmp_path


def rows() -> dict[str, list[str]]:
    """Everything that is a member's own, as it stands."""
    return {
        name: sorted(serializers.serialize("jsonl", apps.get_model("members", name).objects.all()).splitlines())
        for name in PRIVATE
    }


def signed_in(member: Member, *, is_strict: bool = False) -> Client:
    client = Client(enforce_csrf_checks=is_strict, headers={"Accept-Language": "en"})
    assert member.user is not None
    client.force_login(member.user, backend="members.backends.MemberBackend")
    return client


def test_everybody_knows_whose_each_address_is() -> None:
    """8.2.2: a new address with a key has to say whether it is a member's own, the brand's or open."""
    assert atlas.unknown() == []


def test_visitors_are_led_to_the_way_in_from_every_page() -> None:
    """8.2.1, API5: default deny; read and written."""
    somebody, _other = atlas.scene()
    addresses = {**atlas.own(somebody), **atlas.common()}
    visitor = visits.visitor()

    passed = {
        f"{method} {name}"
        for name, address in addresses.items()
        for method in ("GET", "POST")
        if not (answer := visitor.generic(method, address)).headers.get("Location", "").startswith("/sign-in/")
        and answer.status_code != 405
        and (name, answer.status_code) != (PICTURE, 404)
    }

    assert (len(addresses) > 40, passed) == (True, set())


def test_nobody_opens_or_moves_what_is_somebody_elses() -> None:
    """8.2.2, API1, row 20: keys swapped between two members on every page that takes one; 404, never 403."""
    somebody, other = atlas.scene()
    own, theirs = atlas.own(somebody), atlas.own(other)
    before = rows()
    client = signed_in(other)

    told = {
        f"{method} {name}": client.generic(method, address, "", "application/x-www-form-urlencoded").status_code
        for name, address in own.items()
        for method in ("GET", "POST")
    }

    assert set(own) == set(atlas.OWN)
    assert {name for name, status in told.items() if status not in (404, 405)} == {f"POST {name}" for name in ASIDE}
    assert (rows(), SignIn.objects.filter(user=somebody.user).count()) == (before, 1)
    assert [name for name, address in theirs.items() if client.get(address).status_code == 404] == []


def test_a_closed_membership_opens_nothing() -> None:
    """7.4.2: the session of who left sees only that they left."""
    somebody, _other = atlas.scene()
    addresses = {**atlas.own(somebody), **atlas.common()}
    addresses.pop(PICTURE)  # their own and nobody else's; gone with them
    client = signed_in(somebody)
    Account.objects.filter(pk=somebody.pk).update(status=Account.Status.CLOSED)

    told = {name: client.get(address).status_code for name, address in addresses.items()}

    assert {name: status for name, status in told.items() if status not in (403, 405)} == {}


def test_nothing_is_written_without_the_pages_token() -> None:
    """3.5.1: every form of every page, those of visitors as well."""
    somebody, _other = atlas.scene()
    addresses = {**atlas.own(somebody), **atlas.common(), **atlas.forms()}
    before = rows()
    client = signed_in(somebody, is_strict=True)

    told = {name: client.post(address).status_code for name, address in addresses.items()}

    assert {name: status for name, status in told.items() if status not in (403, 405)} == {}
    assert rows() == before


def test_looking_changes_nothing() -> None:
    """3.5.3: a GET of every page runs no statement that writes, beside what a session leaves."""
    somebody, _other = atlas.scene()
    addresses = {**atlas.own(somebody), **atlas.common()}
    client = signed_in(somebody)
    written = {}

    for name, address in addresses.items():
        client.get(address)
        with CaptureQueriesContext(connection) as seen:
            client.get(address)
        told = [each["sql"] for each in seen if each["sql"].lstrip().upper().startswith(("INSERT", "UPDATE", "DELETE"))]
        if told := [sql for sql in told if not any(table in sql.split("(")[0] for table in MAY_WRITE)]:
            written[name] = told

    assert written == {}


@pytest.mark.parametrize("path", ["", "1/agree/", "1/withdraw/"])
def test_guardians_pages_open_after_the_code_alone(path: str) -> None:
    """8.2.1: whoever comes without it is led to where it is asked for, read and written."""
    client = visits.visitor()

    told = [getattr(client, method)(f"/guardian/children/{path}") for method in ("get", "post")]

    assert {answer.headers.get("Location", "405") for answer in told} <= {"/guardian/", "405"}


@pytest.mark.parametrize("name", ["rewards:ticket", "members:benefit-ticket"])
@pytest.mark.parametrize("key", ["%00", "'", "..%2f..%2fetc", "%0d%0aSet-Cookie:x", "%e2%80%aegnp", "x" * 300])
def test_keys_that_are_no_keys_are_not_found(name: str, key: str) -> None:
    """5.4.x: NUL, quotes, ways up, line breaks, turned text, length."""
    _somebody, other = atlas.scene()
    [route] = [route for route, each in atlas.routes() if each == name]

    answer = signed_in(other).get("/" + route.split("<")[0] + key + "/")

    assert answer.status_code == 404


def test_every_answer_carries_the_headers_that_protect_it() -> None:
    """3.4.1 to 3.4.8, 14.3.2: pages, forms and what is not found; what is a member's is stored nowhere."""
    somebody, _other = atlas.scene()
    private = {**atlas.own(somebody), **atlas.common()}
    private.pop(PICTURE)  # stricter, by a test of its own
    addresses = private | atlas.forms() | {"not found": "/nowhere/", "admin": "/admin/login/", "api": "/api/v1/rewards"}
    client, lacking = signed_in(somebody), {}

    for name, address in addresses.items():
        answer = client.get(address)
        told = {header: answer.headers.get(header, "") for header in PROTECT}
        faults = [header for header, wanted in PROTECT.items() if wanted not in told[header]]
        if name in private and "no-store" not in answer.headers.get("Cache-Control", "") and answer.status_code == 200:
            faults.append("Cache-Control")
        if faults:
            lacking[name] = faults

    assert lacking == {}


PROTECT = {
    "Content-Security-Policy": "frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-Frame-Options": "DENY",
}
