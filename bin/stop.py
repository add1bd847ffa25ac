"""`make stop`: end the supervisor that holds this state folder, and wait until it is gone."""

import fcntl
import os
import signal
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PATIENCE_SECONDS = 30.0


def is_free(lock: Path) -> bool:
    """Whether no supervisor holds the folder; a number left in the file alone proves nothing."""
    with lock.open("a", encoding="utf-8") as stream:
        try:
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
    return True


def main() -> int:
    lock = Path(os.environ.get("EVERGREEN_VAR") or ROOT / "var") / "supervisor.lock"
    if not lock.exists() or is_free(lock):
        print("Evergreen does not run here.")
        return 0
    os.kill(int(lock.read_text(encoding="utf-8")), signal.SIGTERM)
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        if is_free(lock):
            print("Evergreen has stopped.")
            return 0
        time.sleep(0.1)
    print(f"Evergreen still runs after {PATIENCE_SECONDS:.0f} s.", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
