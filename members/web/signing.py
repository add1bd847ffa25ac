"""Letting people in: tries are counted by account and by network, and every refusal reads the same."""

import unicodedata
from datetime import datetime

from django.contrib import auth
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from loyalty import limits
from loyalty.errors import LoyaltyError
from loyalty.models import User
from loyalty.web import addresses
from members import finding

QUARTER_OF_AN_HOUR = 15 * 60
TRIES_OF_AN_ACCOUNT = 10
TRIES_OF_A_NETWORK = 100
JOINS_OF_A_NETWORK = 60
"""A shop's own network serves a queue of customers, so these are generous."""


class WrongSignIn(LoyaltyError):
    """Unknown or wrong: who asks does not learn which."""

    code = "wrong_sign_in"
    sentence = _("That did not match. Please check what you typed, or see below how to get back in.")


def count_join(request: HttpRequest, now: datetime) -> None:
    """One try at joining from this network; raises ``TooManyTries``."""
    bucket = f"join:{addresses.network(request)}"
    limits.hit(bucket=bucket, limit=JOINS_OF_A_NETWORK, per_seconds=QUARTER_OF_AN_HOUR, now=now)


def count_arrival(request: HttpRequest, now: datetime) -> None:
    """One way back from WeChat to this network; raises ``TooManyTries``."""
    bucket = f"wechat:{addresses.network(request)}"
    limits.hit(bucket=bucket, limit=TRIES_OF_A_NETWORK, per_seconds=QUARTER_OF_AN_HOUR, now=now)


def admit(request: HttpRequest, *, login: str, password: str, now: datetime) -> User:
    """Signs in with phone, e-mail address or number, under a fresh session key.

    Raises ``TooManyTries`` or ``WrongSignIn``; a right password is refused too while there were too
    many tries.
    """
    text = unicodedata.normalize("NFKC", login).strip()
    member = finding.by_contact(text)
    whom = f"account:{member.pk}" if member else f"text:{text.lower()}"
    for bucket, limit in ((f"network:{addresses.network(request)}", TRIES_OF_A_NETWORK), (whom, TRIES_OF_AN_ACCOUNT)):
        limits.hit(bucket=f"sign-in:{bucket}", limit=limit, per_seconds=QUARTER_OF_AN_HOUR, now=now)
    user = auth.authenticate(request, username=text, password=password)
    if user is None:
        raise WrongSignIn
    auth.login(request, user)
    return user
