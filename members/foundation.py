"""The row members cannot be without, laid after every migration: the main ladder."""

from typing import Any

from django.db import DEFAULT_DB_ALIAS

from members import ladders
from members.models import Ladder


def after_migrate(*, using: str, apps: Any = None, **_kwargs: Any) -> None:
    """Receiver of ``post_migrate``; migrations that stop before the ladders' tables lay nothing."""
    if using == DEFAULT_DB_ALIAS and (apps is None or _stands(apps)):
        ladders.lay()


def _stands(state: Any) -> bool:
    try:
        then = state.get_model("members", "Ladder")
    except LookupError:
        return False
    return {each.column for each in then._meta.local_fields} == {each.column for each in Ladder._meta.local_fields}
