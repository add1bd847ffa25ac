"""How figures and states look on the operators' pages: money, points, chips and links."""

from datetime import datetime
from typing import Any

from django.db.models import Model
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format, number_format
from django.utils.html import format_html
from django.utils.safestring import SafeString

from loyalty import money as moneys

# Colours of the state chips, by the value in the column.
CHIPS = {
    "active": "success",
    "live": "success",
    "done": "success",
    "decided": "success",
    "confirmed": "success",
    "verified": "success",
    "approved": "success",
    "captured": "success",
    "withdrawn": "info",
    "held": "info",
    "retired": "info",
    "waiting": "warning",
    "rejected": "danger",
    "draft": "info",
    "running": "info",
    "uploaded": "info",
    "guest": "info",
    "frozen": "warning",
    "parked": "warning",
    "review": "warning",
    "failed": "danger",
    "refused": "danger",
    "dead": "danger",
}


def money(minor: int, currency: str = "CNY") -> str:
    """Minor units as people read them: ``29850`` → ``¥298.50``."""
    return moneys.show(minor, currency)


def points(amount: int) -> str:
    """A signed whole number with grouping: ``+1,200`` or ``−300``."""
    sign = "−" if amount < 0 else "+" if amount > 0 else ""
    return sign + number_format(abs(amount), use_l10n=True, force_grouping=True)


def when(at: datetime | None) -> str:
    """An instant in the operator's zone, or a dash."""
    return date_format(timezone.localtime(at), "SHORT_DATETIME_FORMAT") if at else "–"


def link(item: Model | None, text: Any = None) -> SafeString | str:
    """A link to an object's page."""
    if item is None:
        return "–"
    meta = item._meta  # Django's documented way to a model's names
    target = reverse(f"admin:{meta.app_label}_{meta.model_name}_change", args=[item.pk])
    return format_html('<a class="eg-link" href="{}">{}</a>', target, text or str(item))
