"""The translation catalogues: extract, merge, check and compile, all in pure Python.

`locale/zh_Hans/LC_MESSAGES/{django,djangojs}.po` is what the product speaks; each room keeps its
translations in `locale/fragments/<room>.po`, and `make messages` merges them. A fragment may also
translate a library's string that our own source never names. Compiled `.mo` files are never
committed and need no gettext on the machine. Used by `make env`, `make messages` and the tests.
"""

import io
import os
import re
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from django.utils.translation.template import templatize

ROOT = Path(__file__).resolve().parent.parent
LANGUAGE = "zh_Hans"
APPS = ("loyalty", "members", "rewards", "community")
DOMAINS = ("django", "djangojs")
BORROWED = ("libraries.po", "unfold.po")  # fragments for strings that only libraries say
# A fixed date keeps the committed files free of noise; git knows when a line changed.
STAMP = datetime(2026, 1, 1, tzinfo=UTC)
PLACEHOLDER = re.compile(r"%\(\w+\)[a-z]|%[sd]|\{\w*\}")
KEYWORDS: dict[str, tuple[int | tuple[int, str], ...] | None] = {
    "_": None,
    "gettext": None,
    "gettext_lazy": None,
    "gettext_noop": None,
    "ngettext": (1, 2),
    "ngettext_lazy": (1, 2),
    "pgettext": ((1, "c"), 2),
    "pgettext_lazy": ((1, "c"), 2),
    "npgettext": ((1, "c"), 2, 3),
    "npgettext_lazy": ((1, "c"), 2, 3),
}

Key = tuple[str, str]  # (context, singular message)


@dataclass(frozen=True)
class Fragments:
    """What the rooms translated: text by key, which file said it first, and what libraries say."""

    texts: dict[Key, Message] = field(default_factory=dict)
    origins: dict[Key, str] = field(default_factory=dict)
    conflicts: list[str] = field(default_factory=list)
    borrowed: set[Key] = field(default_factory=set)


def key_of(message: Message) -> Key:
    singular = message.id if isinstance(message.id, str) else message.id[0]
    return (message.context or "", singular)


def entries(catalogue: Catalog) -> Iterator[Message]:
    """Every message but the header, which has an empty id."""
    return (message for message in catalogue if message.id)


def text_of(message: Message) -> str:
    """The translation; Chinese has one plural form, so there is only ever one text."""
    return message.string if isinstance(message.string, str) else (message.string or ("",))[0]


def is_done(message: Message) -> bool:
    return bool(text_of(message)) and not message.fuzzy


def sources(domain: str, root: Path = ROOT) -> Iterator[tuple[str, Path]]:
    """Pairs of extraction method and file, in a stable order."""
    if domain == "djangojs":
        yield from (("javascript", path) for path in sorted((root / "static").rglob("*.js")))
        return
    for app in APPS:
        for path in sorted((root / app).rglob("*.py")):
            if "migrations" not in path.parts:
                yield "python", path
    for path in sorted((root / "templates").rglob("*")):
        if path.suffix in {".html", ".txt"}:
            yield "template", path


def readable(method: str, path: Path) -> tuple[str, io.BytesIO]:
    """The file as Babel can read it: Django turns a template into something like Python."""
    text = path.read_text(encoding="utf-8")
    if method != "template":
        return method, io.BytesIO(text.encode())
    lines = templatize(text, origin=str(path)).splitlines()
    return "python", io.BytesIO("\n".join(line.lstrip() for line in lines).encode())


def extracted(domain: str, root: Path = ROOT) -> Catalog:
    """What our own source says, untranslated."""
    return gathered(sources(domain, root), root)


def gathered(files: Iterable[tuple[str, Path]], root: Path) -> Catalog:
    """What the files say, each read by its method; `root` shortens their names."""
    found = empty_catalogue()
    for method, path in files:
        language, stream = readable(method, path)
        options = {"encoding": "utf-8"}
        for _, message, comments, context in extract(
            language, stream, keywords=KEYWORDS, comment_tags=("Translators:",), options=options
        ):
            where = [(path.relative_to(root).as_posix(), 0)]
            found.add(message, locations=where, auto_comments=comments, context=context)
    return found


def empty_catalogue() -> Catalog:
    return Catalog(
        locale=LANGUAGE,
        project="Evergreen",
        version="1",
        header_comment="# Evergreen in Simplified Chinese. Merged by `make messages`.",
        creation_date=STAMP,
        revision_date=STAMP,
        last_translator="Evergreen",
        language_team="zh_Hans",
        fuzzy=False,
    )


def catalogue_path(domain: str, root: Path = ROOT) -> Path:
    return root / "locale" / LANGUAGE / "LC_MESSAGES" / f"{domain}.po"


def load(path: Path) -> Catalog:
    if not path.exists():
        return empty_catalogue()
    with path.open("rb") as stream:
        return read_po(stream, locale=LANGUAGE, abort_invalid=True)


def fragments(root: Path = ROOT) -> Fragments:
    """All rooms' translations; where two differ the first file by name counts, and it is told."""
    result = Fragments()
    for path in sorted((root / "locale" / "fragments").glob("*.po")):
        for message in entries(load(path)):
            if not is_done(message):
                continue
            key = key_of(message)
            known = result.texts.setdefault(key, message)
            origin = result.origins.setdefault(key, path.name)
            if path.name in BORROWED:
                result.borrowed.add(key)
            if text_of(known) != text_of(message):
                result.conflicts.append(
                    f"{origin} and {path.name} translate {key[1]!r} differently: "
                    f"{text_of(known)!r} and {text_of(message)!r}"
                )
    return result


def set_text(message: Message, text: str) -> None:
    message.string = text if isinstance(message.id, str) else (text,)


def merged(root: Path = ROOT) -> tuple[dict[str, Catalog], list[str]]:
    """The catalogues as they should stand, by domain, and where fragments disagree.

    Our source's messages, translated by the fragments first and by what stood there second; then
    the libraries' messages that fragments translate.
    """
    rooms = fragments(root)
    found = {domain: extracted(domain, root) for domain in DOMAINS}
    said = {domain: set(map(key_of, entries(each))) for domain, each in found.items()}
    for domain, catalogue in found.items():
        spoken = {key_of(message): message for message in entries(load(catalogue_path(domain, root)))}
        for message in entries(catalogue):
            known = rooms.texts.get(key_of(message)) or spoken.get(key_of(message))
            set_text(message, text_of(known) if known and is_done(known) else "")
    for key, message in sorted(rooms.texts.items()):
        if key not in said["django"] and (key in rooms.borrowed or key not in said["djangojs"]):
            added = found["django"].add(message.id, context=message.context)
            added.auto_comments = [f"A library's words, from {rooms.origins[key]}"]
            set_text(added, text_of(message))
    return found, rooms.conflicts


def as_po(catalogue: Catalog) -> bytes:
    buffer = io.BytesIO()
    write_po(buffer, catalogue, width=100, include_lineno=False, sort_by_file=True)
    return buffer.getvalue()


def update(root: Path = ROOT) -> None:
    for domain, catalogue in merged(root)[0].items():
        path = catalogue_path(domain, root)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(as_po(catalogue))


def problems(root: Path = ROOT) -> list[str]:
    """Why the translations are not complete, one sentence each; empty when all is well."""
    catalogues, found = merged(root)
    for domain, wanted in catalogues.items():
        path = catalogue_path(domain, root)
        if not path.exists() or path.read_bytes() != as_po(wanted):
            found.append(f"{path.relative_to(root)} is not up to date: run `make messages`")
        for message in entries(wanted):
            singular = key_of(message)[1]
            where = ", ".join(sorted({name for name, _ in message.locations})) or "fragments"
            if not is_done(message):
                found.append(f"not translated: {singular!r} ({where})")
            elif not same_placeholders(message):
                found.append(f"placeholders differ: {singular!r} → {text_of(message)!r} ({where})")
    return found


def same_placeholders(message: Message) -> bool:
    """The translation may drop a count that one plural form leaves out, never invent one."""
    ids = (message.id,) if isinstance(message.id, str) else message.id
    offered = [sorted(PLACEHOLDER.findall(text)) for text in ids]
    return sorted(PLACEHOLDER.findall(text_of(message))) in offered


def stale(po: Path, root: Path) -> bool:
    mo = po.with_suffix(".mo")
    inputs = [po, *(root / "locale" / "fragments").glob("*.po")]
    return not mo.exists() or mo.stat().st_mtime < max(path.stat().st_mtime for path in inputs)


def compile_stale(root: Path = ROOT) -> list[Path]:
    """Compile what is older than its sources; a fragment not yet merged is heard as well."""
    waiting = [po for domain in DOMAINS if (po := catalogue_path(domain, root)).exists() and stale(po, root)]
    libraries = fragments(root).texts.values() if waiting else ()
    for po in waiting:
        catalogue = load(po)
        for message in libraries if po.stem == "django" else ():
            set_text(catalogue.add(message.id, context=message.context), text_of(message))
        fresh = po.with_suffix(f".{os.getpid()}.tmp")
        with fresh.open("wb") as stream:
            write_mo(stream, catalogue)
        fresh.replace(po.with_suffix(".mo"))
    return [po.with_suffix(".mo") for po in waiting]


def main(arguments: list[str]) -> int:
    match arguments:
        case ["compile"]:
            compile_stale()
            return 0
        case ["update"]:
            update()
            compile_stale()
        case ["check"]:
            pass
        case _:
            print("usage: python -m bin.catalogues compile|update|check", file=sys.stderr)
            return 2
    found = problems()
    for problem in found:
        print(problem)
    print(f"Chinese: {len(found)} to mend" if found else "Chinese: complete")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
