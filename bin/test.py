"""Run the tests, once per database: `python -m bin.test sqlite postgres [-- pytest arguments]`.

The PostgreSQL of a pass is TEST_DATABASE_URL, else a throw-away server that lives as long as the
pass. The first failing pass ends the run, so that the last line is the summary that matters.
TEST_WORKERS sets how many processes share a pass (default: one per core; 0 for none).
"""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from bin import catalogues
from bin.supervise import ROOT
from tests import postgres

DATABASES = ("sqlite", "postgres")


def workers(extra: Sequence[str]) -> list[str]:
    """A narrowed run is quicker, and can be debugged, without worker processes."""
    count = os.environ.get("TEST_WORKERS") or ("0" if extra else str(len(os.sched_getaffinity(0))))
    return ["-n", count, "--dist", "loadfile"] if count not in {"0", "1"} else []


@contextmanager
def database(name: str) -> Iterator[str]:
    """The DATABASE_URL of a pass; empty for the embedded SQLite."""
    if name == "sqlite":
        yield ""
    elif given := os.environ.get("TEST_DATABASE_URL"):
        yield given
    else:
        with postgres.server() as url:
            yield url


def run_pytest(url: str, extra: Sequence[str]) -> int:
    environment = {key: value for key, value in os.environ.items() if key != "DJANGO_SETTINGS_MODULE"}
    environment["DATABASE_URL"] = url
    if not url:
        del environment["DATABASE_URL"]
    command = [sys.executable, "-m", "pytest", *workers(extra), *extra]
    process = subprocess.Popen(command, cwd=ROOT, env=environment)
    try:
        return process.wait()
    finally:
        process.terminate()
        process.wait()


def leave(number: int, _frame: object) -> None:
    raise SystemExit(128 + number)


def main(arguments: Sequence[str]) -> int:
    split = arguments.index("--") if "--" in arguments else len(arguments)
    names, extra = arguments[:split], arguments[split + 1 :]
    if not names or not set(names) <= set(DATABASES):
        print("usage: python -m bin.test sqlite|postgres … [-- pytest arguments]", file=sys.stderr)
        return 2
    catalogues.compile_stale()  # before any process of the tests reads them
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, leave)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    for name in names:
        try:
            with database(name) as url:
                print(f"\nTests on {postgres.describe(url) if url else 'SQLite'}", flush=True)
                if code := run_pytest(url, extra):
                    return code
        except postgres.Unavailable as reason:
            print(f"No PostgreSQL for the tests: {reason}. Set TEST_DATABASE_URL to use one.", file=sys.stderr)
            return 1
        except KeyboardInterrupt:
            return 130
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
