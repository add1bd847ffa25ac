"""The rows members cannot be without, laid after every migration: the main ladder, the brand's choices."""

from typing import Any

from django.db import DEFAULT_DB_ALIAS

from members import choices
from members.climbing import ladders
from members.models import Ladder, MemberSettings

LAID = (Ladder, MemberSettings)


def after_migrate(*, using: str, apps: Any = None, **_kwargs: Any) -> None:
    """Receiver of ``post_migrate``; migrations that stop before these tables lay nothing."""
    if using == DEFAULT_DB_ALIAS and (apps is None or _stands(apps)):
        ladders.lay()
        choices.lay()


def _stands(state: Any) -> bool:
    """Whether the migrations that ran leave the tables as this code expects them."""
    for model in LAID:
        try:
            then = state.get_model("members", model.__name__)
        except LookupError:
            return False
        if {each.column for each in then._meta.local_fields} != {each.column for each in model._meta.local_fields}:
            return False
    return True
