"""Where parcels go."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class Address(models.Model):
    """One postal address of a member; at most one is the usual one. The phone is kept in E.164."""

    member = models.ForeignKey("members.Member", models.CASCADE, related_name="addresses", verbose_name=_("member"))
    recipient = models.CharField(_("recipient"), max_length=40)
    phone = models.CharField(_("phone"), max_length=20)
    province = models.CharField(_("province"), max_length=30)
    city = models.CharField(_("city"), max_length=30)
    district = models.CharField(_("district"), max_length=30, blank=True)
    street = models.CharField(_("street and number"), max_length=120)
    postcode = models.CharField(_("postcode"), max_length=10, blank=True)
    is_usual = models.BooleanField(_("usual address"), default=False)
    written_at = models.DateTimeField(_("written"))

    class Meta:
        verbose_name = _("address")
        verbose_name_plural = _("addresses")
        ordering = ["-is_usual", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["member"], name="one_usual_address", condition=Q(is_usual=True)),
        ]

    def __str__(self) -> str:
        return f"{self.province}{self.city}"
