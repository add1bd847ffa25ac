"""Pictures members upload. The file is always one we wrote ourselves; see ``members.profile.pictures``."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from loyalty import ids


class Picture(models.Model):
    """One picture of a member, re-encoded, without what cameras write into it. ``name`` is random."""

    class Purpose(models.TextChoices):
        AVATAR = "avatar", _("portrait")
        PET = "pet", _("pet")

    id = models.UUIDField(primary_key=True, default=ids.uuid7, editable=False)
    member = models.ForeignKey("members.Member", models.CASCADE, related_name="pictures", verbose_name=_("member"))
    purpose = models.CharField(_("purpose"), max_length=8, choices=Purpose)
    name = models.CharField(_("file"), max_length=80, unique=True)
    width = models.PositiveIntegerField(_("width"))
    height = models.PositiveIntegerField(_("height"))
    size = models.PositiveIntegerField(_("bytes"))
    uploaded_at = models.DateTimeField(_("uploaded"))

    class Meta:
        verbose_name = _("picture")
        verbose_name_plural = _("pictures")

    def __str__(self) -> str:
        return self.name
