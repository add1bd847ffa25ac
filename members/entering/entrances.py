"""Signing out everywhere else: the password's hash is renewed, and with it every session but the one at hand."""

from datetime import datetime

from loyalty.models import User
from members.entering import contacts
from members.models import Member


def close_others(member: Member, *, password: str, now: datetime) -> User:
    """The login, its hash renewed; the caller lets the session at hand go on. Call it outside a transaction.

    Raises ``WrongPassword``, ``SignInAgain`` or ``TooManyTries``.
    """
    contacts.confirm(member, password=password, now=now)
    user = User.objects.get(member=member)
    if user.has_usable_password():
        user.set_password(password)
    else:
        user.set_unusable_password()
    User.objects.filter(pk=user.pk).update(password=user.password)
    return user
