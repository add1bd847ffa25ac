"""The home screen app: what it is called, what it keeps, and what it shows without a network."""

import pytest
from django.contrib.staticfiles import finders

from loyalty.models import Programme
from tests import cast, visits

pytestmark = pytest.mark.django_db


def test_the_manifest_bears_the_operators_name_in_the_visitors_language() -> None:
    Programme.objects.filter(pk=1).update(name_zh="毛球星球", name_en="Furball Planet")

    chinese = visits.visitor(language="zh-hans").get("/manifest.webmanifest")
    english = visits.visitor().get("/manifest.webmanifest")

    assert (chinese.json()["name"], english.json()["name"]) == ("毛球星球", "Furball Planet")
    assert (english.json()["start_url"], english.json()["display"]) == ("/", "standalone")
    assert {icon["sizes"] for icon in english.json()["icons"]} == {"192x192", "512x512"}
    assert english.headers["Content-Type"] == "application/manifest+json"


def test_everything_the_worker_keeps_can_be_had_by_anybody() -> None:
    """One file that is missing would keep the whole worker from starting."""
    client = visits.visitor()
    script = client.get("/worker.js")

    told = script.content.decode().partition("FILES = [")[2].partition("]")[0]
    paths = [part.strip(' "').replace("\\u002D", "-") for part in told.split(",")]
    assert script.headers["Content-Type"] == "text/javascript"
    assert "worker-src 'self'" in script.headers["Content-Security-Policy"]
    assert len(paths) > 5
    files, pages = [path for path in paths if path.startswith("/static/")], ["/offline/"]
    assert paths == [*files, *pages]
    assert [path for path in files if finders.find(path.removeprefix("/static/")) is None] == []
    assert [path for path in pages if client.get(path).status_code != 200] == []


def test_the_offline_page_names_nobody() -> None:
    member = cast.new_member(password=cast.PASSWORD)

    page = visits.as_member(member).get("/offline/").content.decode()

    assert "You are offline" in page
    assert [word for word in (member.name, member.account.number, 'class="tabs"') if word in page] == []
