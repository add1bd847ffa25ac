"""The member's benefits: the page, claiming by one tap, tickets, the growth path and the block on home."""

from datetime import date, datetime, timedelta

import pytest
from django.test import Client

from members.benefits import using
from members.benefits.using import Scan
from members.models import BenefitClaim, Member
from tests import cast, visits
from tests.conftest import Opener
from tests.members.benefits import perks
from tests.members.benefits.perks import Way
from tests.pages import accessibility_faults, overflows

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("noon")]
PAGE = "/benefits/"


def shop() -> None:
    """One to claim, one always there, one that comes by itself, one further up."""
    cast.ladder()
    perks.offer("grooming", tier="silver", quota=2, summary_en="At any shop", details_en="Book ahead.\nCome clean.")
    perks.offer("returns", way=Way.STANDING)
    perks.offer("parcel", way=Way.GRANTED, within=perks.season("new", since=perks.DAY), period="quarter")
    perks.offer("adviser", tier="platinum", way=Way.STANDING)


def sections(client: Client) -> dict[str, list[str]]:
    context = client.get(PAGE).context
    names = ("waiting", "always", "later", "ahead")
    return {name: [perk.code for perk in context[name]] for name in names} | {
        name: [ticket.state for ticket in context[name]] for name in ("tickets", "over")
    }


def test_the_page_sorts_what_one_has_and_what_is_ahead() -> None:
    shop()
    client = visits.as_member(cast.gold_member(password=cast.PASSWORD))

    assert sections(client) == {
        "waiting": ["grooming"],
        "always": ["returns"],
        "later": ["parcel"],
        "ahead": ["adviser"],
        "tickets": [],
        "over": [],
    }
    page = client.get(PAGE).content.decode()
    said = ("2 times a month", "2 more now", "claim by March 31, 2026", "1,600 more growth, and you are Platinum.")
    assert [words for words in said if words not in page] == []


def test_one_tap_claims_and_shows_the_code() -> None:
    shop()
    client = visits.as_member(cast.gold_member(password=cast.PASSWORD))
    token = client.get(PAGE).context["waiting"][0].token

    first = client.post("/benefits/grooming/claim/", {"token": token})
    again = client.post("/benefits/grooming/claim/", {"token": token})

    row = BenefitClaim.objects.get()
    assert (first.headers["Location"], again.headers["Location"]) == (f"/benefits/mine/{row.code}/",) * 2
    page = client.get(first.headers["Location"]).content.decode()
    assert [words for words in ("It is yours now!", row.code[:4], "<svg", "Book ahead.<br>") if words not in page] == []


def test_what_cannot_be_claimed_says_why_and_leads_back() -> None:
    shop()
    client = visits.as_member(cast.gold_member(password=cast.PASSWORD))

    answer = client.post("/benefits/adviser/claim/", follow=True)

    assert answer.redirect_chain == [(PAGE, 302)]
    assert "not among yours right now" in answer.content.decode()


def test_a_used_one_goes_to_the_past_and_shows_no_code_to_scan() -> None:
    shop()
    member = cast.gold_member(password=cast.PASSWORD)
    client, row = visits.as_member(member), perks.claimed(member)
    using.use(Scan(row.code, "till"), now=cast.NOW)

    assert (sections(client)["tickets"], sections(client)["over"]) == ([], ["used"])
    ticket = client.get(f"/benefits/mine/{row.code}/").context["ticket"]
    assert (ticket.state, ticket.qr) == ("used", "")


def test_what_is_taken_says_when_there_is_more() -> None:
    perks.offer()
    member = cast.member(password=cast.PASSWORD)
    perks.claimed(member)

    [later] = visits.as_member(member).get(PAGE).context["later"]

    assert (later.state, later.again_on) == ("taken", date(2026, 4, 1))


def test_in_a_season_that_ends_there_is_no_promise_of_more() -> None:
    perks.offer(within=perks.season("short", through=date(2026, 3, 31)))
    perks.offer("bag", within=perks.season("brief", through=date(2026, 3, 20)))
    member = cast.member(password=cast.PASSWORD)
    perks.claimed(member, "bag")

    [later] = visits.as_member(member).get(PAGE).context["later"]

    assert (later.code, later.again_on) == ("bag", None)


def test_another_members_ticket_is_not_found() -> None:
    perks.offer()
    row = perks.claimed(cast.member())
    other = cast.member("周一诺", phone="13900139000", password=cast.PASSWORD)

    assert visits.as_member(other).get(f"/benefits/mine/{row.code}/").status_code == 404


def test_a_benefits_own_page_is_for_who_holds_it() -> None:
    shop()
    client = visits.as_member(cast.gold_member(password=cast.PASSWORD))

    page = client.get("/benefits/returns/").content.decode()

    assert "It is yours all the time" in page
    assert client.get("/benefits/adviser/").status_code == 404


def test_claiming_is_asked_by_post_and_signed_in() -> None:
    shop()
    client = visits.as_member(cast.gold_member(password=cast.PASSWORD))

    assert client.get("/benefits/grooming/claim/").status_code == 405
    assert visits.visitor().get(PAGE).headers["Location"].startswith("/sign-in/")


def test_a_suspended_member_sees_a_button_that_does_nothing() -> None:
    cast.ladder()
    perks.offer()
    client = visits.as_member(cast.suspended_member(password=cast.PASSWORD))

    assert '<button class="btn little" disabled>' in client.get(PAGE).content.decode()
    assert "benefits_waiting" not in client.get("/").context


def test_without_benefits_the_page_points_to_the_path() -> None:
    cast.ladder()
    page = visits.as_member(cast.new_member(password=cast.PASSWORD)).get(PAGE).content.decode()

    assert "Nothing here just yet" in page


def test_home_says_what_waits_until_it_is_claimed() -> None:
    shop()
    member = cast.gold_member(password=cast.PASSWORD)
    client = visits.as_member(member)

    before = client.get("/").content.decode()
    for _time in range(2):
        perks.claimed(member)

    assert "1 benefit waits for you" in before
    assert "waits for you" not in client.get("/").content.decode()


def test_the_path_lists_real_benefits_with_a_button_on_ones_own_tier() -> None:
    shop()
    growth = visits.as_member(cast.gold_member(password=cast.PASSWORD)).get("/path/").context["growths"][0]

    found = {stop.rung.code: [(perk.code, perk.state) for perk in stop.perks] for stop in growth.stops}

    assert found == {
        "starter": [("returns", "locked"), ("parcel", "locked")],
        "silver": [("grooming", "locked"), ("returns", "locked"), ("parcel", "locked")],
        "gold": [("grooming", "claim"), ("returns", "always"), ("parcel", "itself")],
        "platinum": [("grooming", "locked"), ("returns", "locked"), ("parcel", "locked"), ("adviser", "locked")],
    }
    assert growth.brings == ["Adviser"]


def test_more_benefits_cost_no_more_queries() -> None:
    shop()
    member = cast.gold_member(password=cast.PASSWORD)
    client = visits.as_member(member)
    perks.claimed(member)
    seen = [visits.queries(client, path) for path in (PAGE, "/path/", "/")]
    for number in range(3):
        perks.offer(f"more-{number}")
        perks.claimed(member, f"more-{number}")

    assert [visits.queries(client, path) for path in (PAGE, "/path/", "/")] == seen


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("language", "width", "dark"),
    [("zh-CN", 390, False), ("en-US", 390, True), ("zh-CN", 1280, True), ("en-US", 1280, False)],
)
def test_the_pages_read_well(
    live: str, noon: datetime, browse: Opener, language: str, width: int, *, dark: bool
) -> None:
    shop()
    member: Member = cast.gold_member(password=cast.PASSWORD)
    old = perks.claimed(member, now=cast.NOW - timedelta(days=40))
    faults = []

    with browse(language=language, width=width, dark=dark) as page:
        page.goto("/sign-in/")
        page.fill("#id_login", member.account.number)
        page.fill("#id_password", cast.PASSWORD)
        page.click("main form button.btn.big")
        page.wait_for_selector("#benefits-waiting")
        for address in (PAGE, "/benefits/grooming/", f"/benefits/mine/{old.code}/", "/path/"):
            page.goto(address)
            faults += [f"{address}: {fault}" for fault in accessibility_faults(page)]
            if overflows(page):
                faults.append(f"{address}: scrolls sideways")
        page.goto(PAGE)
        page.click(".perk form button")
        page.wait_for_selector(".ticket .code svg")
        faults += accessibility_faults(page)

    assert faults == []
