"""Secrets are sealed with the portal's key, which can be changed without locking anybody out."""

from datetime import timedelta

import pytest
from allauth.mfa.adapter import get_adapter
from allauth.mfa.models import Authenticator
from pytest_django import Settings

from loyalty.second_factor import keeping
from loyalty.second_factor.refusals import Unreadable
from tests.cast import NOW
from tests.loyalty.second_factor import phone

OLD, NEW = "an-old-key-" * 5, "a-new-key-" * 5


def test_what_is_sealed_reads_as_nothing_and_opens_as_it_was(settings: Settings) -> None:
    settings.SECRET_KEY = OLD

    sealed = [get_adapter().encrypt("JBSWY3DPEHPK3PXP") for _turn in range(2)]

    assert sealed[0] != sealed[1]
    assert "JBSWY3DPEHPK3PXP" not in "".join(sealed)
    assert {get_adapter().decrypt(each) for each in sealed} == {"JBSWY3DPEHPK3PXP"}


def test_an_old_key_opens_as_long_as_it_is_named(settings: Settings) -> None:
    settings.SECRET_KEY = OLD
    sealed = get_adapter().encrypt("secret")

    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = NEW, [OLD]
    opened = get_adapter().decrypt(sealed)
    settings.SECRET_KEY_FALLBACKS = []

    assert opened == "secret"
    with pytest.raises(Unreadable):
        get_adapter().decrypt(sealed)


@pytest.mark.django_db
def test_using_the_app_seals_its_secret_with_the_new_key(settings: Settings) -> None:
    settings.SECRET_KEY = OLD
    user = phone.person()
    app, _written = phone.set_up(user)
    later, last = NOW + timedelta(minutes=1), NOW + timedelta(minutes=2)

    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = NEW, [OLD]
    keeping.prove(user=user, code=app.shows(later), now=later)
    settings.SECRET_KEY_FALLBACKS = []

    assert keeping.prove(user=user, code=app.shows(last), now=last).factor_id == keeping.factor_of(user.pk)


@pytest.mark.django_db
def test_recovery_codes_outlive_a_lost_key(settings: Settings) -> None:
    settings.SECRET_KEY = OLD
    user = phone.person()
    app, written = phone.set_up(user)
    later = NOW + timedelta(minutes=1)
    settings.SECRET_KEY = NEW

    with pytest.raises(Unreadable):
        keeping.prove(user=user, code=app.shows(later), now=later)

    assert keeping.prove(user=user, code=written[0], now=later).left == 9


@pytest.mark.django_db
def test_the_drawing_names_programme_and_login() -> None:
    address = get_adapter().build_totp_url(phone.person(), "JBSWY3DPEHPK3PXP")

    assert address.startswith("otpauth://totp/lin?secret=JBSWY3DPEHPK3PXP&issuer=")
    assert Authenticator.objects.count() == 0
