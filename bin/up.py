"""Bring the product up: check, prepare, then web, worker and scheduler, supervised.

`python -m bin.up`, which is what `make run` does once the environment stands. One instance per
state folder. Obeys HOST, PORT, WEB_CONCURRENCY, EVERGREEN_VAR and, through the settings,
DATABASE_URL, BROKER_URL and all else they read.
"""

import fcntl
import http.client
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from bin.supervise import (
    ROOT,
    STOP_SIGNALS,
    Asked,
    Service,
    die_with_parent,
    raise_asked,
    stop,
    supervise,
)


class Refused(Exception):
    """We cannot run here; the sentence says what to do."""


@contextmanager
def only_one(lock: Path) -> Iterator[None]:
    """Hold the state folder for this process; the file names us for `make stop`."""
    lock.parent.mkdir(parents=True, exist_ok=True)
    with lock.open("a+", encoding="utf-8") as stream:
        try:
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Refused("Evergreen runs here already. `make stop` ends it.") from None
        stream.truncate(0)
        stream.write(f"{os.getpid()}\n")
        stream.flush()
        yield


def require_free(host: str, port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            reason = error.strerror or "it cannot be used"
            raise Refused(
                f"Port {port} on {host} is not free ({reason}). "
                f"Stop what uses it, or choose another: PORT={port + 1} make run"
            ) from None


def is_healthy(host: str, port: int) -> bool:
    connection = http.client.HTTPConnection(host, port, timeout=5)
    try:
        connection.request("GET", "/healthz")
        return connection.getresponse().status == http.HTTPStatus.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def environment(var: Path, base: str) -> None:
    """Settings of a trial on this machine, whose links lead to ``base``; whatever the caller set wins."""
    os.environ["EVERGREEN_VAR"] = str(var)
    os.environ.setdefault("EVERGREEN_DEMO", "1")
    os.environ.setdefault("SITE_URL", base)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "loyalty.settings")
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    os.environ.setdefault("SECRET_KEY", kept_secret(var / "secret-key"))


def kept_secret(path: Path) -> str:
    """A random key made once for this state folder, so that logins outlive a restart."""
    if not path.exists():
        path.touch(mode=0o600)
        path.write_text(secrets.token_urlsafe(48), encoding="utf-8")
    return path.read_text(encoding="utf-8").strip()


def prepare(logins: Path) -> None:
    """Migrate, load the demo, collect static files; its words go straight to the terminal."""
    command = [sys.executable, "-m", "bin.prepare", str(logins)]
    process = subprocess.Popen(command, cwd=ROOT, start_new_session=True, preexec_fn=die_with_parent)
    service = Service("preparation", process, Path(os.devnull))
    try:
        if process.wait() != 0:
            raise Refused("Preparation failed; what it said stands above.")
    finally:
        stop([service])


def product(host: str, port: int) -> dict[str, Sequence[str]]:
    """The commands of web server, worker and scheduler; each its own process, so no death is overlooked."""
    web = ["gunicorn", "loyalty.wsgi:application", "--bind", f"{host}:{port}", "--preload", "--no-control-socket"]
    web += ["--worker-class", "gthread", "--workers", os.environ.get("WEB_CONCURRENCY", "2"), "--threads", "4"]
    web += ["--graceful-timeout", "5"]
    worker = ["celery", "-A", "loyalty", "worker", "--pool", "threads", "--concurrency", "4", "--loglevel", "INFO"]
    worker += ["--without-gossip", "--without-mingle"]
    scheduler = ["celery", "-A", "loyalty", "beat", "--pidfile=", "--loglevel", "INFO"]
    commands = {"web": web, "worker": worker, "scheduler": scheduler}
    return {name: [sys.executable, "-m", *words] for name, words in commands.items()}


def announce(base: str, logins: Path, logs: Path, seconds: float) -> None:
    print(f"\nEvergreen is ready after {seconds:.0f} s.\n")
    for what, path in (("Members", "/"), ("Operators", "/admin/"), ("Partner API", "/api/docs/")):
        print(f"{what:<12}{base}{path}")
    print(f"\n{logins.read_text(encoding='utf-8').rstrip()}\n\nLogs: {logs}    Ctrl-C stops everything.", flush=True)


def main() -> int:
    began = time.monotonic()
    var = Path(os.environ.get("EVERGREEN_VAR") or ROOT / "var").resolve()
    host, logs, logins = os.environ.get("HOST", "127.0.0.1"), var / "log", var / "logins.txt"
    for number in STOP_SIGNALS:
        signal.signal(number, raise_asked)
    try:
        port = int(os.environ.get("PORT") or 8000)
        with only_one(var / "supervisor.lock"):
            require_free(host, port)
            local = "127.0.0.1" if host == "0.0.0.0" else host  # noqa: S104  # asked for by name
            base = f"http://{local}:{port}"
            environment(var, base)
            prepare(logins)
            return supervise(
                product(host, port),
                logs=logs,
                ready=lambda: is_healthy(local, port),
                announce=lambda: announce(base, logins, logs, time.monotonic() - began),
            )
    except ValueError:
        print(f"PORT must be a number, not {os.environ['PORT']!r}.", file=sys.stderr)
    except Refused as refusal:
        print(refusal, file=sys.stderr)
    except Asked:
        return 0
    return 1


if __name__ == "__main__":
    sys.exit(main())
