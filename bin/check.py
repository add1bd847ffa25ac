"""Run every check that needs no test: `python -m bin.check`.

All run, two at a time, whatever fails; each failing one shows what it said. Production's settings
are judged with an environment such as production has, all others with the embedded one.
"""

import os
import secrets
import subprocess
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from bin.supervise import ROOT

APPS = ("loyalty", "members", "rewards", "community")
PYTHON = [path for path in (*APPS, "tests", "bin", "benchmarks", "manage.py") if (ROOT / path).exists()]
TOOLS = Path(sys.executable).parent
EMBEDDED = {"EVERGREEN_DEMO": "1", "EVERGREEN_VAR": str(ROOT / "var" / "check")}
PRODUCTION = {
    "EVERGREEN_VAR": str(ROOT / "var" / "check"),
    "SECRET_KEY": secrets.token_urlsafe(64),
    "ALLOWED_HOSTS": "evergreen.example",
    "DATABASE_URL": "postgres://evergreen:secret@127.0.0.1:5432/evergreen",
    "BROKER_URL": "redis://127.0.0.1:6379/0",
    "TRUSTED_PROXIES": "1",
}
OURS = ("DATABASE_URL", "BROKER_URL", "SECRET_KEY", "DEBUG", "ALLOWED_HOSTS", "DJANGO_SETTINGS_MODULE")


@dataclass(frozen=True)
class Check:
    name: str
    command: Sequence[str]
    environment: dict[str, str] = field(default_factory=lambda: EMBEDDED)


def python(*words: str) -> list[str]:
    return [sys.executable, *words]


def checks() -> list[Check]:
    """Slowest first, so that two at a time finish early."""
    templates = [str(path) for path in sorted((ROOT / "templates").rglob("*.html"))]
    return [
        Check("types", python("-m", "mypy", *PYTHON)),
        Check("lint", python("-m", "ruff", "check", *PYTHON)),
        Check("format", python("-m", "ruff", "format", "--check", *PYTHON)),
        Check("floors and rooms", [str(TOOLS / "lint-imports"), "--no-logo"]),
        Check("migrations", python("manage.py", "makemigrations", "--check", "--dry-run")),
        Check("deployment", python("manage.py", "check", "--deploy", "--fail-level", "WARNING"), PRODUCTION),
        Check("templates", [str(TOOLS / "djade"), "--check", "--target-version", "5.2", *templates]),
        Check("house rules", python("-m", "bin.house")),
        Check("translations", python("-m", "bin.catalogues", "check")),
        Check("installed packages", python("-m", "pip", "check", "--disable-pip-version-check")),
    ]


def run(check: Check) -> tuple[bool, str, float]:
    """Whether it passed, what it said, and how many seconds it took."""
    began = time.monotonic()
    environment = {key: value for key, value in os.environ.items() if key not in OURS}
    done = subprocess.run(
        check.command,
        cwd=ROOT,
        env=environment | check.environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    return done.returncode == 0, done.stdout.strip(), time.monotonic() - began


def main(wanted: Sequence[str]) -> int:
    """Run the checks named (all when none is); the number of failures decides the exit code."""
    chosen = [check for check in checks() if not wanted or check.name in wanted]
    failed = []
    with ThreadPoolExecutor(max_workers=2) as pool:
        for check, (passed, said, seconds) in zip(chosen, pool.map(run, chosen), strict=True):
            print(f"{'ok    ' if passed else 'FAILED'} {check.name:<20} {seconds:5.1f} s", flush=True)
            if not passed:
                failed.append(check.name)
                print("\n".join(f"       {line}" for line in said.splitlines()), flush=True)
    if failed:
        print(f"{len(failed)} of {len(chosen)} checks failed: {', '.join(failed)}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
