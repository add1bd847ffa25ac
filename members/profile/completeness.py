"""How much a member has told, and the one moment at which it is all there.

Complete is: a name, a birthday, a tick on the brand's list of interests (where it keeps one), and a pet or
the word that there is none. Phone and e-mail address are there from joining, and a portrait is one's own
affair. The first time, ever, ``profile.completed`` is recorded, so that rules may reward it.
"""

from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext_lazy as _

from loyalty.events import intake
from loyalty.registry import EventKind, Happening, Text
from members.models import Interest, Member, MemberInterest, Pet

COMPLETED = EventKind(
    "profile.completed", _("profile complete"), dict, is_activity=True, title=_("Profile complete"), icon="heart"
)


@dataclass(frozen=True, slots=True)
class Part:
    """One thing to tell; ``url_name`` is where."""

    code: str
    label: Text
    url_name: str
    is_told: bool


@dataclass(frozen=True, slots=True)
class Told:
    """Everything that belongs to a complete profile, told or not."""

    parts: tuple[Part, ...]

    @property
    def missing(self) -> list[Part]:
        return [part for part in self.parts if not part.is_told]

    @property
    def percent(self) -> int:
        return 100 * (len(self.parts) - len(self.missing)) // len(self.parts)


def of(member: Member) -> Told:
    """What the member has told by now. Three queries at most."""
    has_pet = member.has_no_pet or Pet.objects.filter(member=member, removed_at=None).exists()
    parts = [
        Part("name", _("Your name"), "members:profile", bool(member.name)),
        Part("birthday", _("Your birthday"), "members:profile", member.birthday is not None),
        Part("pet", _("Whom you live with"), "members:pets", has_pet),
    ]
    if Interest.objects.filter(archived_at=None).exists():
        ticked = MemberInterest.objects.filter(member=member).exists()
        parts.append(Part("interests", _("What you care about"), "members:interests", ticked))
    return Told(tuple(parts))


def settle(account_id: int, *, now: datetime) -> None:
    """Notes that the profile is complete, where it is so for the first time. Call it under the account's lock."""
    member = Member.objects.filter(pk=account_id, completed_at=None).first()
    if member is None or of(member).missing:
        return
    Member.objects.filter(pk=account_id).update(completed_at=now)
    key = f"{COMPLETED.code}:{account_id}"
    intake.record([Happening(COMPLETED.code, key, account_id, now, {})], now=now)
