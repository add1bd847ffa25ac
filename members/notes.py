"""Notes that colleagues leave on a member for each other. Members find them in the copy of their data."""

from datetime import datetime

from django.utils.translation import gettext_lazy as _

from loyalty.accounts import AccountNotFound
from loyalty.errors import InvalidInput
from loyalty.models import User
from members.models import Member, StaffNote


class NoteEmpty(InvalidInput):
    code = "note_empty"
    sentence = _("Please write a word or two.")


def write(*, account_id: int, text: str, by: User | None, now: datetime) -> StaffNote:
    """Keeps a note. Raises ``NoteEmpty`` or ``AccountNotFound``."""
    if not text.strip():
        raise NoteEmpty(param="text")
    if not Member.objects.filter(pk=account_id).exists():
        raise AccountNotFound
    return StaffNote.objects.create(member_id=account_id, text=text.strip(), written_at=now, written_by=by)
