"""Whatever happens to a second factor is told by e-mail, in the person's language."""

from datetime import timedelta

import pytest
from django.core import mail
from django.utils import translation

from loyalty import outbox
from loyalty.models import User
from loyalty.second_factor import notices
from loyalty.second_factor.notices import Notice
from tests.cast import NOW
from tests.loyalty.second_factor import phone

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("notice", list(Notice))
@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_every_notice_names_login_and_time_and_says_what_to_do(notice: Notice, language: str) -> None:
    """6.3.7."""
    user = phone.person(language=language)

    notices.tell(user, notice, now=NOW + timedelta(minutes=5))
    outbox.drain(now=NOW + timedelta(minutes=5))

    [letter] = mail.outbox
    assert letter.to == ["lin@example.com"]
    with translation.override(language):
        assert letter.subject == str(notices.SUBJECTS[notice])
    assert ("“lin”" in letter.body, "12:05" in letter.body, "%(" in letter.body) == (True, True, False)
    assert ("change your password" in letter.body) is (language == "en")


def test_logins_without_an_address_and_disabled_ones_hear_nothing() -> None:
    silent, gone = phone.person("silent", email=""), phone.person("gone")

    for user in (silent, gone):
        notices.tell(user, Notice.ON, now=NOW)
    User.objects.filter(pk=gone.pk).update(is_active=False)
    drained = outbox.drain(now=NOW)

    assert (drained.delivered, mail.outbox) == (2, [])
