"""How secrets of second factors are sealed: django-allauth's documented hook, filled with Fernet.

The keys follow from ``SECRET_KEY`` and ``SECRET_KEY_FALLBACKS``: the first seals, all open. Whoever uses their
app has its secret sealed anew (``keeping``), so an old key may go once everybody signed in with the new one.
"""

import base64
from functools import lru_cache

from allauth.mfa.adapter import DefaultMFAAdapter
from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

from loyalty import programme
from loyalty.models import User
from loyalty.second_factor.refusals import Unreadable

PURPOSE = b"loyalty.second_factor"


class Vault(DefaultMFAAdapter):
    """Named by ``MFA_ADAPTER``."""

    def encrypt(self, text: str) -> str:
        return _ring(settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS).encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text: str) -> str:
        """Raises :class:`Unreadable` where no key fits."""
        try:
            return _ring(settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS).decrypt(encrypted_text).decode()
        except InvalidToken:
            raise Unreadable from None

    def get_totp_label(self, user: User) -> str:
        return user.username

    def get_totp_issuer(self) -> str:
        return programme.current().name


@lru_cache(maxsize=8)
def _ring(*keys: str) -> MultiFernet:
    derived = (HKDF(algorithm=SHA256(), length=32, salt=None, info=PURPOSE).derive(key.encode()) for key in keys)
    return MultiFernet([Fernet(base64.urlsafe_b64encode(each)) for each in derived])
