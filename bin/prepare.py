"""Make the state folder ready to serve: catalogues, database, demo data, static files, logins.

One process, as starting Django costs seconds. Every step looks first whether it has anything to do,
so a second start skips them all; a step that was interrupted runs again. `python -m bin.prepare
LOGINS` writes what the demo's people sign in with to the file LOGINS.
"""

import hashlib
import io
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import django
from django.apps import apps
from django.conf import settings
from django.core.management import call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from bin import catalogues

ROOT = Path(__file__).resolve().parent.parent
UNSEEN = ["redoc", "rest_framework"]  # libraries' pages that no address of ours shows


@contextmanager
def told(what: str) -> Iterator[None]:
    """Say what is under way and how long it took."""
    print(f"{what} …", end=" ", flush=True)
    began = time.monotonic()
    yield
    print(f"{time.monotonic() - began:.1f} s", flush=True)


def migrate() -> None:
    executor = MigrationExecutor(connection)
    if executor.migration_plan(executor.loader.graph.leaf_nodes()):
        with told("Migrating the database"):
            call_command("migrate", interactive=False, verbosity=0)


def seed() -> None:
    """Load the demo into an empty database, in one transaction: one cut short is simply done again."""
    if settings.DEMO and not apps.get_model("loyalty", "Account").objects.exists():
        with told("Loading the demo programme and its members"):
            call_command("seed_demo", verbosity=0)


def static_fingerprint() -> str:
    """Changes when our static files, the libraries that bring more, or the storage change."""
    digest = hashlib.sha256((ROOT / "requirements.txt").read_bytes())
    digest.update(settings.STORAGES["staticfiles"]["BACKEND"].encode())
    for path in sorted((ROOT / "static").rglob("*")):
        if path.is_file():
            digest.update(f"{path.relative_to(ROOT)} {path.stat().st_mtime_ns}\n".encode())
    return digest.hexdigest()


def collect_static() -> None:
    stamp = Path(settings.STATIC_ROOT) / ".fingerprint"
    wanted = static_fingerprint()
    if stamp.exists() and stamp.read_text(encoding="utf-8") == wanted:
        return
    stamp.unlink(missing_ok=True)
    call_command("collectstatic", interactive=False, verbosity=0, clear=True, ignore_patterns=UNSEEN)
    stamp.write_text(wanted, encoding="utf-8")


def write_logins(path: Path) -> None:
    words = io.StringIO()
    if settings.DEMO:
        call_command("demo_logins", stdout=words)
    path.write_text(words.getvalue() or "`manage.py createsuperuser` makes the first login.\n", encoding="utf-8")


def main(logins: Path) -> None:
    catalogues.compile_stale()
    django.setup()
    with ThreadPoolExecutor(max_workers=1) as pool:
        collecting = pool.submit(collect_static)  # compresses on the second core meanwhile
        migrate()
        seed()
        collecting.result()
    write_logins(logins)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
