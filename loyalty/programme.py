"""The running programme: its one row, read by operations and pages."""

from datetime import date, datetime

from loyalty.asking import Question
from loyalty.configuration import Kept
from loyalty.models import Programme

_ROW = Question(lambda: Programme.objects.filter(pk=1))


def current() -> Programme:
    """The programme's row; made with its defaults where there is none yet."""
    return _KEPT()


def day_of(at: datetime) -> date:
    """The programme's business day of an instant."""
    return current().day_of(at)


def _read() -> Programme:
    found: list[Programme] = _ROW()
    return found[0] if found else Programme.objects.get_or_create(pk=1)[0]


_KEPT = Kept(_read)
