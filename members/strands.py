"""What members themselves tell in the one stream on their page: tiers, benefits, plans, consent, tags, pets, notes."""

from collections.abc import Collection, Sequence
from datetime import datetime

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from loyalty import money
from loyalty.personal import Moment, Strand
from loyalty.strands import latest, permission
from members.models import BenefitClaim, Consent, Erasure, Pet, PlanTerm, StaffNote, Tagging, TierChange


def tiers(account_ids: Collection[int], before: datetime | None, limit: int) -> Sequence[Moment]:
    rows = TierChange.objects.filter(member_id__in=account_ids).select_related("previous", "tier", "by")
    return [
        Moment(
            row.changed_at,
            f"{row.pk:020}",
            f"{row.previous or '–'} → {row.tier or '–'}",
            note=" · ".join(str(word) for word in (row.get_reason_display(), row.note, row.by) if word),
            is_loss=row.tier is None or (row.previous is not None and row.previous.rank > row.tier.rank),
            subject=("members.tierchange", row.pk),
        )
        for row in latest(rows, "changed_at", before, limit)
    ]


def claims(account_ids: Collection[int], before: datetime | None, limit: int) -> Sequence[Moment]:
    rows = BenefitClaim.objects.filter(member_id__in=account_ids).select_related("benefit")
    return [
        Moment(row.claimed_at, f"{row.pk:020}", row.benefit.name, note=f"{row.get_state_display()} · {row.code}")
        for row in latest(rows, "claimed_at", before, limit)
    ]


def plans(account_ids: Collection[int], before: datetime | None, limit: int) -> Sequence[Moment]:
    rows = PlanTerm.objects.filter(member_id__in=account_ids).select_related("plan")
    return [
        Moment(
            row.bought_at,
            f"{row.pk:020}",
            row.plan.name,
            note=f"{row.get_source_display()} · {row.starts_on} – {row.through_on}",
            figure=money.show(row.price_minor, row.plan.currency) if row.price_minor else "",
        )
        for row in latest(rows, "bought_at", before, limit)
    ]


def consents(account_ids: Collection[int], before: datetime | None, limit: int) -> Sequence[Moment]:
    rows = Consent.objects.filter(member_id__in=account_ids)
    return [
        Moment(
            row.answered_at,
            f"{row.pk:020}",
            row.get_purpose_display(),
            note=_("agreed") if row.is_given else _("said no"),
            is_loss=not row.is_given,
            subject=("members.consent", row.pk),
        )
        for row in latest(rows, "answered_at", before, limit)
    ]


def tags(account_ids: Collection[int], before: datetime | None, limit: int) -> Sequence[Moment]:
    rows = Tagging.objects.filter(member_id__in=account_ids).select_related("tag", "by")
    return [
        Moment(row.given_at, f"{row.pk:020}", row.tag.name, note=str(row.by or row.get_source_display()))
        for row in latest(rows, "given_at", before, limit)
    ]


def pets(account_ids: Collection[int], before: datetime | None, limit: int) -> Sequence[Moment]:
    rows = Pet.objects.filter(member_id__in=account_ids)
    return [
        Moment(row.added_at, f"{row.pk:020}", row.name, note=row.get_species_display())
        for row in latest(rows, "added_at", before, limit)
    ]


def notes(account_ids: Collection[int], before: datetime | None, limit: int) -> Sequence[Moment]:
    rows = StaffNote.objects.filter(member_id__in=account_ids).select_related("written_by")
    return [
        Moment(row.written_at, f"{row.pk:020}", row.text, note=str(row.written_by or ""))
        for row in latest(rows, "written_at", before, limit)
    ]


def erasures(account_ids: Collection[int], before: datetime | None, limit: int) -> Sequence[Moment]:
    rows = Erasure.objects.filter(account_id__in=account_ids)
    return [
        Moment(
            row.asked_at,
            f"{row.pk:020}",
            _("Asked to be forgotten"),
            note=f"{row.get_state_display()} · {row.due_on}",
            is_loss=row.state != Erasure.State.TAKEN_BACK,
        )
        for row in latest(rows, "asked_at", before, limit)
    ]


STRANDS = (
    Strand(
        "tiers",
        gettext_lazy("tiers"),
        "military_tech",
        tiers,
        permission(TierChange),
        rank=40,
        instead_of=("tier.upgraded", "tier.downgraded", "tier.reached"),
    ),
    Strand("benefits", gettext_lazy("benefits"), "redeem", claims, permission(BenefitClaim), rank=45),
    Strand("plans", gettext_lazy("paid plans"), "card_membership", plans, permission(PlanTerm), rank=46),
    Strand("pets", gettext_lazy("pets"), "pets", pets, permission(Pet), rank=55),
    Strand("tags", gettext_lazy("tags"), "sell", tags, permission(Tagging), rank=60),
    Strand("consents", gettext_lazy("consents"), "handshake", consents, permission(Consent), rank=65),
    Strand("notes", gettext_lazy("notes"), "sticky_note_2", notes, permission(StaffNote), rank=75),
    Strand("leaving", gettext_lazy("leaving"), "logout", erasures, permission(Erasure), rank=95),
)
