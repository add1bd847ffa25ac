"""How long a cold process needs before it can serve: every command, worker and deployment pays this."""

import subprocess
import sys
from collections.abc import Iterator

from benchmarks.measures import Measure, timed


def fresh(*words: str) -> None:
    subprocess.run([sys.executable, *words], check=True, stdout=subprocess.DEVNULL)


def run() -> Iterator[Measure]:
    yield timed("import the web application", lambda: fresh("-c", "import loyalty.wsgi"))
    yield timed("manage.py check", lambda: fresh("manage.py", "check"))
