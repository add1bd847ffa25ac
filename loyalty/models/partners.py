"""Who talks to us by machine: tills, shops, mini-programmes, and their keys."""

from django.db import models
from django.utils.translation import gettext_lazy as _
from rest_framework_api_key.models import AbstractAPIKey


class Partner(models.Model):
    """A system that posts events. Its order and customer ids are its own name space."""

    class UnknownMember(models.TextChoices):
        PARK = "park", _("keep the event and wait for the member")
        REFUSE = "refuse", _("refuse the event")

    code = models.SlugField(_("code"), max_length=40, unique=True)
    name = models.CharField(_("name"), max_length=80)
    is_active = models.BooleanField(_("active"), default=True)
    unknown_member = models.CharField(
        _("event for an unknown member"), max_length=8, choices=UnknownMember, default=UnknownMember.REFUSE
    )
    rate_per_minute = models.PositiveIntegerField(_("calls a minute"), default=3000)

    class Meta:
        verbose_name = _("partner")
        verbose_name_plural = _("partners")

    def __str__(self) -> str:
        return self.name


class PartnerKey(AbstractAPIKey):
    """A key with scopes. Only its hash is kept; several may live at once, so keys can rotate."""

    class Scope(models.TextChoices):
        EVENTS_WRITE = "events:write", _("post events")
        EVENTS_READ = "events:read", _("read events")
        MEMBERS_WRITE = "members:write", _("enrol members")
        MEMBERS_READ = "members:read", _("read members and balances")
        REDEEM = "redeem", _("redeem rewards")
        ADJUST = "adjust", _("ask for adjustments")
        HOLDS = "holds:write", _("set points aside")
        TRANSFERS = "transfers:write", _("give points from member to member")
        CONSENTS = "consents:write", _("tell what members agree to")
        ERASE = "members:erase", _("ask for members to be forgotten")

    partner = models.ForeignKey(Partner, models.CASCADE, related_name="keys", verbose_name=_("partner"))
    scopes = models.JSONField(_("scopes"), default=list)
    last_used_at = models.DateTimeField(_("last used"), null=True, blank=True, editable=False)

    class Meta:
        ordering = ("-created",)
        verbose_name = _("partner key")
        verbose_name_plural = _("partner keys")


class Store(models.Model):
    """A shop or channel where orders are placed."""

    code = models.SlugField(_("code"), max_length=40, unique=True)
    name = models.CharField(_("name"), max_length=80)
    city = models.CharField(_("city"), max_length=40, blank=True)
    partner = models.ForeignKey(
        Partner, models.PROTECT, null=True, blank=True, related_name="stores", verbose_name=_("partner")
    )

    class Meta:
        verbose_name = _("store")
        verbose_name_plural = _("stores")

    def __str__(self) -> str:
        return self.name


class PartnerCall(models.Model):
    """One call of a partner with its answer, kept for support; bodies are cut at 4 kB."""

    partner = models.ForeignKey(Partner, models.CASCADE, related_name="calls", verbose_name=_("partner"))
    request_id = models.CharField(_("request id"), max_length=40, db_index=True)
    method = models.CharField(_("method"), max_length=8)
    path = models.CharField(_("path"), max_length=200)
    status = models.PositiveSmallIntegerField(_("status"))
    body = models.TextField(_("body"), blank=True)
    answer = models.TextField(_("answer"), blank=True)
    took_ms = models.PositiveIntegerField(_("took (ms)"))
    called_at = models.DateTimeField(_("called"), db_index=True)

    class Meta:
        verbose_name = _("partner call")
        verbose_name_plural = _("partner calls")

    def __str__(self) -> str:
        return f"{self.method} {self.path} {self.status}"
