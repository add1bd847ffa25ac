"""Every benchmark that plants its own members still runs on the tables as they are, in small."""

from collections.abc import Callable, Iterator

import pytest

from benchmarks import birthdays, segments, sweeping, tiers
from benchmarks.measures import Measure

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]
FEW, MORE = 400, 800


@pytest.mark.parametrize(
    "run", [birthdays.run, segments.run, sweeping.run, tiers.run], ids=["birthdays", "segments", "sweeping", "tiers"]
)
def test_it_runs_and_every_figure_is_one(run: Callable[[], Iterator[Measure]], monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (birthdays, tiers):
        monkeypatch.setattr(module, "SMALL", FEW)
        monkeypatch.setattr(module, "LARGE", MORE)
    monkeypatch.setattr(sweeping, "SIZES", (sweeping.PATTERN, 2 * sweeping.PATTERN))

    told = list(run())

    assert len(told) >= 4
    assert [measure.name for measure in told if measure.value <= 0] == []
