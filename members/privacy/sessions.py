"""The login of somebody who is erased: ended, and nothing of the person left on it."""

from collections.abc import Collection

from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.models import Session

from members.models import Member

CHUNK = 500


def close(member: Member) -> None:
    """Ends the login; every session ends with its password. That of staff stays theirs, without the membership."""
    user = member.user
    if user is None or user.is_staff or user.is_superuser:
        return
    user.display_name = user.email = user.language = ""
    user.is_active = False
    user.set_unusable_password()
    user.save(update_fields=["display_name", "email", "language", "is_active", "password"])
    user.groups.clear()


def end(user_ids: Collection[int]) -> int:
    """Removes the sessions of these logins, in one walk over all there are; how many."""
    wanted = {str(user_id) for user_id in user_ids}
    rows = Session.objects.iterator(chunk_size=CHUNK) if wanted else iter(())
    keys = [row.session_key for row in rows if row.get_decoded().get(SESSION_KEY) in wanted]
    return Session.objects.filter(session_key__in=keys).delete()[0]
