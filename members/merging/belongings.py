"""What hangs on a member moves over row by row, and back by the same keys; what both have stays with each.

Rows are never copied, so nothing is there twice. A column that would clash (the usual address, the number
of a claim in its period) is changed on the way and kept for the way back. Tags, lists and paid terms follow
by steps of their own.
"""

from collections.abc import Mapping
from typing import Any

from django.db.models import Max, Model

from members.models import (
    Address,
    BenefitClaim,
    HouseholdInvite,
    MemberInterest,
    Pet,
    Picture,
    Referral,
    ReferralCode,
    StaffNote,
)

Keys = list[Any]
# Model → the columns of which a member has each only once.
MOVED: Mapping[type[Model], tuple[str, ...]] = {
    Pet: (),
    Picture: (),
    StaffNote: (),
    MemberInterest: ("interest_id",),
}
INVITED = {HouseholdInvite: "invited_by", Referral: "referrer"}


def give(survivor_id: int, duplicate_id: int) -> dict[str, Any]:
    """Moves everything that may move; what is needed to take it back."""
    kept: dict[str, Any] = {
        model._meta.label: _give(model, once, survivor_id, duplicate_id) for model, once in MOVED.items()
    }
    for model, column in INVITED.items():
        rows = model._default_manager.filter(**{column: duplicate_id}).exclude(pk=survivor_id)
        kept[f"{model._meta.label}.{column}"] = _keys(rows)
        rows.update(**{column: survivor_id})
    kept["usual"] = _give_addresses(survivor_id, duplicate_id, kept)
    kept["places"] = _give_claims(survivor_id, duplicate_id)
    kept["own"] = [
        model._meta.label
        for model in (ReferralCode, Referral)
        if not model._default_manager.filter(pk=survivor_id).exists()
        and model._default_manager.filter(pk=duplicate_id).update(member=survivor_id)
    ]
    return kept


def give_back(survivor_id: int, duplicate_id: int, kept: Mapping[str, Any]) -> None:
    """Everything that moved and is still the survivor's goes back as it was."""
    models: tuple[type[Model], ...] = (*MOVED, Address)
    for model in models:
        rows = model._default_manager.filter(pk__in=kept[model._meta.label], member=survivor_id)
        rows.update(member=duplicate_id)
    Address.objects.filter(pk__in=kept["usual"], member=duplicate_id).update(is_usual=True)
    for model, column in INVITED.items():
        rows = model._default_manager.filter(pk__in=kept[f"{model._meta.label}.{column}"], **{column: survivor_id})
        rows.update(**{column: duplicate_id})
    for key, place in kept["places"]:
        BenefitClaim.objects.filter(pk=key, member=survivor_id).update(member=duplicate_id, place=place)
    for model in (ReferralCode, Referral):
        if model._meta.label in kept["own"]:
            model._default_manager.filter(pk=survivor_id).update(member=duplicate_id)


def _keys(rows: Any) -> Keys:
    """Primary keys as JSON can hold them."""
    found = rows.order_by("pk").values_list("pk", flat=True)
    return [key if isinstance(key, int) else str(key) for key in found]


def _give(model: type[Model], once: tuple[str, ...], survivor_id: int, duplicate_id: int) -> Keys:
    rows = model._default_manager.filter(member=duplicate_id)
    for column in once:
        there = model._default_manager.filter(member=survivor_id).values(column)
        rows = rows.exclude(**{f"{column.removesuffix('_id')}__in": there})
    keys = _keys(rows)
    model._default_manager.filter(pk__in=keys).update(member=survivor_id)
    return keys


def _give_addresses(survivor_id: int, duplicate_id: int, kept: dict[str, Any]) -> Keys:
    """The duplicate's usual address is one among others where the survivor has a usual one."""
    usual: Keys = []
    if Address.objects.filter(member=survivor_id, is_usual=True).exists():
        rows = Address.objects.filter(member=duplicate_id, is_usual=True)
        usual = _keys(rows)
        rows.update(is_usual=False)
    kept[Address._meta.label] = _give(Address, (), survivor_id, duplicate_id)
    return usual


def _give_claims(survivor_id: int, duplicate_id: int) -> list[tuple[int, int]]:
    """Claims of a period are counted on behind the survivor's own; (key, number before)."""
    moved = []
    for claim in BenefitClaim.objects.filter(member=duplicate_id).order_by("period", "place", "pk"):
        own = BenefitClaim.objects.filter(member=survivor_id, benefit=claim.benefit_id, period=claim.period)
        place = (own.aggregate(last=Max("place"))["last"] or 0) + 1
        BenefitClaim.objects.filter(pk=claim.pk).update(member=survivor_id, place=place)
        moved.append((claim.pk, claim.place))
    return moved
