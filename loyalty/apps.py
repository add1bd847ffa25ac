"""Start-up of the ground floor: collects every app's contributions, once, and lays the start rows."""

import gc
from importlib import import_module

from django.apps import AppConfig, apps
from django.core import checks
from django.db.models.signals import post_migrate
from django.utils.module_loading import module_has_submodule
from django.utils.translation import gettext_lazy as _

from loyalty.registry import registry
from loyalty.second_factor import demand


class LoyaltyConfig(AppConfig):
    name = "loyalty"
    verbose_name = _("Points and rules")

    def ready(self) -> None:
        for config in apps.get_app_configs():
            if config.module is not None and module_has_submodule(config.module, "contributions"):
                registry.add(import_module(f"{config.name}.contributions").CONTRIBUTES)
        foundation = import_module("loyalty.foundation")  # knows models, so not before they are loaded
        post_migrate.connect(foundation.after_migrate, sender=self, dispatch_uid="loyalty.foundation")
        checks.register(demand.check, checks.Tags.security, deploy=True)
        _spare_the_collector()


def _spare_the_collector() -> None:
    """What start-up has loaded stays for good, and a batch makes rows by the ten thousand and no cycles.

    So the collector of cycles leaves the former alone and looks at the latter less often.
    """
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)
