"""The person: the survivor's own words win, gaps are filled from the duplicate; the login and consent follow."""

from collections.abc import Collection, Mapping
from datetime import date, datetime
from typing import Any
from uuid import UUID

from allauth.socialaccount.models import SocialAccount

from loyalty.models import User
from members.models import Consent, Member

GAPS = (
    *("name", "birthday", "birthday_set_on", "language"),
    *("guardian_name", "guardian_contact", "guardian_agreed_at", "completed_at"),
)
CONTACTS = ("phone", "email")


def give(survivor: Member, duplicate: Member) -> dict[str, Any]:
    """Fills gaps; a phone or an e-mail address that moves is taken off the duplicate, since it is one's own.

    Where both have one, the duplicate keeps its own, so that tills go on finding the person by it.
    """
    moved: dict[str, Any] = {}
    for name in (*GAPS, *CONTACTS):
        value = getattr(duplicate, name)
        if value and not getattr(survivor, name):
            moved[name] = value if isinstance(value, str) else value.isoformat()
    taken = [name for name in CONTACTS if name in moved]
    Member.objects.filter(pk=duplicate.pk).update(**dict.fromkeys(taken))
    if moved:
        Member.objects.filter(pk=survivor.pk).update(**{name: getattr(duplicate, name) for name in moved})
    return moved


def give_back(survivor_id: int, duplicate_id: int, moved: Mapping[str, Any]) -> None:
    """Empties what is still as it was filled; a contact that was changed since stays the survivor's alone."""
    survivor = Member.objects.get(pk=survivor_id)
    for name, told in moved.items():
        field: Any = Member._meta.get_field(name)
        value = _read(field, told)
        if getattr(survivor, name) == value:
            blank = None if field.null else ""
            Member.objects.filter(pk=survivor_id).update(**{name: blank})
            if name in CONTACTS:
                Member.objects.filter(pk=duplicate_id).update(**{name: value})


def _read(field: Any, told: str) -> Any:
    match field.get_internal_type():
        case "DateField":
            return date.fromisoformat(told)
        case "DateTimeField":
            return datetime.fromisoformat(told)
    return told


def give_login(survivor: Member, duplicate: Member) -> str:
    """``moved``, ``disabled`` or ``""``: a survivor without a login takes it over, else it is ended, but for staff."""
    user = duplicate.user
    if user is None:
        return ""
    if survivor.user_id is None:
        Member.objects.filter(pk=duplicate.pk).update(user=None)
        Member.objects.filter(pk=survivor.pk).update(user=user)
        return "moved"
    if user.is_staff or not user.is_active:
        return ""
    User.objects.filter(pk=user.pk).update(is_active=False)
    return "disabled"


def give_login_back(survivor_id: int, duplicate_id: int, how: str) -> None:
    if how == "moved":
        user_id = Member.objects.values_list("user", flat=True).get(pk=survivor_id)
        Member.objects.filter(pk=survivor_id).update(user=None)
        Member.objects.filter(pk=duplicate_id).update(user=user_id)
    elif how == "disabled":
        User.objects.filter(member=duplicate_id).update(is_active=True)


def give_links(survivor: Member, duplicate: Member) -> list[int]:
    """Accounts at providers that sign in as the duplicate sign in as the survivor from now on; their keys."""
    if survivor.user_id is None or duplicate.user is None or duplicate.user.is_staff:
        return []
    keys = list(SocialAccount.objects.filter(user=duplicate.user).order_by("pk").values_list("pk", flat=True))
    SocialAccount.objects.filter(pk__in=keys).update(user=survivor.user_id)
    return keys


def give_links_back(survivor_id: int, duplicate_id: int, keys: Collection[int]) -> None:
    user_id = Member.objects.values_list("user", flat=True).get(pk=duplicate_id)
    if keys and user_id is not None:
        SocialAccount.objects.filter(pk__in=keys, user__member=survivor_id).update(user=user_id)


def give_consents(survivor_id: int, duplicate_id: int) -> list[int]:
    """Of two answers to a purpose the later one counts, and of one instant the stricter; new rows' keys."""
    latest: dict[int, dict[str, Consent]] = {survivor_id: {}, duplicate_id: {}}
    for row in Consent.objects.filter(member__in=(survivor_id, duplicate_id)).order_by("answered_at", "pk"):
        latest[row.member_id][row.purpose] = row
    made = []
    for purpose, theirs in latest[duplicate_id].items():
        own = latest[survivor_id].get(purpose)
        if own is None or (theirs.is_given != own.is_given and _is_stronger(theirs, own)):
            theirs.pk, theirs.member_id = None, survivor_id
            made.append(theirs)
    Consent.objects.bulk_create(made)
    return [row.pk for row in made]


def _is_stronger(theirs: Consent, own: Consent) -> bool:
    return theirs.answered_at > own.answered_at or (theirs.answered_at == own.answered_at and own.is_given)


def give_avatar(survivor_id: int, duplicate_id: int) -> str:
    """The portrait, where the survivor has none; the picture itself moves with the others."""
    found = Member.objects.get(pk=duplicate_id).avatar_id
    if found is None or not Member.objects.filter(pk=survivor_id, avatar=None).update(avatar=found):
        return ""
    Member.objects.filter(pk=duplicate_id).update(avatar=None)
    return str(found)


def give_avatar_back(survivor_id: int, duplicate_id: int, picture: str) -> None:
    if picture and Member.objects.filter(pk=survivor_id, avatar=UUID(picture)).update(avatar=None):
        Member.objects.filter(pk=duplicate_id).update(avatar=UUID(picture))
