"""Nobody takes the second factor off production without being told."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from pytest_django import Settings

from loyalty.second_factor import demand

ROOT = Path(__file__).resolve().parents[3]


@pytest.mark.parametrize(
    ("chosen", "is_required", "said"),
    [("required", True, []), ("offered", False, ["loyalty.W001"]), ("off", True, ["loyalty.E001"])],
)
def test_any_word_but_offered_requires_it(
    settings: Settings, chosen: str, said: list[str], *, is_required: bool
) -> None:
    settings.STAFF_SECOND_FACTOR = chosen

    assert (demand.is_required(), [each.id for each in demand.check()]) == (is_required, said)


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({"SECRET_KEY": "k" * 50}, "required"),
        ({"EVERGREEN_DEMO": "1"}, "offered"),
        ({"DEBUG": "1"}, "offered"),
        ({"EVERGREEN_DEMO": "1", "STAFF_SECOND_FACTOR": "required"}, "required"),
    ],
)
def test_production_requires_it_and_a_demo_offers_it(
    environment: dict[str, str], expected: str, tmp_path: Path
) -> None:
    """The setting's default, read by a process of its own."""
    program = "from loyalty import settings; print(settings.STAFF_SECOND_FACTOR)"
    plain = {"PATH": os.environ["PATH"], "EVERGREEN_VAR": str(tmp_path)}

    said = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, env=plain | environment, capture_output=True, text=True, check=True
    )

    assert said.stdout.strip() == expected
