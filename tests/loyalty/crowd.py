"""Many calls at one instant, each on its own connection, as tests of races want them."""

from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from threading import Barrier

from django.db import IntegrityError, connection

from loyalty.errors import LoyaltyError
from loyalty.ledger.book import Book
from loyalty.models import Programme

Call = Callable[[], object]


def at_once(calls: Sequence[Call]) -> Counter[str]:
    """Starts all calls together; what they were answered: success, a refusal's code, or the database's no."""
    doors = Barrier(len(calls))

    def run(call: Call) -> str:
        Programme.objects.first()  # the connection is open before the race
        doors.wait()
        try:
            call()
        except LoyaltyError as refusal:
            return refusal.code
        except IntegrityError:
            return "integrity_error"
        finally:
            connection.close()
        return "success"

    with ThreadPoolExecutor(len(calls)) as pool:
        return Counter(pool.map(run, calls))


def all_read_first(load: Callable[..., Book], readers: int, rounds: int = 1) -> Callable[..., Book]:
    """``store.load`` that lets nobody go on before all have read: the worst that can happen without a lock.

    Only the first ``rounds`` of loads are held up so.
    """
    doors, seen = Barrier(readers), count()

    def read(*args: object, **kwargs: object) -> Book:
        book = load(*args, **kwargs)
        if next(seen) < rounds * readers:
            doors.wait(timeout=60)
        return book

    return read
