"""Whether staff must have a second factor, and the check that says so before a deployment.

``STAFF_SECOND_FACTOR`` is ``required``, or ``offered``: then who has one is asked for it, and who has none
sees a hint. Any other word counts as ``required``.
"""

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning  # noqa: A004  # Django's names

REQUIRED, OFFERED = "required", "offered"


def is_required() -> bool:
    """Whether nobody gets into the back office without one."""
    return bool(settings.STAFF_SECOND_FACTOR != OFFERED)


def check(**_options: Any) -> list[CheckMessage]:
    """Warns where passwords alone open the back office."""
    chosen = settings.STAFF_SECOND_FACTOR
    if chosen == OFFERED:
        return [
            Warning(
                "STAFF_SECOND_FACTOR is 'offered': a password alone may open the back office.",
                hint="Leave it unset, or set it to 'required'.",
                id="loyalty.W001",
            )
        ]
    if chosen != REQUIRED:
        return [Error(f"STAFF_SECOND_FACTOR is {chosen!r}: say 'required' or 'offered'.", id="loyalty.E001")]
    return []
