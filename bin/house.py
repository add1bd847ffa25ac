"""Rules of the house that no linter knows: `python -m bin.house` lists what breaks them.

Python: length of files and functions, names of modules, own imports at the top, no signals and no
`save()` overrides, a reason beside every silenced check. Templates: nothing inline, as the content
security policy forbids it. Everywhere: nothing left to be done later.
"""

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
APPS = ("loyalty", "members", "rewards", "community")
MOST_FILE_LINES, MOST_FUNCTION_LINES = 400, 50
VAGUE_NAMES = {"utils", "helpers", "common", "misc", "services", "manager", "managers", "handler", "handlers"}
LATER = re.compile(r"\b(?:TOD[O]|FIXM[E])\b")
SILENCED = re.compile(r"#\s*(?:noqa|type:\s*ignore)[^#\n]*?(?P<reason>(?:--?|#)\s*\w.*)?$", re.MULTILINE)
INLINE = {
    "inline script": re.compile(r"<script\b(?![^>]*\bsrc=)(?![^>]*type=\"application/(?:ld\+)?json\")", re.IGNORECASE),
    "inline style": re.compile(r"<style\b", re.IGNORECASE),
    "style attribute": re.compile(r"<[a-z][^<>]*\sstyle\s*=", re.IGNORECASE),
    "event attribute": re.compile(r"<[a-z][^<>]*\son[a-z]+\s*=", re.IGNORECASE),
    "javascript: address": re.compile(r"(?:href|src|action)\s*=\s*[\"']\s*javascript:", re.IGNORECASE),
}
TEXTS = {".py", ".html", ".txt", ".css", ".js", ".md", ".toml", ".po", ".yml", ".yaml", ".sh"}
FOLDERS = (*APPS, "templates", "static", "tests", "bin", "benchmarks", "docs", "locale", ".ci")


def files(*folders: str, root: Path = ROOT) -> Iterator[Path]:
    for folder in folders:
        yield from (path for path in sorted((root / folder).rglob("*")) if path.is_file())


def blank_template_tags(text: str) -> str:
    """Template tags hold `<`, `>` and quotes of their own; lines keep their numbers."""
    return re.sub(r"\{[{%#].*?[}%#]\}", lambda tag: re.sub(r"[^\n]", "x", tag.group()), text, flags=re.DOTALL)


def template_breaches(text: str) -> Iterator[tuple[int, str]]:
    plain = blank_template_tags(text)
    for what, pattern in INLINE.items():
        for match in pattern.finditer(plain):
            yield plain.count("\n", 0, match.end()) + 1, f"{what}: put it into static/"


def length_breaches(tree: ast.Module, text: str) -> Iterator[tuple[int, str]]:
    lines = text.count("\n")
    if lines > MOST_FILE_LINES:
        yield lines, f"{lines} lines in a file, {MOST_FILE_LINES} at most: split it"
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            length = (node.end_lineno or node.lineno) - node.lineno + 1
            if length > MOST_FUNCTION_LINES:
                yield node.lineno, f"{node.name} has {length} lines, {MOST_FUNCTION_LINES} at most"


def imported(node: ast.stmt) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    return [node.module or ""] if isinstance(node, ast.ImportFrom) else []


def listens(node: ast.stmt) -> bool:
    """Whether a signal is imported; those of `migrate` tell of no deed on a row."""
    if not isinstance(node, ast.ImportFrom) or node.module not in {"django.db.models.signals", "django.dispatch"}:
        return False
    return any(alias.name not in {"pre_migrate", "post_migrate"} for alias in node.names)


def import_breaches(tree: ast.Module) -> Iterator[tuple[int, str]]:
    at_top = set(map(id, tree.body))
    for node in ast.walk(tree):
        if not isinstance(node, ast.stmt):
            continue
        if listens(node):
            yield node.lineno, "a signal: let the operation do what follows, or record an event"
        for module in imported(node):
            if module.split(".")[0] in APPS and id(node) not in at_top:
                yield node.lineno, f"import of {module} below the top: the code stands in the wrong room"


def save_breaches(tree: ast.Module) -> Iterator[tuple[int, str]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef):
            for each in node.body:
                if isinstance(each, ast.FunctionDef) and each.name == "save":
                    yield each.lineno, f"{node.name}.save() is overridden: write an operation"


def python_breaches(path: Path, text: str, root: Path = ROOT) -> Iterator[tuple[int, str]]:
    """Of one Python file; tests and migrations may be long, and tests may stub what they like."""
    tree = ast.parse(text)
    top = path.relative_to(root).parts[0]
    if path.stem in VAGUE_NAMES:
        yield 1, f"{path.stem} says nothing: name the module by the trade's noun"
    for match in SILENCED.finditer(text):
        if not match["reason"] and top != "tests":
            yield text.count("\n", 0, match.start()) + 1, "a silenced check without a reason (`# why`)"
    if top != "tests" and "migrations" not in path.parts:
        yield from length_breaches(tree, text)
    if top in APPS and "migrations" not in path.parts:
        yield from import_breaches(tree)
        yield from save_breaches(tree)


def breaches(root: Path = ROOT) -> list[str]:
    """Every breach as `file:line: what`, in the order of files."""
    found = []
    for path in files(*FOLDERS, root=root):
        if path.suffix not in TEXTS:
            continue
        text = path.read_text(encoding="utf-8")
        here = [(text.count("\n", 0, each.start()) + 1, f"{each.group()} left behind") for each in LATER.finditer(text)]
        if path.suffix == ".py":
            here += python_breaches(path, text, root)
        elif path.suffix == ".html":
            here += template_breaches(text)
        found += [f"{path.relative_to(root)}:{line}: {what}" for line, what in sorted(here)]
    return found


if __name__ == "__main__":
    broken = breaches()
    print("\n".join(broken) if broken else "The house rules hold.")
    sys.exit(1 if broken else 0)
