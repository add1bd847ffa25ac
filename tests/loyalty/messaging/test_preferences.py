"""What a member wants to hear of and where, and ending it from a link."""

import pytest
from django.test import Client

from loyalty.messaging import preferences
from loyalty.messaging.preferences import AlwaysOn, BadToken
from loyalty.models import ChannelPreference
from tests import cast, visits

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("noon")]


def test_everything_is_on_until_said_otherwise_and_a_change_of_mind_is_kept() -> None:
    member = cast.new_member()
    choice = ("marketing", "email")

    before = preferences.of(member.pk)
    preferences.choose(member.pk, {choice: False}, now=cast.NOW)
    between = preferences.is_on(member.pk, *choice)
    preferences.choose(member.pk, {choice: True}, now=cast.NOW)

    assert set(before.values()) == {True}
    assert (between, preferences.is_on(member.pk, *choice), ChannelPreference.objects.count()) == (False, True, 1)


def test_what_happens_to_ones_points_always_reaches_the_inbox() -> None:
    member = cast.new_member()

    with pytest.raises(AlwaysOn):
        preferences.choose(member.pk, {("service", "in_app"): False}, now=cast.NOW)


def test_a_mailbox_ends_it_with_one_post_and_no_cookie() -> None:
    """RFC 8058: one POST, no confirmation; the same again changes nothing."""
    member = cast.new_member()
    path = f"/unsubscribe/{preferences.token(member.pk, 'marketing', 'email')}/"
    strict = Client(enforce_csrf_checks=True)

    answers = [strict.post(path, {"List-Unsubscribe": "One-Click"}).status_code for _ in range(2)]

    assert answers == [200, 200]
    assert [choice for choice, on in preferences.of(member.pk).items() if not on] == [("marketing", "email")]


def test_opening_the_link_only_asks() -> None:
    member = cast.new_member()

    page = visits.visitor().get(f"/unsubscribe/{preferences.token(member.pk, 'marketing', 'email')}/")

    assert "Rather hear less from us?" in page.content.decode()
    assert preferences.is_on(member.pk, "marketing", "email") is True


@pytest.mark.parametrize("token", ["x", "WzEsMiwzXQ:1abc:forged", "a" * 400])
def test_a_link_that_is_not_ours_ends_nothing(token: str) -> None:
    cast.new_member()

    answer = visits.visitor().post(f"/unsubscribe/{token}/")

    assert (answer.status_code, ChannelPreference.objects.count()) == (404, 0)
    with pytest.raises(BadToken):
        preferences.read(token)
