"""Keep several services running from one terminal.

Each service leads its own process group and writes to its own log file. Ctrl-C, SIGTERM and a
closed terminal stop all of them; a service that ends by itself brings the others down, and its exit
code becomes ours. Should this process be killed outright, Linux tells the services to stop. Only
the standard library is used; `bin/up.py` says which services the product has.
"""

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
GRACE_SECONDS = 10.0
TICK_SECONDS = 0.1
PR_SET_PDEATHSIG = 1
LIBC = ctypes.CDLL(None) if sys.platform == "linux" else None


class Asked(Exception):
    """Someone asked us to stop."""


class Ended(Exception):
    """A service ended by itself."""

    def __init__(self, service: "Service") -> None:
        code = service.process.returncode
        self.code = 128 - code if code < 0 else code or 1
        self.service = service
        super().__init__(f"{service.name} ended by itself (exit code {self.code})")


@dataclass
class Service:
    name: str
    process: "subprocess.Popen[bytes]"
    log: Path

    def last_lines(self, count: int = 20) -> str:
        lines = self.log.read_text(encoding="utf-8", errors="replace").splitlines()
        return "\n".join(f"  {line}" for line in lines[-count:])


def die_with_parent() -> None:
    """In the child, before it becomes the service: be told to stop should the supervisor vanish."""
    if LIBC is not None:
        LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


def start(name: str, command: Sequence[str], *, logs: Path) -> Service:
    logs.mkdir(parents=True, exist_ok=True)
    log = logs / f"{name}.log"
    with log.open("wb") as stream:
        process = subprocess.Popen(
            list(command),
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=stream,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            preexec_fn=die_with_parent,
        )
    return Service(name, process, log)


def stop(services: Sequence[Service]) -> None:
    """Ask each leader to finish its work, then end whatever is left of its group."""
    for service in services:
        if service.process.poll() is None:
            service.process.terminate()
    deadline = time.monotonic() + GRACE_SECONDS
    for service in services:
        try:
            service.process.wait(max(0.0, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            print(f"{service.name} did not stop in {GRACE_SECONDS:.0f} s and is killed", flush=True)
        with suppress(ProcessLookupError):
            os.killpg(service.process.pid, signal.SIGKILL)
        service.process.wait()


def raise_asked(number: int, _frame: object) -> None:
    for each in STOP_SIGNALS:  # a second Ctrl-C must not interrupt the tidy stop
        signal.signal(each, signal.SIG_IGN)
    raise Asked(signal.Signals(number).name)


def watch(services: Sequence[Service], *, until: Callable[[], bool], patience: float) -> bool:
    """Wait for a condition while every service lives; False when patience (seconds) runs out."""
    deadline = time.monotonic() + patience
    while not until():
        for service in services:
            if service.process.poll() is not None:
                raise Ended(service)
        if time.monotonic() >= deadline:
            return False
        time.sleep(TICK_SECONDS)
    return True


def supervise(
    commands: dict[str, Sequence[str]],
    *,
    logs: Path,
    ready: Callable[[], bool],
    announce: Callable[[], None],
    patience: float = 90.0,
) -> int:
    """Start the services, announce them once ready, and stay until asked to stop (then 0)."""
    services: list[Service] = []
    try:
        for name, command in commands.items():
            services.append(start(name, command, logs=logs))
        if not watch(services, until=ready, patience=patience):
            lines = "\n".join(f"{each.log}:\n{each.last_lines()}" for each in services)
            print(f"Not ready after {patience:.0f} s. The last lines:\n{lines}", file=sys.stderr)
            return 1
        announce()
        watch(services, until=lambda: False, patience=float("inf"))
    except Asked:
        print("\nStopping …", flush=True)
    except Ended as end:
        print(f"{end}. The last lines of {end.service.log}:", file=sys.stderr)
        print(end.service.last_lines(), file=sys.stderr, flush=True)
        return end.code
    finally:
        stop(services)
    return 0
