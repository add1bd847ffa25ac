"""Running a deed in its own transaction, again where the database asks for it.

PostgreSQL may end a transaction for a deadlock, a lock that took too long or a serialization
failure (40P01, 55P03, 40001); SQLite may stay locked. Nothing was written then, so the deed is done
again, at most three times, with a short random pause. Inside an outer transaction it is not.
``counts`` tells how often, for this process.
"""

import random
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

from django.db import OperationalError, connection, transaction

T = TypeVar("T")
ATTEMPTS = 3
RETRIABLE = {"40P01", "55P03", "40001"}


@dataclass(slots=True)
class Counts:
    """Deeds begun and deeds done again since the process started."""

    deeds: int = 0
    repeats: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def add(self, *, deeds: int = 0, repeats: int = 0) -> None:
        with self._lock:
            self.deeds += deeds
            self.repeats += repeats


counts = Counts()


def _passes(error: OperationalError) -> bool:
    state = getattr(error.__cause__, "sqlstate", None)
    return state in RETRIABLE or "database is locked" in str(error)


def atomically(deed: Callable[[], T]) -> T:
    """Does ``deed`` in a transaction; the outermost call repeats it where the database asks."""
    attempts = 1 if connection.in_atomic_block else ATTEMPTS
    counts.add(deeds=1)
    for attempt in range(1, attempts):
        try:
            with transaction.atomic():
                return deed()
        except OperationalError as error:
            if not _passes(error):
                raise
            counts.add(repeats=1)
            time.sleep(random.uniform(0.01, 0.05) * attempt)
    with transaction.atomic():
        return deed()
