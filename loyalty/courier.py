"""Rows on their way to PostgreSQL while more of them are reckoned. A leaf.

One transaction's connection speaks one sentence at a time, and whoever waits for the answer does nothing
else: in a big batch Python and the server would take turns. Inside ``ahead`` what is copied in goes out
by a thread, in order, and keys to other tables are checked table by table instead of all at the end, so
the server works while the next rows are reckoned. Any other statement first waits until everything sent
before it has arrived, so nobody can tell the difference but by the clock. What the server refuses is
raised at the next statement, or at the end.
"""

import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from queue import SimpleQueue
from typing import Any, TypeAlias

from django.db import DEFAULT_DB_ALIAS, connections

from loyalty import statements

Portions: TypeAlias = "SimpleQueue[str | None]"
_ahead: "ContextVar[Courier | None]" = ContextVar("courier", default=None)


class Courier:
    """Carries COPYs over one connection. Used by the thread that opened it only."""

    def __init__(self, database: Any) -> None:
        self._database = database
        self._round: SimpleQueue[tuple[Any, str, Portions] | None] = SimpleQueue()
        self._thread: threading.Thread | None = None
        self._fault: BaseException | None = None

    def copy(self, statement: str, portions: Iterable[str]) -> None:
        """Sends the portions one after the other; returns when the last one is made, not when it arrived."""
        if self._thread is None:
            self._check_early("IMMEDIATE")
            self._thread = threading.Thread(target=self._carry, name="courier", daemon=True)
            self._thread.start()
        queue: Portions = SimpleQueue()
        self._round.put((self._database.cursor(), statement, queue))
        try:
            for portion in portions:
                queue.put(portion)
        finally:
            queue.put(None)

    def arrive(self) -> None:
        """Waits until all is delivered; raises what the database said."""
        if self._thread is not None:
            self._round.put(None)
            self._thread.join()
            self._thread = None
            if self._fault is None:
                self._check_early("DEFERRED")
        fault, self._fault = self._fault, None
        if fault is not None:
            raise fault

    def _check_early(self, when: str) -> None:
        with self._database.wrap_database_errors:
            self._database.connection.execute(f"SET CONSTRAINTS ALL {when}")

    def _carry(self) -> None:
        for cursor, statement, portions in iter(self._round.get, None):
            try:
                self._deliver(cursor, statement, portions)
            except BaseException as fault:  # noqa: BLE001  # told to the one who waits
                self._fault = self._fault or fault

    def _deliver(self, cursor: Any, statement: str, portions: Portions) -> None:
        if self._fault is not None:
            return
        with self._database.wrap_database_errors, cursor, cursor.copy(statement) as copy:
            for portion in iter(portions.get, None):
                copy.write(portion)

    def wait_first(self, execute: Callable[..., Any], sql: Any, params: Any, many: bool, context: Any) -> Any:
        """Before any other statement of this connection."""
        self.arrive()
        return execute(sql, params, many, context)


@contextmanager
def ahead() -> Iterator[None]:
    """Lets what is copied in go out by itself until the end; elsewhere than on PostgreSQL nothing changes."""
    if not statements.is_postgres() or _ahead.get() is not None:
        yield
        return
    database: Any = connections[DEFAULT_DB_ALIAS]
    courier = Courier(database)
    token = _ahead.set(courier)
    try:
        with database.execute_wrapper(courier.wait_first):
            yield
    except BaseException:
        _dismiss(courier)
        raise
    finally:
        _ahead.reset(token)
    courier.arrive()


def _dismiss(courier: Courier) -> None:
    """Something else went wrong: the connection is given back in peace, what was sent is undone anyway."""
    with suppress(Exception):  # the first fault is the one to tell
        courier.arrive()


def at_hand() -> Courier | None:
    """The courier of the batch at hand, where there is one."""
    return _ahead.get()
