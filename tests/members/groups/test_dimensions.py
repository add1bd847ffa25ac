"""What members can be told apart by is counted as the page says it."""

from typing import Any

import pytest
from django.utils.translation import override

from loyalty.models import Metric
from loyalty.registry import BuiltinMetric, Fact, registry
from members.groups import dimensions

pytestmark = pytest.mark.django_db


def test_there_are_well_over_two_hundred_of_them() -> None:
    found = dimensions.directory(currency="CNY")

    assert (found.fields, found.metrics) == (len(registry.all(Fact)), len(registry.all(BuiltinMetric)))
    assert found.total == found.fields + found.metrics * 10
    assert found.total > 250


def test_every_group_tells_its_share_of_the_total() -> None:
    found = dimensions.directory(currency="CNY")

    assert sum(group.count for group in found.groups) == found.total
    assert len({group.label for group in found.groups}) == len(found.groups)


def test_a_number_that_operators_count_adds_ten() -> None:
    before = dimensions.directory(currency="CNY").total
    Metric.objects.create(code="visits", name_zh="到店", name_en="visits", kind="checkin.done")

    assert dimensions.directory(currency="CNY").total == before + 10


def test_they_are_found_by_words() -> None:
    groups = dimensions.directory(currency="CNY").matching("ORDER last_on")

    assert [each.code for group in groups for each in group.dimensions] == ["order.last_on"]


def test_each_has_an_example_and_the_comparisons_of_its_type() -> None:
    with override("en"):
        every: list[Any] = [each for group in dimensions.directory(currency="CNY").groups for each in group.dimensions]
    by_code = {each.code: each for each in every}

    assert all(each.operators for each in every)
    assert by_code["member.segments"].example == ""  # there is none yet to compare with
    assert by_code["order.categories"].example.endswith("“…”")
