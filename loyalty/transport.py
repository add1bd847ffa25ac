"""A broker made of files that survives crashes: ``BROKER_URL=safe+filesystem://``.

A leaf for Celery alone. Kombu's own file transport writes messages in place and names them by a
clock that restarts with the machine, so a writer killed half-way leaves a file that ends the worker
which reads it. Here every file is written aside, synced and renamed, so what a reader sees is
whole; what cannot be read all the same is moved to ``unreadable/`` and never met again. Messages
are only wake-ups: one that is lost with its worker is made up for by the rows in the database.
"""

import fcntl
import logging
import os
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from queue import Empty
from typing import Any, cast

from django.conf import settings
from kombu.transport import TRANSPORT_ALIASES, filesystem
from kombu.utils.json import dumps, loads
from kombu.utils.objects import cached_property

logger = logging.getLogger(__name__)


def register() -> None:
    """Make ``safe+filesystem://`` known; Kombu looks transports up by what stands before the +."""
    TRANSPORT_ALIASES["safe"] = "loyalty.transport:Transport"


def write_whole(path: Path, content: str, *, aside: Path) -> None:
    """Put ``content`` at ``path`` so that a reader finds all of it or nothing."""
    draft = aside / f"{uuid.uuid4().hex}.tmp"
    with draft.open("w", encoding="utf-8") as stream:
        stream.write(content)
        stream.flush()
        os.fsync(stream.fileno())
    draft.replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


class Channel(filesystem.Channel):
    """Queues are files of one folder; exchanges are small tables beside it."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for folder in (self.queue, self.taken, self.drafts, self.unreadable, self.control_folder):
            folder.mkdir(parents=True, exist_ok=True)

    @property
    def root(self) -> Path:
        """Where everything lies: the ``folder`` of the transport options, else ``BROKER_DIR``."""
        return Path(self.transport_options.get("folder", settings.BROKER_DIR))

    @cached_property
    def queue(self) -> Path:
        return self.root / "queue"

    @cached_property
    def taken(self) -> Path:
        return self.root / "taken"

    @cached_property
    def drafts(self) -> Path:
        return self.root / "drafts"

    @cached_property
    def unreadable(self) -> Path:
        return self.root / "unreadable"

    @cached_property
    def control_folder(self) -> Path:
        return self.root / "control"

    @cached_property
    def data_folder_in(self) -> str:
        return str(self.queue)

    @cached_property
    def data_folder_out(self) -> str:
        return str(self.queue)

    def _put(self, queue: str, payload: Any, **_: Any) -> None:  # type: ignore[override]  # stubs name it twice
        """Names begin with wall-clock nanoseconds, so their order outlives a restart."""
        name = f"{time.time_ns()}_{uuid.uuid4().hex}.{queue}.msg"
        write_whole(self.queue / name, dumps(payload), aside=self.drafts)

    def _get(self, queue: str, timeout: float | None = None) -> Any:
        """The oldest message that can be read; the rename decides which of two readers has it."""
        for name in sorted(path.name for path in self.queue.iterdir()):
            if name.partition(".")[2] != f"{queue}.msg":
                continue
            mine = self.taken / name
            with suppress(FileNotFoundError):
                (self.queue / name).replace(mine)
                try:
                    payload = loads(mine.read_text(encoding="utf-8"))
                except ValueError:
                    mine.replace(self.unreadable / name)
                    logger.exception("An unreadable message was put aside: %s", name)
                    continue
                mine.unlink()
                return payload
        raise Empty

    def get_table(self, exchange: str) -> list[Any]:
        """Bindings of an exchange; a table that cannot be read counts as empty and is made anew."""
        try:
            rows = loads(self._table(exchange).read_text(encoding="utf-8"))
            return [filesystem.exchange_queue_t(*row) for row in rows]
        except FileNotFoundError:
            return []
        except (ValueError, TypeError):
            logger.warning("The bindings of exchange %r were unreadable", exchange)
            return []

    def _queue_bind(self, exchange: str, routing_key: str, pattern: str | None, queue: str) -> None:
        binding = filesystem.exchange_queue_t(routing_key or "", pattern or "", queue or "")
        with self._bindings_locked():
            table = self.get_table(exchange)
            if binding not in table:
                self._write_table(exchange, [binding, *table])

    def _delete(self, queue: str, exchange: str, routing_key: str, pattern: str, *_args: Any, **_kwargs: Any) -> None:
        binding = filesystem.exchange_queue_t(routing_key or "", pattern or "", queue or "")
        with self._bindings_locked():
            table = self.get_table(exchange)
            if binding in table:
                self._write_table(exchange, [each for each in table if each != binding])
        self._purge(queue)

    def _table(self, exchange: str) -> Path:
        """The file of an exchange; Kombu's own check refuses names that would lead elsewhere."""
        path: Path = cast("Any", self)._exchange_file(exchange)  # noqa: SLF001  # our parent's, missing from its stubs
        return path

    def _write_table(self, exchange: str, table: list[Any]) -> None:
        write_whole(self._table(exchange), dumps(table), aside=self.drafts)

    @contextmanager
    def _bindings_locked(self) -> Iterator[None]:
        with (self.control_folder / ".lock").open("a") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield


class Transport(filesystem.Transport):
    """Kombu's file transport over the channel above."""

    Channel = Channel
    driver_name = "safe+filesystem"
