"""Labels on members and groups of members."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from loyalty.texts import Bilingual


class Tag(models.Model):
    """A label. With a ``condition`` it is set and taken by itself each night; else by people, rules and tills."""

    code = models.SlugField(_("code"), max_length=30, unique=True)
    name_zh = models.CharField(_("name (Chinese)"), max_length=20)
    name_en = models.CharField(_("name (English)"), max_length=20)
    color = models.CharField(_("colour"), max_length=7, default="#1d6b52")
    note = models.CharField(_("what it is for"), max_length=200, blank=True)
    is_automatic = models.BooleanField(_("sets itself"), default=False)
    condition = models.JSONField(_("condition"), default=dict, blank=True)
    expires_days = models.PositiveSmallIntegerField(
        _("ends after so many days"), null=True, blank=True, help_text=_("Empty: it stays.")
    )
    settled_at = models.DateTimeField(_("last settled"), null=True, editable=False)
    archived_at = models.DateTimeField(_("retired"), null=True, editable=False)

    name = Bilingual("name")

    class Meta:
        verbose_name = _("tag")
        verbose_name_plural = _("tags")
        ordering = ["code"]

    def __str__(self) -> str:
        return self.name


class Tagging(models.Model):
    """A tag on a member, by whom and how long (``expires_at`` is the first moment it is gone)."""

    class Source(models.TextChoices):
        STAFF = "staff", _("staff")
        CONDITION = "condition", _("condition")
        RULE = "rule", _("rule")
        PARTNER = "partner", _("partner")

    member = models.ForeignKey(
        "members.Member", models.CASCADE, related_name="taggings", db_index=False, verbose_name=_("member")
    )
    tag = models.ForeignKey(Tag, models.CASCADE, related_name="taggings", verbose_name=_("tag"))
    source = models.CharField(_("set by"), max_length=10, choices=Source)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+", verbose_name=_("by"))
    given_at = models.DateTimeField(_("set at"))
    expires_at = models.DateTimeField(_("ends"), null=True)

    class Meta:
        verbose_name = _("tag of a member")
        verbose_name_plural = _("tags of members")
        constraints = [models.UniqueConstraint(fields=["member", "tag"], name="one_tagging_a_tag")]
        indexes = [
            models.Index(fields=["expires_at"], name="tagging_due", condition=Q(expires_at__isnull=False)),
        ]

    def __str__(self) -> str:
        return f"{self.member_id}: {self.tag_id}"


class Segment(models.Model):
    """A group of members: by a condition, who is in it now; or by a list that was frozen.

    ``count`` is what was last counted, for lists and menus; pages that matter count again.
    """

    class Kind(models.TextChoices):
        DYNAMIC = "dynamic", _("by a condition, always up to date")
        STATIC = "static", _("a fixed list")

    code = models.SlugField(_("code"), max_length=30, unique=True)
    name_zh = models.CharField(_("name (Chinese)"), max_length=30)
    name_en = models.CharField(_("name (English)"), max_length=30)
    note = models.CharField(_("what it is for"), max_length=200, blank=True)
    kind = models.CharField(_("kind"), max_length=8, choices=Kind, default=Kind.DYNAMIC)
    condition = models.JSONField(_("condition"), default=dict, blank=True)
    count = models.PositiveIntegerField(_("members"), null=True, editable=False)
    counted_at = models.DateTimeField(_("counted"), null=True, editable=False)
    archived_at = models.DateTimeField(_("retired"), null=True, editable=False)

    name = Bilingual("name")

    class Meta:
        verbose_name = _("segment")
        verbose_name_plural = _("segments")
        ordering = ["code"]
        permissions = [
            ("export_segment", _("Can export the members of a segment")),
            ("export_contacts", _("Can export whole phones and e-mail addresses")),
        ]

    def __str__(self) -> str:
        return self.name


class SegmentMember(models.Model):
    """A name on a fixed list."""

    segment = models.ForeignKey(
        Segment, models.CASCADE, related_name="listed", db_index=False, verbose_name=_("segment")
    )
    member = models.ForeignKey("members.Member", models.CASCADE, related_name="segment_lists", verbose_name=_("member"))
    added_at = models.DateTimeField(_("added"))

    class Meta:
        verbose_name = _("member of a fixed list")
        verbose_name_plural = _("members of fixed lists")
        constraints = [models.UniqueConstraint(fields=["segment", "member"], name="listed_once")]

    def __str__(self) -> str:
        return f"{self.segment_id}: {self.member_id}"
