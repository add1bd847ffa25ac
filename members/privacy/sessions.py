"""The login of somebody who is erased: ended, and nothing of the person left on it."""

from collections.abc import Collection
from typing import Any

from django.contrib.admin.models import LogEntry
from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.models import Session
from django.db.models import CASCADE

from loyalty.models import User
from members.models import Member

CHUNK = 500


def close(member: Member) -> None:
    """Ends the login; every session ends with its password. That of staff stays theirs, without the membership.

    What hangs on it, such as an account at a provider one signs in with, goes; what staff did stays.
    """
    user = member.user
    if user is None or user.is_staff or user.is_superuser:
        return
    user.display_name = user.email = user.language = ""
    user.is_active = False
    user.set_unusable_password()
    user.save(update_fields=["display_name", "email", "language", "is_active", "password"])
    user.groups.clear()
    for each in links():
        each.related_model._base_manager.filter(**{each.field.name: user}).delete()


def links() -> list[Any]:
    """Relations by which rows hang on a login and would go with it; the admin's log is no such thing."""
    found = [each for each in User._meta.related_objects if getattr(each, "on_delete", None) is CASCADE]
    return [each for each in found if each.related_model is not LogEntry]


def end(user_ids: Collection[int]) -> int:
    """Removes the sessions of these logins, in one walk over all there are; how many."""
    wanted = {str(user_id) for user_id in user_ids}
    rows = Session.objects.iterator(chunk_size=CHUNK) if wanted else iter(())
    keys = [row.session_key for row in rows if row.get_decoded().get(SESSION_KEY) in wanted]
    return Session.objects.filter(session_key__in=keys).delete()[0]
