"""`python -m benchmarks [--postgres] [module …]`: measure, print a table, keep JSON in var/bench/."""

import argparse
import json
import os
import pkgutil
import platform
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path

import django
from django.core.management import call_command

import benchmarks
from benchmarks.measures import Measure
from tests import postgres

ROOT = Path(__file__).resolve().parent.parent
NOT_ONE = {"__main__", "bare", "floor", "measures", "scene", "settings"}  # what the others lean on


@contextmanager
def database(wanted: str) -> Iterator[str]:
    """A migrated, empty database of its own, and its name with version."""
    with tempfile.TemporaryDirectory(prefix="evergreen-bench-") as folder:
        os.environ |= {"EVERGREEN_VAR": folder, "EVERGREEN_DEMO": "1", "DJANGO_SETTINGS_MODULE": "loyalty.settings"}
        Path(folder, "static").mkdir()
        os.environ.pop("DATABASE_URL", None)
        if wanted == "sqlite":
            django.setup()
            call_command("migrate", verbosity=0)
            yield "SQLite"
            return
        with postgres.server() as url:
            os.environ["DATABASE_URL"] = url
            django.setup()
            call_command("migrate", verbosity=0)
            yield postgres.describe(url)


def modules(wanted: list[str]) -> list[str]:
    found = [each.name for each in pkgutil.iter_modules(benchmarks.__path__) if each.name not in NOT_ONE]
    if unknown := set(wanted) - set(found):
        raise SystemExit(f"No such benchmark: {', '.join(sorted(unknown))}. There are: {', '.join(found)}")
    return wanted or found


def commit() -> str:
    said = subprocess.run(["git", "rev-parse", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=False)
    return said.stdout.strip()


def keep(results: dict[str, list[Measure]], on: str) -> Path:
    now = datetime.now(UTC)
    folder = ROOT / "var" / "bench"
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{now:%Y%m%dT%H%M%SZ}.json"
    report = {
        "measured_at": now.isoformat(),
        "commit": commit(),
        "database": on,
        "python": platform.python_version(),
        "cores": len(os.sched_getaffinity(0)),
        "machine": platform.machine(),
        "measures": {module: [asdict(each) for each in measures] for module, measures in results.items()},
    }
    path.write_text(json.dumps(report, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
    return path


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks")
    parser.add_argument("--postgres", action="store_true", help="measure on a throw-away PostgreSQL, not on SQLite")
    parser.add_argument("module", nargs="*", help="only these (default: all)")
    chosen = parser.parse_args()
    wanted = modules(chosen.module)
    results: dict[str, list[Measure]] = {}
    with database("postgres" if chosen.postgres else "sqlite") as on:
        print(f"{on}, Python {platform.python_version()}, {len(os.sched_getaffinity(0))} cores")
        for name in wanted:
            print(f"\n{name}", flush=True)
            results[name] = []
            for measure in import_module(f"benchmarks.{name}").run():
                results[name].append(measure)
                print(f"  {measure.name:<44} {measure.value:>12,.2f} {measure.unit:<12} {measure.note}", flush=True)
        path = keep(results, on)
    print(f"\nKept in {path.relative_to(ROOT)}")


if __name__ == "__main__":
    main()
