"""The person behind an account. Erasing this row leaves the books as they are."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class Member(models.Model):
    """Who the account belongs to. The account is the primary key; ``number`` is the account's.

    Phone numbers are stored in E.164; e-mail addresses in lower case, the guardian's alike.
    """

    class Source(models.TextChoices):
        WEB = "web", _("member page")
        API = "api", _("partner")
        IMPORT = "import", _("import")
        STAFF = "staff", _("staff")

    account = models.OneToOneField(
        "loyalty.Account", models.PROTECT, primary_key=True, related_name="member", verbose_name=_("account")
    )
    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="member", verbose_name=_("login")
    )
    name = models.CharField(_("name"), max_length=60, blank=True)
    phone = models.CharField(_("phone"), max_length=20, null=True, blank=True, unique=True)
    email = models.EmailField(_("e-mail"), null=True, blank=True, unique=True)
    birthday = models.DateField(_("birthday"), null=True, blank=True)
    birthday_set_on = models.DateField(_("birthday last set"), null=True, editable=False)
    avatar = models.ForeignKey(
        "members.Picture", models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("portrait")
    )
    has_no_pet = models.BooleanField(_("no pet at the moment"), default=False)
    language = models.CharField(_("language"), max_length=12, blank=True)
    source = models.CharField(_("joined through"), max_length=8, choices=Source)
    joined_at = models.DateTimeField(_("joined"), db_index=True)
    joined_on = models.DateField(_("joining day"))
    completed_at = models.DateTimeField(_("profile first complete"), null=True, editable=False)
    guardian_name = models.CharField(_("parent or guardian"), max_length=60, blank=True)
    guardian_contact = models.CharField(_("phone or e-mail of the guardian"), max_length=254, blank=True)
    guardian_agreed_at = models.DateTimeField(_("guardian agreed"), null=True, editable=False)
    tier = models.ForeignKey(
        "members.Tier", models.PROTECT, null=True, blank=True, related_name="members", verbose_name=_("tier")
    )

    class Meta:
        verbose_name = _("member")
        verbose_name_plural = _("members")
        permissions = [("reveal_contacts", _("Can see contacts in full, for a reason"))]
        indexes = [
            models.Index(fields=["birthday"], name="member_birthdays", condition=Q(birthday__isnull=False)),
            models.Index(fields=["joined_on"], name="member_joining_days"),
        ]

    def __str__(self) -> str:
        return self.name or self.account.number
