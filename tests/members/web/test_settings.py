"""Me, profile and privacy."""

from datetime import date

import pytest

from members import consent
from members.models import Consent, Member
from tests import cast, visits

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("noon")]
PROFILE = {"name": "周诺", "birthday": "1999-11-08"}


def test_me_shows_person_and_card_without_giving_away_more() -> None:
    page = visits.as_member(cast.gold_member(password=cast.PASSWORD)).get("/me/").content.decode()

    assert [words for words in ("林小满", "138 0013 8000", "Gold", "May 22, 2025") if words not in page] == []


def test_the_profile_is_kept_as_corrected() -> None:
    member = cast.new_member(password=cast.PASSWORD)
    client = visits.as_member(member)
    shown = client.get("/me/profile/").content.decode()

    answer = client.post("/me/profile/", PROFILE)

    assert ('value="周一诺"' in shown, 'value="1994-05-21"' in shown) == (True, True)
    assert answer.headers["Location"] == "/me/"
    member.refresh_from_db()
    assert (member.name, str(member.birthday)) == ("周诺", "1999-11-08")
    assert "Saved." in client.get("/me/").content.decode()


def test_a_refused_profile_keeps_what_was_typed() -> None:
    client = visits.as_member(cast.new_member(password=cast.PASSWORD))

    answer = client.post("/me/profile/", {**PROFILE, "birthday": "2199-11-08"})

    assert answer.status_code == 400
    assert list(answer.context["form"].errors) == ["birthday"]
    assert 'value="周诺"' in answer.content.decode()
    assert Member.objects.get(phone="+8613900139000").name == "周一诺"


def test_each_purpose_has_its_own_switch_and_its_own_history() -> None:
    member = cast.new_member(password=cast.PASSWORD)
    client = visits.as_member(member)

    client.post("/me/privacy/", {"marketing": "on"})
    client.post("/me/privacy/", {"marketing": "on"})
    client.post("/me/privacy/", {"profiling": "on"})

    assert consent.given(member) == {"terms": True, "marketing": False, "profiling": True}
    rows = Consent.objects.filter(member=member, purpose="marketing").order_by("id")
    assert list(rows.values_list("is_given", flat=True)) == [True, False]
    assert client.get("/me/privacy/").content.decode().count(" checked") == 1


def test_anybody_may_read_what_is_kept_and_why() -> None:
    page = visits.visitor().get("/me/privacy/").content.decode()

    assert "What we keep, and why" in page
    assert "<fieldset" not in page


@pytest.mark.parametrize(
    ("birthday", "switches", "words"),
    [
        (date(2015, 6, 1), [], "Under 14 we send you no advertising"),
        (date(2010, 6, 1), ["marketing"], "Under 18 we recommend nothing"),
        (date(1994, 5, 21), ["marketing", "profiling"], ""),
    ],
)
def test_nobody_is_asked_for_what_their_age_may_not_agree_to(birthday: date, switches: list[str], words: str) -> None:
    """PIPL 31, Rules on Minors Online 24."""
    member = cast.new_member(password=cast.PASSWORD)
    Member.objects.filter(pk=member.pk).update(birthday=birthday, guardian_agreed_at=cast.NOW)

    page = visits.as_member(member).get("/me/privacy/")

    assert (list(page.context["form"].fields), words in page.content.decode()) == (switches, True)
