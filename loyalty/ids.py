"""Identifiers: time-ordered UUIDs for rows, unguessable codes for people.

A leaf. Rows of the event and ledger tables are numbered before they are written, so a batch of a
thousand can refer to each other without asking the database.
"""

import os
import secrets
import struct
import threading
import time
from uuid import UUID

_ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
_lock = threading.Lock()
_last = 0
_DRAWN = 512  # numbers drawn from the system at once
_pool: list[int] = []
os.register_at_fork(after_in_child=_pool.clear)  # no two processes may use the same ones


def uuid7() -> UUID:
    """A version 7 UUID (RFC 9562): milliseconds, then a counter, then 62 random bits.

    Values rise strictly within a process, so ordering by id is ordering by creation.
    """
    global _last  # noqa: PLW0603  # the last tick is the whole process's, under the lock
    with _lock:
        stamp = time.time_ns() // 1_000_000 << 12
        _last = stamp if stamp > _last else _last + 1
        head = _last
        if not _pool:
            _pool.extend(struct.unpack(f"{_DRAWN}Q", os.urandom(8 * _DRAWN)))
        chance = _pool.pop()
    return UUID(int=(head >> 12) << 80 | 0x7 << 76 | (head & 0xFFF) << 64 | 0b10 << 62 | chance >> 2)


def code(length: int) -> str:
    """``length`` random characters of an alphabet without look-alikes (5 bits each)."""
    return "".join(secrets.choice(_ALPHABET) for _ in range(length))


def digits(length: int) -> str:
    """``length`` random decimal digits, the first not zero."""
    return str(secrets.randbelow(9) + 1) + "".join(str(secrets.randbelow(10)) for _ in range(length - 1))
