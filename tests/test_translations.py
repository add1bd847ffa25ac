"""The catalogues: complete, faithful to their placeholders, and compiled without any tool."""

import gettext
import sysconfig
from collections.abc import Iterator
from pathlib import Path

import pytest
from babel.messages.mofile import read_mo
from django.apps import apps

from bin import catalogues

LIBRARIES = Path(sysconfig.get_path("purelib"))
METHODS = {".py": "python", ".html": "template", ".txt": "template"}
UNUSED = {"migrations", "guardian", "import_export", "location_field", "constance"}
HEADER = (
    'msgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=UTF-8\\n"\n"Plural-Forms: nplurals=1; plural=0;\\n"\n\n'
)


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A small product: one module, one template, one script, no translation yet."""
    for folder in ("loyalty", "templates", "static", "locale/fragments"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "loyalty" / "words.py").write_text(
        "from django.utils.translation import gettext as _, ngettext\n"
        '_("Hello %(name)s")\nngettext("%(n)d point", "%(n)d points", 2)\n'
    )
    (tmp_path / "templates" / "page.html").write_text(
        '{% extends "base.html" %}\n  {% load i18n %}\n<p title="{% translate "Book" context "verb" %}">it\'s\n'
        "      {% blocktranslate count days=left trimmed %}\n   {{ days }} day\n {% plural %}{{ days }} days\n"
        "  {% endblocktranslate %}</p>\n"
    )
    (tmp_path / "static" / "page.js").write_text('const said = gettext("Copied");\n')
    return tmp_path


def fragment(tree: Path, name: str, entries: str) -> None:
    (tree / "locale" / "fragments" / f"{name}.po").write_text(HEADER + entries)


COMPLETE = """
msgid "Hello %(name)s"
msgstr "你好,%(name)s"

msgid "%(n)d point"
msgid_plural "%(n)d points"
msgstr[0] "%(n)d 积分"

msgctxt "verb"
msgid "Book"
msgstr "预约"

msgid "%(days)s day"
msgid_plural "%(days)s days"
msgstr[0] "%(days)s 天"

msgid "Copied"
msgstr "已复制"
"""


def test_the_products_chinese_is_complete() -> None:
    assert catalogues.problems() == []


def library_files(package: str) -> Iterator[tuple[str, Path]]:
    """The files of an installed library, without the add-ons that no page of ours uses."""
    for path in sorted((LIBRARIES / package).rglob("*")):
        if not UNUSED & set(path.parts) and path.suffix in METHODS:
            yield METHODS[path.suffix], path


def test_what_libraries_show_is_chinese_too() -> None:
    spoken = {catalogues.key_of(message) for message in catalogues.entries(catalogues.merged()[0]["django"])}
    roots = [LIBRARIES / "django" / "conf", *(Path(config.path) for config in apps.get_app_configs())]
    for compiled in filter(Path.exists, (root / "locale/zh_Hans/LC_MESSAGES/django.mo" for root in roots)):
        with compiled.open("rb") as stream:
            spoken |= {catalogues.key_of(message) for message in catalogues.entries(read_mo(stream))}

    silent = {
        (package, message.id)
        for package in ("unfold", "rest_framework_api_key", "simple_history", "django_celery_beat")
        for message in catalogues.entries(catalogues.gathered(library_files(package), LIBRARIES))
        if catalogues.key_of(message) not in spoken
    }

    assert silent == set()


def test_every_untranslated_string_is_named_with_its_file(tree: Path) -> None:
    catalogues.update(tree)

    assert catalogues.problems(tree) == [
        "not translated: 'Hello %(name)s' (loyalty/words.py)",
        "not translated: '%(n)d point' (loyalty/words.py)",
        "not translated: 'Book' (templates/page.html)",
        "not translated: '%(days)s day' (templates/page.html)",
        "not translated: 'Copied' (static/page.js)",
    ]


def test_fragments_are_merged_and_a_second_merge_changes_nothing(tree: Path) -> None:
    fragment(tree, "words", COMPLETE)

    catalogues.update(tree)
    once = catalogues.catalogue_path("django", tree).read_bytes()
    catalogues.update(tree)

    assert catalogues.problems(tree) == []
    assert catalogues.catalogue_path("django", tree).read_bytes() == once


def test_a_translation_stays_when_its_fragment_is_gone(tree: Path) -> None:
    fragment(tree, "words", COMPLETE)
    catalogues.update(tree)

    (tree / "locale" / "fragments" / "words.po").unlink()

    assert catalogues.problems(tree) == []


def test_a_string_no_longer_said_asks_for_a_merge(tree: Path) -> None:
    fragment(tree, "words", COMPLETE)
    catalogues.update(tree)

    (tree / "static" / "page.js").write_text("")
    (tree / "locale" / "fragments" / "words.po").unlink()

    assert catalogues.problems(tree) == [
        "locale/zh_Hans/LC_MESSAGES/djangojs.po is not up to date: run `make messages`"
    ]


def test_a_fuzzy_entry_counts_as_missing(tree: Path) -> None:
    fragment(tree, "words", COMPLETE.replace('msgid "Copied"', '#, fuzzy\nmsgid "Copied"'))
    catalogues.update(tree)

    assert catalogues.problems(tree) == ["not translated: 'Copied' (static/page.js)"]


def test_a_lost_placeholder_is_found(tree: Path) -> None:
    fragment(tree, "words", COMPLETE.replace("你好,%(name)s", "你好"))
    catalogues.update(tree)

    assert catalogues.problems(tree) == ["placeholders differ: 'Hello %(name)s' → '你好' (loyalty/words.py)"]


def test_two_rooms_that_differ_are_told_and_the_first_by_name_counts(tree: Path) -> None:
    fragment(tree, "words", COMPLETE)
    fragment(tree, "zoo", 'msgid "Copied"\nmsgstr "复制好了"\n')
    catalogues.update(tree)

    assert catalogues.problems(tree) == ["words.po and zoo.po translate 'Copied' differently: '已复制' and '复制好了'"]


def test_compiled_catalogues_speak_and_are_made_only_when_stale(tree: Path) -> None:
    fragment(tree, "words", COMPLETE + '\nmsgid "Welcome back to"\nmsgstr "欢迎回到"\n')
    catalogues.update(tree)

    made = [path.name for path in catalogues.compile_stale(tree)]
    again = catalogues.compile_stale(tree)

    with catalogues.catalogue_path("django", tree).with_suffix(".mo").open("rb") as stream:
        spoken = gettext.GNUTranslations(stream)
    assert (made, again) == (["django.mo", "djangojs.mo"], [])
    assert spoken.gettext("Welcome back to") == "欢迎回到"
    assert spoken.pgettext("verb", "Book") == "预约"
    assert spoken.ngettext("%(n)d point", "%(n)d points", 1) == "%(n)d 积分"
