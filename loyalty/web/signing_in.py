"""The back office's sign-in: passwords are tried a few times only, by login and by network.

Counted in the same buckets as the members' sign-in, so taking the other door brings no more tries.
"""

import unicodedata
from typing import Any

from django.core.exceptions import ValidationError
from unfold.forms import AuthenticationForm

from loyalty import clock, limits
from loyalty.web import addresses

QUARTER_OF_AN_HOUR = 15 * 60
TRIES_OF_A_LOGIN = 10
TRIES_OF_A_NETWORK = 100


class SignIn(AuthenticationForm):
    """A right password is refused too while there were too many tries."""

    def clean(self) -> dict[str, Any]:
        whom = unicodedata.normalize("NFKC", self.cleaned_data.get("username", "")).strip().lower()
        tries = ((f"network:{addresses.network(self.request)}", TRIES_OF_A_NETWORK), (f"text:{whom}", TRIES_OF_A_LOGIN))
        try:
            for bucket, limit in tries:
                limits.hit(bucket=f"sign-in:{bucket}", limit=limit, per_seconds=QUARTER_OF_AN_HOUR, now=clock.now())
        except limits.TooManyTries as refusal:
            raise ValidationError(refusal.message, code=refusal.code) from None
        cleaned: dict[str, Any] = super().clean()
        return cleaned
