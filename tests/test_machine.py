"""What the commands ask of a machine: a Python, a Chromium, a PostgreSQL; each is tried by running it."""

import os
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest

from bin.supervise import ROOT
from tests import postgres
from tests.test_supervise import is_alive

OLD = "#!/bin/sh\nexec {python} -c 'import sys; sys.version_info = (3, 10, 2); exec(sys.argv[1])' \"$2\"\n"
BARE = '#!/bin/sh\nexec {python} -c \'import sys; sys.modules["ensurepip"] = None; exec(sys.argv[1])\' "$2"\n'
GOOD = '#!/bin/sh\nexec {python} "$@"\n'
HOLD = """
import signal, time
from bin import test
from tests import postgres
signal.signal(signal.SIGTERM, test.leave)
with postgres.server() as url:
    print(url, flush=True)
    time.sleep(600)
"""
SHIM = "#!/bin/sh\necho 'no version is set for this command' >&2\nexit 127\n"


@pytest.fixture
def machine(tmp_path: Path) -> Path:
    """A folder that is the whole PATH, but for the shell's own tools."""
    folder = tmp_path / "path"
    folder.mkdir()
    for tool in ("sh", "tail", "dirname", "timeout"):
        (folder / tool).symlink_to(next(path for path in (Path("/usr/bin", tool), Path("/bin", tool)) if path.exists()))
    return folder


def program(machine: Path, name: str, text: str) -> None:
    path = machine / name
    path.write_text(text.format(python=sys.executable) if "{python}" in text else text)
    path.chmod(0o755)


def ask(machine: Path, script: str, **environment: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [ROOT / "bin" / script],
        env={"PATH": str(machine), "HOME": str(machine), **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_first_python_that_runs_and_is_new_enough_is_taken(machine: Path) -> None:
    program(machine, "python3.13", SHIM)
    program(machine, "python3.12", BARE)
    program(machine, "python3.11", OLD)
    program(machine, "python3", GOOD)

    found = ask(machine, "python")

    assert (found.returncode, found.stderr) == (0, "")
    assert Path(found.stdout.strip()).resolve() == Path(sys.executable).resolve()


def test_no_usable_python_says_why_of_each(machine: Path) -> None:
    program(machine, "python3.13", SHIM)
    program(machine, "python3.12", BARE)
    program(machine, "python3", OLD)

    found = ask(machine, "python")

    assert found.returncode == 1
    assert found.stderr.splitlines() == [
        "No usable Python was found. Tried:",
        "  python3.13 is on PATH but does not run",
        "  python3.12 has no venv (on Debian or Ubuntu: apt install python3-venv)",
        "  python3.11 is not installed",
        "  python3 is Python 3.10, and 3.11 or newer is needed",
        "  python is not installed",
        "Install Python 3.11 or newer with venv, or name one: PYTHON=/path/to/python3 make run",
    ]


def test_a_named_python_is_the_only_one_asked(machine: Path) -> None:
    program(machine, "python3", GOOD)

    found = ask(machine, "python", PYTHON="python9")

    assert (found.returncode, "python9 is not installed" in found.stderr) == (1, True)


def test_a_chromium_that_does_not_run_is_passed_over(machine: Path) -> None:
    program(machine, "chromium-browser", SHIM)
    program(machine, "google-chrome", GOOD.replace("exec {python}", "exit 0 #"))

    found = ask(machine, "find-chromium")

    assert (found.returncode, found.stdout.strip()) == (0, str(machine / "google-chrome"))


def test_a_machine_without_chromium_says_so_in_one_line(machine: Path) -> None:
    found = ask(machine, "find-chromium")

    assert (found.returncode, found.stdout) == (1, "")
    assert found.stderr == "no Chromium is installed (apt install chromium, or set CHROMIUM)\n"


@pytest.mark.parametrize("bundled", [False, True], ids=["of the machine", "of the requirements"])
def test_a_throw_away_postgresql_serves_and_leaves_nothing(bundled: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    if bundled:
        monkeypatch.setattr(postgres, "machine_binaries", lambda: None)

    with postgres.server() as url:
        with psycopg.connect(url) as connection:
            row = connection.execute("SHOW data_directory").fetchone()
            said = connection.execute("SELECT pg_backend_pid(), '常青' < '会员'").fetchone()
        assert row is not None
        assert said is not None
        data = Path(row[0])
        server = int((data / "postmaster.pid").read_text().split()[0])
        assert (data.exists(), is_alive(server)) == (True, True)

    assert (data.parent.exists(), is_alive(server)) == (False, False)


def test_the_server_goes_when_its_test_run_is_terminated() -> None:
    holder = subprocess.Popen([sys.executable, "-c", HOLD], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert holder.stdout is not None
    with psycopg.connect(holder.stdout.readline().strip()) as connection:
        row = connection.execute("SHOW data_directory").fetchone()
    assert row is not None

    holder.terminate()
    code = holder.wait(30)
    holder.stdout.close()

    assert (code, Path(row[0]).exists()) == (143, False)


def test_the_server_never_runs_as_root() -> None:
    who = postgres.identity()

    if os.geteuid() == 0:
        assert who.user not in {None, 0}
    else:
        assert who == postgres.Identity()
