"""Signing in with what a person remembers: phone, e-mail or member number."""

from typing import Any

from django.contrib.auth.backends import ModelBackend
from django.http import HttpRequest

from loyalty.models import User
from members import finding


class MemberBackend(ModelBackend):
    """Checks the password of the member whom ``username`` names.

    Exactly one password is hashed for known and unknown names alike, so the time taken doesn't
    tell who is a member.
    """

    def authenticate(
        self, request: HttpRequest | None, username: str | None = None, password: str | None = None, **credentials: Any
    ) -> User | None:
        if not username or password is None:
            return None
        member = finding.by_contact(username)
        user = member.user if member else None
        if user is None:
            User().set_password(password)
            return None
        return user if user.check_password(password) and self.user_can_authenticate(user) else None
