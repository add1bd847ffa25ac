"""The reference: complete, offline, and no page of it breaks the content policy."""

import re
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client
from django.urls import reverse

from loyalty.api import docs, errors
from tests.conftest import Opener
from tests.tills import api_schema

METHODS = {"get", "post", "put", "delete"}


def test_the_schema_is_valid_and_nothing_is_left_to_guess(tmp_path: Any) -> None:
    call_command("spectacular", "--validate", "--fail-on-warn", file=str(tmp_path / "schema.yml"))

    assert (tmp_path / "schema.yml").stat().st_size > 10_000


def test_every_answer_and_every_body_has_an_example() -> None:
    bare = []
    for path, item in api_schema()["paths"].items():
        for method in METHODS & set(item):
            told = item[method]
            parts = {"body": told["requestBody"]} if method == "post" else {}
            parts |= told["responses"]
            for name, part in parts.items():
                if not part["content"]["application/json"].get("examples"):
                    bare.append((path, method, name))

    assert bare == []


def test_refusals_point_at_the_page_of_codes() -> None:
    assert reverse("api-errors") == errors.CODES_PAGE


@pytest.mark.django_db
def test_the_page_of_codes_names_every_code() -> None:
    page = Client().get(reverse("api-errors")).content.decode()

    assert set(re.findall(r'<tr id="([\w-]+)">', page)) == {refusal["code"] for refusal in docs.known()}


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_the_interactive_reference_works_offline_under_the_policy(browse: Opener, live: str) -> None:
    """The page watches itself: a breach of the policy or a foreign request fails the test."""
    with browse(language="en", width=1280) as page:
        page.goto(f"{live}/api/docs/")
        page.get_by_text("Tell what happened").first.click()
        page.get_by_role("button", name="Try it out").first.wait_for()

        calls = sum(len(METHODS & set(item)) for item in api_schema()["paths"].values())
        assert page.locator(".opblock").count() == calls
