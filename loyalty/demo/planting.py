"""Planting the whole demo, and telling how to sign in to it."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import override

from loyalty.demo.stage import Login, Stage
from loyalty.models import Account
from loyalty.registry import DemoData, registry


def plant(*, now: datetime, people: int = 300) -> bool:
    """Plants everything in one transaction, history ending at ``now``; False where accounts exist.

    A planting that is cut short leaves nothing behind, so it can simply be done again.
    """
    with transaction.atomic(), override("zh-hans"):
        if Account.objects.exists():
            return False
        stage = Stage(now=now, people=people)
        for part in registry.all(DemoData):
            part.plant(stage)
    return True


def logins() -> list[Login]:
    """Every login that the parts of the demo name."""
    return [login for part in registry.all(DemoData) for login in part.logins()]
