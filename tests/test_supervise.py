"""The supervisor, with real processes: nobody is left behind, however it ends."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread

import pytest

from bin import supervise, up

# A service with a child of its own; both leave their process id, and the leader can be stubborn.
SERVICE = """
import os, pathlib, signal, subprocess, sys, time
name, mood = sys.argv[1:]
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
if mood == "stubborn":
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
pathlib.Path(name).write_text(f"{os.getpid()} {child.pid}")
print(f"{name} says hello", flush=True)
if mood == "failing":
    while not (web := pathlib.Path(name).with_name("web")).exists() or not web.read_text():
        time.sleep(0.05)
    print("the last word", flush=True)
    sys.exit(7)
time.sleep(600)
"""
DRIVER = """
import signal, sys
from pathlib import Path
from bin import supervise
supervise.GRACE_SECONDS = 1.0
for number in supervise.STOP_SIGNALS:
    signal.signal(number, supervise.raise_asked)
commands = {}
for each in sys.argv[1:]:
    name, mood = each.split("=")
    commands[name] = [sys.executable, str(Path("service.py").resolve()), str(Path(name).resolve()), mood]
sys.exit(supervise.supervise(
    commands,
    logs=Path("logs").resolve(),
    ready=lambda: all(Path(name).exists() and Path(name).read_text() for name in commands),
    announce=lambda: print("ready", flush=True),
    patience=20,
))
"""


def is_alive(pid: int) -> bool:
    """Whether a process runs; one that ended and is not yet collected does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def eventually(condition: Callable[[], bool], seconds: float = 10.0) -> bool:
    deadline = time.monotonic() + seconds
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.05)
    return condition()


def pids(folder: Path, *names: str) -> list[int]:
    return [int(word) for name in names for word in (folder / name).read_text().split()]


def survivors(folder: Path, *names: str) -> list[int]:
    """Who still runs; a busy machine takes a moment to bury the killed."""
    eventually(lambda: not any(map(is_alive, pids(folder, *names))), 5)
    return [pid for pid in pids(folder, *names) if is_alive(pid)]


@pytest.fixture
def launch(tmp_path: Path) -> Iterator[Callable[..., "subprocess.Popen[str]"]]:
    """Start a supervisor over the named services, and make sure that none outlives the test."""
    (tmp_path / "service.py").write_text(SERVICE)
    started: list[subprocess.Popen[str]] = []

    def run(*services: str) -> "subprocess.Popen[str]":
        process = subprocess.Popen(
            [sys.executable, "-c", DRIVER, *services],
            cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": str(supervise.ROOT)},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        started.append(process)
        return process

    yield run
    for process in started:
        process.kill()
        process.communicate()
    for path in tmp_path.iterdir():
        if path.is_file() and path.suffix == "":
            for pid in filter(is_alive, pids(tmp_path, path.name)):
                os.kill(pid, signal.SIGKILL)


def say_ready(process: "subprocess.Popen[str]") -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_stop_signal_ends_every_service_and_its_children(
    launch: Callable[..., "subprocess.Popen[str]"], tmp_path: Path, number: signal.Signals
) -> None:
    process = launch("web=calm", "worker=calm")
    ready = say_ready(process)

    process.send_signal(number)
    code = process.wait(20)

    assert (ready, code) == ("ready", 0)
    assert survivors(tmp_path, "web", "worker") == []


def test_a_second_signal_does_not_interrupt_the_tidy_stop(
    launch: Callable[..., "subprocess.Popen[str]"], tmp_path: Path
) -> None:
    process = launch("web=stubborn")
    say_ready(process)

    process.send_signal(signal.SIGINT)
    time.sleep(0.3)
    process.send_signal(signal.SIGINT)
    code = process.wait(20)

    assert code == 0
    assert survivors(tmp_path, "web") == []


def test_a_service_that_dies_brings_all_down_with_its_code_and_last_words(
    launch: Callable[..., "subprocess.Popen[str]"], tmp_path: Path
) -> None:
    process = launch("web=calm", "worker=failing")

    _, said = process.communicate(timeout=20)

    assert process.returncode == 7
    assert "worker ended by itself (exit code 7)" in said
    assert said.rstrip().endswith("the last word")
    assert survivors(tmp_path, "web", "worker") == []


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a child that its parent is gone")
def test_services_stop_when_the_supervisor_is_killed_outright(
    launch: Callable[..., "subprocess.Popen[str]"], tmp_path: Path
) -> None:
    process = launch("web=calm", "worker=calm")
    say_ready(process)
    leaders = [pids(tmp_path, name)[0] for name in ("web", "worker")]

    process.kill()

    assert eventually(lambda: not any(is_alive(pid) for pid in leaders))


def test_a_taken_port_is_refused_in_one_sentence() -> None:
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        port = holder.getsockname()[1]

        with pytest.raises(up.Refused) as refusal:
            up.require_free("127.0.0.1", port)

    assert str(refusal.value) == (
        f"Port {port} on 127.0.0.1 is not free (Address already in use). "
        f"Stop what uses it, or choose another: PORT={port + 1} make run"
    )


def test_one_state_folder_serves_one_supervisor(tmp_path: Path) -> None:
    lock = tmp_path / "supervisor.lock"

    with up.only_one(lock), pytest.raises(up.Refused, match="runs here already"), up.only_one(lock):
        pass
    with up.only_one(lock):
        assert lock.read_text().strip() == str(os.getpid())


def test_the_secret_key_is_made_once_and_readable_by_its_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "secret-key"

    first = up.kept_secret(path)
    second = up.kept_secret(path)

    assert first == second
    assert len(first) >= 50
    assert path.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize(("status", "healthy"), [(200, True), (503, False)])
def test_readiness_is_what_healthz_answers(status: int, healthy: bool) -> None:
    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status if self.path == "/healthz" else 404)
            self.end_headers()

        def log_message(self, *words: object) -> None:
            """A test's server has nothing to tell."""

    with HTTPServer(("127.0.0.1", 0), Answer) as server:
        Thread(target=server.serve_forever, daemon=True).start()

        answered = up.is_healthy("127.0.0.1", server.server_port)
        server.shutdown()

    assert answered is healthy


def test_nobody_listening_is_not_ready() -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]

    assert up.is_healthy("127.0.0.1", port) is False
