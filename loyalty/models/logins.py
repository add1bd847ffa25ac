"""Who may sign in. A login knows no person: members and staff hang their own rows on it."""

from django.contrib.auth.models import AbstractUser
from django.db import models
from django.utils.translation import gettext_lazy as _


class User(AbstractUser):
    """A login. Members' phone and e-mail live on the member, so a person can be erased alone."""

    first_name = None  # type: ignore[assignment]  # names live on the person
    last_name = None  # type: ignore[assignment]  # likewise
    display_name = models.CharField(_("name"), max_length=80, blank=True)
    language = models.CharField(_("language"), max_length=12, blank=True)

    class Meta:
        verbose_name = _("login")
        verbose_name_plural = _("logins")

    def get_full_name(self) -> str:
        return self.display_name or self.username

    def get_short_name(self) -> str:
        return self.get_full_name()
