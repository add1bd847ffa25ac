"""The start rows are there after every migration, and stay as operators leave them."""

from typing import Any

import pytest
from django.apps import apps
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.test.utils import CaptureQueriesContext

from loyalty import foundation
from loyalty.models import Currency, Metric, Programme
from loyalty.registry import BuiltinMetric, Registry


@pytest.fixture
def metrics(monkeypatch: pytest.MonkeyPatch) -> Registry:
    registry = Registry()
    registry.add([BuiltinMetric(code="naps", label="Naps", kind="cat.napped", measure=lambda _: 1)])
    monkeypatch.setattr(foundation, "registry", registry)
    return registry


@pytest.mark.django_db
def test_a_fresh_database_has_its_programme_and_two_currencies() -> None:
    points, growth = Currency.objects.order_by("-code")

    assert list(Programme.objects.values_list("pk", flat=True)) == [1]
    assert (points.code, points.name_zh, points.is_spendable, points.expiry_mode, points.expiry_length) == (
        "points",
        "积分",
        True,
        "months",
        12,
    )
    assert (growth.code, growth.name_zh, growth.is_spendable, growth.expiry_mode) == (
        "growth",
        "成长值",
        False,
        "never",
    )


@pytest.mark.django_db
def test_the_first_state_is_in_the_history() -> None:
    assert Programme.history.filter(history_type="+").count() == 1
    assert Currency.history.filter(history_type="+").count() == 2


@pytest.mark.django_db
def test_laying_again_keeps_what_operators_changed() -> None:
    Currency.objects.filter(code="points").update(name_zh="金币", expiry_length=24)
    Programme.objects.update(name_zh="毛孩子俱乐部")

    foundation.lay()

    assert list(Currency.objects.filter(code="points").values_list("name_zh", "expiry_length")) == [("金币", 24)]
    assert Programme.objects.get().name_zh == "毛孩子俱乐部"


@pytest.mark.django_db
def test_contributed_metrics_get_a_row_that_follows_their_words(metrics: Registry) -> None:
    foundation.lay()
    Metric.objects.filter(code="naps").update(name_en="Snoozes")
    foundation.lay()

    metric = Metric.objects.get(code="naps")
    assert (metric.name_zh, metric.name_en, metric.kind, metric.is_builtin) == ("Naps", "Naps", "cat.napped", True)


@pytest.mark.django_db
def test_an_operators_metric_of_the_same_code_is_left_alone(metrics: Registry) -> None:
    Metric.objects.create(code="naps", name_zh="午睡", name_en="Siestas", kind="checkin.done")

    foundation.lay()

    assert list(Metric.objects.filter(code="naps").values_list("name_en", "kind")) == [("Siestas", "checkin.done")]


@pytest.mark.django_db
def test_laying_on_laid_ground_costs_six_questions(metrics: Registry) -> None:
    """Tests flush often; each flush lays again."""
    foundation.lay()

    with CaptureQueriesContext(connection) as captured:
        foundation.lay()

    assert len(captured) == 6


@pytest.mark.django_db
def test_a_migration_that_goes_back_lays_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    laid: list[Any] = []
    monkeypatch.setattr(foundation, "lay", lambda: laid.append(True))
    loader = MigrationExecutor(connection).loader
    before = loader.project_state([("loyalty", "0001_initial")]).apps

    foundation.after_migrate(using="default", apps=before)
    assert laid == []
    foundation.after_migrate(using="default", apps=loader.project_state().apps)
    foundation.after_migrate(using="default", apps=apps)
    assert laid == [True, True]
