"""Language and appearance: kept on the device, the language also on the login."""

import pytest
from django.test import Client

from tests import cast, visits

pytestmark = pytest.mark.django_db


def theme(client: Client) -> str:
    """What the page says of the device's appearance."""
    text = client.get("/sign-in/").content.decode()
    return text.partition('data-theme="')[2].partition('"')[0]


def test_light_and_dark_are_kept_and_auto_forgets_them() -> None:
    client, seen = visits.visitor(), []

    for chosen in ("dark", "light", "<script>", "dark", "auto"):
        answer = client.post("/theme/", {"theme": chosen, "next": "/join/"})
        assert (answer.status_code, answer.headers["Location"]) == (302, "/join/")
        seen.append(theme(client))

    assert seen == ["dark", "light", "", "dark", ""]


def test_the_language_is_remembered_on_the_login_and_spoken_on_the_next_device() -> None:
    member = cast.new_member(password=cast.PASSWORD)
    client = visits.as_member(member, language="zh-hans")

    client.post("/i18n/setlang/", {"language": "en", "next": "/me/"})

    elsewhere = visits.visitor(language="zh-hans")
    elsewhere.post("/sign-in/", {"login": member.phone, "password": cast.PASSWORD, "remember": "on"})
    assert member.user is not None
    member.user.refresh_from_db()
    assert member.user.language == "en"
    assert 'lang="en"' in elsewhere.get("/me/").content.decode()


def test_a_language_we_do_not_speak_is_not_remembered() -> None:
    member = cast.new_member(password=cast.PASSWORD)

    visits.as_member(member).post("/i18n/setlang/", {"language": "tlh"})

    assert member.user is not None
    member.user.refresh_from_db()
    assert member.user.language == ""


@pytest.mark.parametrize("path", ["/theme/", "/i18n/setlang/"])
def test_looking_changes_nothing(path: str) -> None:
    answer = visits.visitor().get(path)

    assert answer.status_code in {302, 405}
    assert not answer.cookies
