"""The shape of the house: floors, rooms and addresses stand as `docs/architecture.md` promises."""

import ast
from collections import defaultdict
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import grimp
import pytest
from django.apps import apps
from django.db.models import Model
from django.urls import URLPattern, URLResolver, get_resolver

ROOT = Path(__file__).resolve().parent.parent
FLOORS = {"loyalty": 0, "members": 1, "rewards": 2, "community": 2}
LEAVES = {
    "bookkeeping",
    "celery",
    "clock",
    "crowds",
    "errors",
    "ids",
    "letters",
    "markup",
    "pages",
    "personal",
    "registry",
    "texts",
    "transport",
    "triggers",
    "values",
}
FACES = {"admin", "api", "web", "tasks", "contributions", "management", "urls", "apps", "backends"}


@pytest.fixture(scope="module")
def graph() -> grimp.ImportGraph:
    """Every import of our own code: at the top, inline and for types alike."""
    return grimp.build_graph(*FLOORS, include_external_packages=False, cache_dir=None)


def arrows(graph: grimp.ImportGraph) -> Iterator[tuple[str, str]]:
    """(importer, imported) pairs, migrations aside: they point at their own past."""
    for importer in sorted(graph.modules):
        if ".migrations" not in importer:
            for imported in sorted(graph.find_modules_directly_imported_by(importer)):
                yield importer, imported


def rank(module: str) -> int:
    """Leaves 0, models 1, operations 2, faces 3; a package's own root counts as a leaf."""
    room = module.split(".")[1] if "." in module else ""
    if room == "" or room in LEAVES:
        return 0
    if room == "models":
        return 1
    return 3 if room in FACES else 2


def has_route(patterns: list[URLPattern | URLResolver]) -> Iterator[str]:
    """Names of the included modules that hold at least one route."""
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            if pattern.url_patterns and isinstance(pattern.urlconf_name, type(pytest)):
                yield pattern.urlconf_name.__name__
            yield from has_route(pattern.url_patterns)


def test_no_file_imports_itself_in_a_circle(graph: grimp.ImportGraph) -> None:
    needs: dict[str, set[str]] = defaultdict(set)
    for importer, imported in arrows(graph):
        needs[importer].add(imported)

    try:
        circle = list(TopologicalSorter(needs).static_order()) and []
    except CycleError as error:
        circle = error.args[1]

    assert circle == []


def test_imports_point_down_the_floors_and_siblings_never_meet(graph: grimp.ImportGraph) -> None:
    wrong = [
        f"{importer} → {imported}"
        for importer, imported in arrows(graph)
        if (here := importer.split(".")[0]) != (there := imported.split(".")[0]) and FLOORS[there] >= FLOORS[here]
    ]

    assert wrong == []


def test_inside_an_app_leaves_models_operations_and_faces_lean_one_way(graph: grimp.ImportGraph) -> None:
    wrong = [
        f"{importer} → {imported}"
        for importer, imported in arrows(graph)
        if importer.split(".")[0] == imported.split(".")[0] and rank(imported) > rank(importer)
    ]

    assert wrong == []


def test_foreign_keys_point_down_the_floors() -> None:
    wrong = []
    for model in apps.get_models(include_auto_created=True):
        here = model._meta.app_label
        for field in model._meta.get_fields():
            other = getattr(field, "remote_field", None) and field.related_model
            there = (
                other._meta.app_label
                if isinstance(other, type) and issubclass(other, Model) and not field.auto_created
                else here
            )
            if {here, there} <= FLOORS.keys() and here != there and FLOORS[there] >= FLOORS[here]:
                wrong.append(f"{model.__name__}.{field.name} → {there}")

    assert wrong == []


def test_every_module_of_routes_is_included_and_has_one() -> None:
    written = {
        ".".join(path.relative_to(ROOT).with_suffix("").parts)
        for app in FLOORS
        for path in (ROOT / app).rglob("urls.py")
    }
    resolver = get_resolver()

    reached = set(has_route(resolver.url_patterns)) | {"loyalty.urls"}

    assert written - reached == set()


def test_every_contributions_module_says_what_it_contributes() -> None:
    written = {path.parent.name for app in FLOORS for path in [ROOT / app / "contributions.py"] if path.exists()}
    assigned = {
        app
        for app in written
        for node in ast.parse((ROOT / app / "contributions.py").read_text(encoding="utf-8")).body
        if isinstance(node, ast.Assign | ast.AnnAssign)
        for target in (node.targets if isinstance(node, ast.Assign) else [node.target])
        if isinstance(target, ast.Name) and target.id == "CONTRIBUTES"
    }

    assert assigned == written
