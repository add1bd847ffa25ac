"""Every acceptance case that has been built is named by a test of its own, so that none is lost on the way."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from tests.conformance import test_bad_input, test_business_sense

TESTS = Path(__file__).resolve().parent
NAMED = re.compile(r"\b(?:[EFCI]\d{1,3}|[Bb]ad input [\d, ]+(?:and \d+)?|rows? \d+)")
# Loyalty cases, faults and load, conformance with other engines, laws of the ledger, lines of bad input.
BUILT = {
    "E": "01 02 03 04 06 07 08 10 12 13 14 15 17 18 19 21 22 23 25 26 28 29 31 33 35 36 37 38 40 41 42 44 45 46 48 49"
    " 50 52 53 55 57 58 60 62 63 65 66 67 70 72 73 74 77 81 83 85 86 87 88",
    "F": "1 3 4 6 7 8 9 10 12 13 14 15 16 18 30",
    "C": "1 2 4 5 10",
}
API = "1 2 3 5 6 8 10 11 12 13 15 16 17 19 20 21 22 23 24 26 27 28 29 30 31 34 35 36 37 38 40 41 42 43 44 45 48 49 50"
SENSE = "51 52 54 55 57 58 60 61 62 64 65 66 67 70"
FILES = "71 73 74 75 77 78 79 80 82 83 84"


def docstrings() -> Iterator[str]:
    """Those of every test function and test module."""
    for path in sorted(TESTS.rglob("test_*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        yield ast.get_docstring(tree) or ""
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
                yield ast.get_docstring(node) or ""


def named() -> set[str]:
    """Ids that docstrings speak of; of bad input each number for itself."""
    found = set()
    for text in docstrings():
        for word in NAMED.findall(text):
            found |= {f"bad {number}" for number in re.findall(r"\d+", word)} if "input" in word else {word}
    return found


def test_every_case_that_was_built_is_named_by_a_test() -> None:
    wanted = {f"{letter}{number}" for letter, numbers in BUILT.items() for number in numbers.split()}

    assert sorted(wanted - named()) == []


def test_every_line_of_bad_input_has_its_answer() -> None:
    assert sorted(map(int, API.split())) == sorted(test_bad_input.LINES)
    assert sorted(map(int, SENSE.split())) == sorted(test_business_sense.LINES)
    assert sorted({f"bad {number}" for number in FILES.split()} - named()) == []
