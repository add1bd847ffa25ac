"""What this floor keeps of a person, told and forgotten: the whole member, with all that hangs on it."""

import io
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import IO

from allauth.socialaccount.models import SocialAccount
from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.utils.translation import gettext_lazy as _

from loyalty.errors import NotFound
from loyalty.personal import Attachment, Dossier, Person, Table, table_of
from members.entering import phones
from members.models import (
    Address,
    BenefitClaim,
    Consent,
    Erasure,
    HouseholdInvite,
    Member,
    MemberInterest,
    Pet,
    PetWeight,
    Picture,
    PlanTerm,
    Referral,
    ReferralCode,
    SegmentMember,
    SignIn,
    StaffNote,
    Standing,
    Tagging,
    TierChange,
)
from members.privacy import sessions
from members.profile import pictures

FORGOTTEN = (
    Member,
    Consent,
    Address,
    Pet,
    PetWeight,
    Picture,
    MemberInterest,
    Tagging,
    SegmentMember,
    BenefitClaim,
    PlanTerm,
    SignIn,
    StaffNote,
    Referral,
    ReferralCode,
    HouseholdInvite,
    Standing,
    TierChange,
)
BOOKS = {"members.Erasure": "that and when somebody was erased, by number, so that it outlives a restored backup"}


def tell(account_ids: Collection[int]) -> Sequence[Table]:
    """The person, and everything that hangs on them; colleagues are not named."""
    of = {"member_id__in": account_ids}
    person = ("account__number", "name", "phone", "email", "birthday", "guardian_name", "guardian_contact")
    return [
        table_of(Member.objects.filter(pk__in=account_ids), *person, "language", "source", "joined_at", "tier__code"),
        table_of(Consent.objects.filter(**of).order_by("pk"), "answered_at", "purpose", "is_given", "version"),
        table_of(
            Address.objects.filter(**of),
            *("recipient", "phone", "province", "city", "district", "street", "postcode", "is_usual"),
        ),
        table_of(
            Pet.objects.filter(**of),
            *("name", "species", "breed", "sex", "birthday", "weight_grams", "passed_on", "added_at", "removed_at"),
        ),
        table_of(
            PetWeight.objects.filter(pet__member_id__in=account_ids).order_by("pk"), "pet__name", "weighed_on", "grams"
        ),
        table_of(Picture.objects.filter(**of).order_by("pk"), "id", "purpose", "width", "height", "uploaded_at"),
        table_of(MemberInterest.objects.filter(**of).order_by("pk"), "interest__code"),
        table_of(Tagging.objects.filter(**of).order_by("pk"), "tag__code", "source", "given_at", "expires_at"),
        table_of(SegmentMember.objects.filter(**of).order_by("pk"), "segment__code", "added_at"),
        *_memberships(of),
        table_of(StaffNote.objects.filter(**of).order_by("pk"), "written_at", "text"),
        table_of(
            SignIn.objects.filter(user__member__in=account_ids).order_by("pk"),
            *("signed_in_at", "seen_at", "device", "network"),
        ),
        table_of(ReferralCode.objects.filter(**of), "code"),
        table_of(Referral.objects.filter(**of), "code", "joined_at"),
        table_of(
            HouseholdInvite.objects.filter(invited_by_id__in=account_ids).order_by("pk"),
            *("role", "invited_at", "expires_at", "taken_at"),
        ),
        table_of(Erasure.objects.filter(account_id__in=account_ids).order_by("pk"), "asked_at", "due_on", "state"),
    ]


def _memberships(of: Mapping[str, Collection[int]]) -> list[Table]:
    return [
        table_of(
            Standing.objects.filter(**of).order_by("pk"),
            *("ladder__code", "effective__code", "effective_at", "earned__code", "valid_through", "granted__code"),
            *("granted_through", "paid__code", "paid_through"),
        ),
        table_of(
            TierChange.objects.filter(**of).order_by("pk"),
            *("changed_at", "ladder__code", "previous__code", "tier__code", "reason", "note"),
        ),
        table_of(
            BenefitClaim.objects.filter(**of).order_by("pk"),
            *("benefit__code", "code", "state", "claimed_at", "usable_through", "used_at", "note"),
        ),
        table_of(
            PlanTerm.objects.filter(**of).order_by("pk"),
            *("plan__code", "source", "starts_on", "through_on", "ended_on", "price_minor", "price_points"),
        ),
    ]


def names(account_ids: Collection[int]) -> tuple[Collection[str], Collection[str]]:
    """Name, phone and e-mail in every form we write them; beside them what only their own rows may hold."""
    words: set[str] = set()
    for member in Member.objects.filter(pk__in=account_ids):
        words |= {member.name, member.guardian_name, member.email or ""}
        words |= forms_of(member.phone or "")
        words |= {member.guardian_contact} if "@" in member.guardian_contact else forms_of(member.guardian_contact)
    words |= set(SocialAccount.objects.filter(user__member__in=account_ids).values_list("uid", flat=True))
    own = set(Pet.objects.filter(member_id__in=account_ids).values_list("name", flat=True))
    for recipient, phone, street in Address.objects.filter(member_id__in=account_ids).values_list(
        "recipient", "phone", "street"
    ):
        own |= {recipient, street}
        words |= forms_of(phone)
    return words, own


def forms_of(phone: str) -> set[str]:
    """A stored number as it is, as it is shown, and as it is dialled at home."""
    if not phone:
        return set()
    shown = phones.show(phone)
    return {phone, shown, shown.replace(" ", "")}


def files(account_ids: Collection[int]) -> Iterator[Attachment]:
    """The pictures, in the larger of their sizes."""
    for picture in Picture.objects.filter(member_id__in=account_ids).order_by("pk"):
        yield Attachment(f"{picture.purpose}-{picture.pk}.webp", partial(_open, picture))


def _open(picture: Picture) -> IO[bytes]:
    try:
        return io.BytesIO(pictures.read(picture, "large"))
    except NotFound:
        return io.BytesIO()


def forget(person: Person, now: datetime) -> Mapping[str, int]:
    """Removes the member with all that hangs on it; the files of pictures go once that is certain."""
    del now
    ids = person.account_ids
    found = list(Member.objects.filter(pk__in=ids).select_related("user"))
    seen = list(Picture.objects.filter(member_id__in=ids))
    for picture in seen:
        pictures.discard(picture)
    log = LogEntry.objects.filter(content_type=ContentType.objects.get_for_model(Member), object_id__in=map(str, ids))
    counts = {"admin_log": log.update(object_repr="", change_message=""), "pictures": len(seen)}
    SignIn.objects.filter(user__member__in=ids).delete()
    PlanTerm.objects.filter(member_id__in=ids).delete()  # protects its member; order and entry that paid it stay
    for member in found:
        sessions.close(member)
    counts["members"] = Member.objects.filter(pk__in=ids).delete()[1].get("members.Member", 0)
    return counts


DOSSIER = Dossier(
    "members",
    _("you, your pets and your membership"),
    tell,
    forget,
    tuple(model._meta.label for model in FORGOTTEN),
    books=BOOKS,
    names=names,
    files=files,
    rank=90,
)
