"""The registry with probes, for every test of conditions."""

from collections.abc import Iterator

import pytest

from tests.loyalty.conditions import population


@pytest.fixture(scope="module", autouse=True)
def probes() -> Iterator[None]:
    with population.contributed():
        yield
