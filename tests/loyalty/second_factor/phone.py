"""A phone with an authenticator app, and logins that have one."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.test import Client

from loyalty.models import User
from loyalty.second_factor import codes, keeping
from tests.cast import NOW, PASSWORD


@dataclass(frozen=True, slots=True)
class Phone:
    """Shows the code of its secret at any time."""

    secret: str

    def shows(self, now: datetime, steps: int = 0) -> str:
        return codes.code_at(self.secret, codes.step_at(now) + steps)


def person(name: str = "lin", **columns: Any) -> User:
    """Somebody of the staff who may do everything."""
    given = {"is_staff": True, "is_superuser": True, "email": f"{name}@example.com", **columns}
    return User.objects.create_user(name, password=PASSWORD, **given)


def set_up(user: User, *, now: datetime = NOW) -> tuple[Phone, list[str]]:
    """Their phone and their recovery codes. The code of ``now`` is used by that."""
    phone = Phone(codes.new_secret())
    _proof, written = keeping.set_up(user=user, secret=phone.secret, code=phone.shows(now), now=now)
    return phone, written


def desk(user: User) -> Client:
    """A browser in which they typed their password, and nothing else."""
    client = Client(headers={"Accept-Language": "en"})
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client
