"""Where members are signed in: one row for each sign-in, so that a device one doesn't know is noticed."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class SignIn(models.Model):
    """One sign-in of a login. Whether it still lasts is said by its session alone.

    ``device`` is what was read of the browser (``members.entering.devices``), ``browser`` the keyed hash of the
    cookie that knows it again, ``network`` the address without its last part.
    """

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="sign_ins", verbose_name=_("login"))
    session_key = models.CharField(_("session"), max_length=40, unique=True)
    browser = models.CharField(_("browser"), max_length=64)
    device = models.CharField(_("device"), max_length=40)
    network = models.CharField(_("network"), max_length=45)
    signed_in_at = models.DateTimeField(_("signed in"))
    seen_at = models.DateTimeField(_("last used"))

    class Meta:
        verbose_name = _("sign-in")
        verbose_name_plural = _("sign-ins")

    def __str__(self) -> str:
        return self.device
