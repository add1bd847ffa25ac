"""The house rules: each breach is found with its line, and what only looks like one is not."""

from pathlib import Path

import pytest

from bin import house


def broken(tmp_path: Path, name: str, text: str) -> list[str]:
    path = tmp_path / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return house.breaches(tmp_path)


@pytest.mark.parametrize(
    ("markup", "what"),
    [
        ("<script>alert(1)</script>", "inline script"),
        ("<p\n  onclick='x()'>hi</p>", "event attribute"),
        ('<p class="a" style="color:red">', "style attribute"),
        ("<style>p{}</style>", "inline style"),
        ('<a href="javascript:x()">', "javascript: address"),
        ('<p {% if a > b %}class="c"{% endif %} style="x">', "style attribute"),
    ],
)
def test_nothing_inline_stands_in_a_template(tmp_path: Path, markup: str, what: str) -> None:
    found = broken(tmp_path, "templates/members/page.html", f"<h1>Title</h1>\n{markup}\n")

    line = 2 + markup.partition(">")[0].count("\n")
    assert found == [f"templates/members/page.html:{line}: {what}: put it into static/"]


@pytest.mark.parametrize(
    "markup",
    [
        '<script src="/static/a.js" defer></script>',
        '<script type="application/json" id="data">{}</script>',
        '<p data-style="x" class="once">on = style</p>',
        "{# <style> #}<p>{{ value }}</p>",
    ],
)
def test_what_only_looks_inline_is_left_alone(tmp_path: Path, markup: str) -> None:
    assert broken(tmp_path, "templates/members/page.html", markup) == []


@pytest.mark.parametrize(
    ("source", "found"),
    [
        (
            "def f() -> None:\n    from members import tiers\n",
            "2: import of members below the top: the code stands in the wrong room",
        ),
        (
            "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import loyalty.errors\n",
            "3: import of loyalty.errors below the top: the code stands in the wrong room",
        ),
        (
            "from django.db.models.signals import post_save\n",
            "1: a signal: let the operation do what follows, or record an event",
        ),
        (
            "class Tier:\n    def save(self) -> None: ...\n",
            "2: Tier.save() is overridden: write an operation",
        ),
        ("x = 1  # noqa: E501\n", "1: a silenced check without a reason (`# why`)"),
        ("# TO" + "DO: later\n", "1: TO" + "DO left behind"),
        ("x = 1\n" * 401, "401: 401 lines in a file, 400 at most: split it"),
        ("def f() -> None:\n" + "    x = 1\n" * 50, "1: f has 51 lines, 50 at most"),
    ],
)
def test_a_breach_in_python_is_named_with_its_line(tmp_path: Path, source: str, found: str) -> None:
    assert broken(tmp_path, "members/tiers.py", source) == [f"members/tiers.py:{found}"]


def test_a_module_is_named_by_the_trade(tmp_path: Path) -> None:
    assert broken(tmp_path, "members/utils.py", "") == [
        "members/utils.py:1: utils says nothing: name the module by the trade's noun"
    ]


def test_what_follows_a_migration_may_listen(tmp_path: Path) -> None:
    assert broken(tmp_path, "members/apps.py", "from django.db.models.signals import post_migrate\n") == []


def test_migrations_and_tests_may_be_long_and_a_reason_silences(tmp_path: Path) -> None:
    (tmp_path / "members" / "migrations").mkdir(parents=True)
    (tmp_path / "members" / "migrations" / "0001_initial.py").write_text("x = 1\n" * 900)

    found = broken(tmp_path, "tests/test_x.py", "x = 1  # noqa: E501  # a table reads better on one line\n" * 500)

    assert found == []
