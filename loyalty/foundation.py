"""The rows a programme cannot be without, laid after every migration and never changed again.

Programme, currencies, one metric row for each that the apps contribute, the template of every kind of
message, the scheduler's entries, and the watch over the configuration. Laying twice adds nothing; what
operators have edited stays theirs.
"""

from collections.abc import Sequence
from typing import Any

from django.db import DEFAULT_DB_ALIAS
from django.db.models import Model
from django.utils.translation import override
from django_celery_beat.models import IntervalSchedule, PeriodicTask

from loyalty import configuration, scheduling
from loyalty.messaging import templates
from loyalty.models import Currency, MessageTemplate, MessageText, Metric, Programme
from loyalty.registry import BuiltinMetric, registry

CURRENCIES: dict[str, dict[str, Any]] = {
    "points": {
        "name_zh": "积分",
        "name_en": "points",
        "expiry_mode": Currency.ExpiryMode.MONTHS,
        "expiry_length": 12,
    },
    "growth": {"name_zh": "成长值", "name_en": "growth", "is_spendable": False},
}
LAID: Sequence[type[Model]] = (
    Programme,
    Currency,
    Metric,
    MessageTemplate,
    MessageText,
    IntervalSchedule,
    PeriodicTask,
)


def lay() -> None:
    """Make every start row that is missing."""
    configuration.lay()
    if not Programme.objects.filter(pk=1).exists():
        Programme.objects.get_or_create(pk=1)
    known = set(Currency.objects.filter(code__in=CURRENCIES).values_list("code", flat=True))
    for code, columns in CURRENCIES.items():
        if code not in known:
            Currency.objects.get_or_create(code=code, defaults=columns)
    _lay_metrics()
    templates.lay()
    scheduling.lay()


def _lay_metrics() -> None:
    """A row for each contributed metric; names and kind follow the code that counts it."""
    contributed = registry.all(BuiltinMetric)
    rows = Metric.objects.in_bulk([each.code for each in contributed], field_name="code")
    wanted = [(each, _columns(each)) for each in contributed]
    Metric.objects.bulk_create(
        [Metric(code=each.code, is_builtin=True, **columns) for each, columns in wanted if each.code not in rows],
        ignore_conflicts=True,
    )
    for each, columns in wanted:
        row = rows.get(each.code)
        if row is not None and row.is_builtin and any(getattr(row, name) != columns[name] for name in columns):
            Metric.objects.filter(pk=row.pk).update(**columns)


def _columns(metric: BuiltinMetric) -> dict[str, str]:
    names = {}
    for language, column in (("zh-hans", "name_zh"), ("en", "name_en")):
        with override(language):
            names[column] = str(metric.label)
    return {**names, "kind": metric.kind}


def _stands(state: Any) -> bool:
    """Whether the migrations that ran leave the tables as this code expects them."""
    for model in LAID:
        meta = model._meta  # Django's own way to a model's columns
        try:
            then = state.get_model(meta.app_label, meta.model_name)
        except LookupError:
            return False
        if {each.column for each in then._meta.local_fields} != {each.column for each in meta.local_fields}:
            return False
    return True


def after_migrate(*, using: str, apps: Any = None, **_kwargs: Any) -> None:
    """Receiver of ``post_migrate``; a migration that stops half-way or goes back lays nothing.

    ``apps`` is the state the migrations reached; ``flush``, which names none, changed no table.
    """
    if using == DEFAULT_DB_ALIAS and (apps is None or _stands(apps)):
        lay()
