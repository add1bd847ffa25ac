"""Identifiers: time-ordered UUIDs for rows, unguessable codes for people.

A leaf. Rows of the event and ledger tables are numbered before they are written, so a batch of a
thousand can refer to each other without asking the database.
"""

import os
import secrets
import threading
import time
from uuid import UUID

_ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
_lock = threading.Lock()
_last = 0


def uuid7() -> UUID:
    """A version 7 UUID (RFC 9562): milliseconds, then a counter, then 62 random bits.

    Values rise strictly within a process, so ordering by id is ordering by creation.
    """
    global _last  # noqa: PLW0603  # the last tick is the whole process's, under the lock
    with _lock:
        stamp = time.time_ns() // 1_000_000 << 12
        _last = stamp if stamp > _last else _last + 1
        head = _last
    value = (head >> 12) << 80 | 0x7 << 76 | (head & 0xFFF) << 64 | 0b10 << 62
    return UUID(int=value | int.from_bytes(os.urandom(8), "big") >> 2)


def code(length: int) -> str:
    """``length`` random characters of an alphabet without look-alikes (5 bits each)."""
    return "".join(secrets.choice(_ALPHABET) for _ in range(length))


def digits(length: int) -> str:
    """``length`` random decimal digits, the first not zero."""
    return str(secrets.randbelow(9) + 1) + "".join(str(secrets.randbelow(10)) for _ in range(length - 1))
