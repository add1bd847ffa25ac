"""Start-up of ``members``: lays the main ladder."""

from importlib import import_module

from django.apps import AppConfig
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _


class MembersConfig(AppConfig):
    name = "members"
    verbose_name = _("Members")

    def ready(self) -> None:
        foundation = import_module("members.foundation")  # knows models, so not before they are loaded
        post_migrate.connect(foundation.after_migrate, sender=self, dispatch_uid="members.foundation")
