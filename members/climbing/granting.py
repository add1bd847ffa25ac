"""Tiers given, bought and locked by hand or by rule, each with a reason and an end.

A grant lifts a member above what they earn; a lock keeps them from falling; a purchase is a tier bought
for a time. None of them touches what is earned. Deeds by staff leave an audit record.
"""

from dataclasses import replace
from datetime import date, datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from loyalty import accounts, approvals, audit, programme
from loyalty.audit import NOWHERE, Origin
from loyalty.errors import InvalidInput, LoyaltyError, NotFound
from loyalty.events import intake
from loyalty.models import Account, User
from members.climbing import ladders, telling, tiers
from members.climbing.terms import Terms
from members.climbing.tiers import Edit, Occasion
from members.models import Member, Standing, Tier, TierChange

Reason = TierChange.Reason


class TierUnknown(NotFound):
    code = "tier_unknown"
    sentence = _("This tier is not on a ladder that is in use. Publish the ladder first, or choose another tier.")


class ReasonNeeded(InvalidInput):
    code = "reason_needed"
    sentence = _("Please say why; the member's history keeps it.")


class EndPassed(InvalidInput):
    code = "end_passed"
    sentence = _("This last day has already passed. Choose today or a later day.")


class NotBelowThat(LoyaltyError):
    code = "lock_above_tier"
    sentence = _("The member is not on %(tier)s yet. Grant the tier instead, then it can be locked.")


class NothingToEnd(LoyaltyError):
    code = "nothing_to_end"
    sentence = _("There is nothing of this kind to end.")


def grant(
    *,
    account_id: int,
    tier_id: int,
    through: date | None,
    reason: str,
    now: datetime,
    by: User | None = None,
    origin: Origin = NOWHERE,
) -> Standing:
    """Lifts the member to the tier through the last day given (``None``: without end).

    The way to invite someone to a tier by invitation, too. A second grant replaces the first. Raises
    ``ReasonNeeded``, ``EndPassed``, ``TierUnknown``.
    """
    tier = _checked(tier_id, through, reason, now)

    def edit(row: Standing) -> None:
        row.granted_id, row.granted_through = tier.pk, through
        row.granted_note, row.granted_by = reason, by

    return _deed("grant", account_id, tier, edit, Occasion(now=now, reason=Reason.GRANTED, note=reason, by=by), origin)


def revoke(
    *, account_id: int, ladder_id: int, reason: str, now: datetime, by: User | None = None, origin: Origin = NOWHERE
) -> Standing:
    """Ends a grant now. Raises ``ReasonNeeded`` or ``NothingToEnd``."""
    _say(reason)
    tier = _held(account_id, ladder_id, "granted")

    def edit(row: Standing) -> None:
        row.granted_id = row.granted_through = row.granted_by = None
        row.granted_note = ""

    occasion = Occasion(now=now, reason=Reason.GRANT_ENDED, note=reason, by=by)
    return _deed("revoke", account_id, tier, edit, occasion, origin)


def lock(
    *,
    account_id: int,
    tier_id: int,
    through: date | None,
    reason: str,
    now: datetime,
    by: User | None = None,
    origin: Origin = NOWHERE,
) -> Standing:
    """Keeps the member from falling below the tier through the last day; they may still rise.

    The tier must be one they have earned or passed (``NotBelowThat``).
    """
    tier = _checked(tier_id, through, reason, now)
    terms = _terms(tier, now)

    def edit(row: Standing) -> None:
        if terms.rank(row.earned_id) < terms.rank(tier.pk):
            raise NotBelowThat(tier=tier.name, param="tier")
        row.floor_id, row.locked_through, row.locked_note = tier.pk, through, reason

    return _deed("lock", account_id, tier, edit, Occasion(now=now, note=reason, by=by), origin)


def unlock(
    *, account_id: int, ladder_id: int, reason: str, now: datetime, by: User | None = None, origin: Origin = NOWHERE
) -> Standing:
    """Ends a lock now; what is no longer earned then goes by the ladder's policies."""
    _say(reason)
    tier = _held(account_id, ladder_id, "floor")

    def edit(row: Standing) -> None:
        row.floor_id, row.locked_through, row.locked_note = None, None, ""

    return _deed("unlock", account_id, tier, edit, Occasion(now=now, note=reason, by=by), origin)


def pay(*, account_id: int, tier_id: int, through: date | None, note: str, now: datetime) -> Standing:
    """A tier was bought through the last day; buying again replaces the end. Plans call this."""
    tier = _checked(tier_id, through, note, now)

    def edit(row: Standing) -> None:
        row.paid_id, row.paid_through = tier.pk, through

    return _deed("pay", account_id, tier, edit, Occasion(now=now, reason=Reason.PAID, note=note), NOWHERE)


def end_paid(*, account_id: int, ladder_id: int, note: str, now: datetime) -> Standing:
    """A bought tier ends now, as when its price is paid back."""
    _say(note)
    tier = _held(account_id, ladder_id, "paid")

    def edit(row: Standing) -> None:
        row.paid_id = row.paid_through = None

    return _deed("end_paid", account_id, tier, edit, Occasion(now=now, reason=Reason.PAID_ENDED, note=note), NOWHERE)


def _say(reason: str) -> None:
    if not reason.strip():
        raise ReasonNeeded(param="reason")


def _checked(tier_id: int, through: date | None, reason: str, now: datetime) -> Tier:
    _say(reason)
    if through is not None and through < programme.day_of(now):
        raise EndPassed(param="through")
    tier = Tier.objects.filter(pk=tier_id, archived_at=None).first()
    if tier is None:
        raise TierUnknown(param="tier")
    _terms(tier, now)
    return tier


def _terms(tier: Tier, now: datetime) -> Terms:
    for terms in ladders.in_force(now):
        if terms.ladder_id == tier.ladder_id and tier.pk in terms.by_id:
            return terms
    raise TierUnknown(param="tier")


def _held(account_id: int, ladder_id: int, source: str) -> Tier:
    row = Standing.objects.filter(member_id=account_id, ladder_id=ladder_id).select_related(source).first()
    tier: Tier | None = getattr(row, source) if row else None
    if tier is None:
        raise NothingToEnd
    return tier


def _deed(deed: str, account_id: int, tier: Tier, edit: Edit, occasion: Occasion, origin: Origin) -> Standing:
    """Changes the standing, judges it and tells what moved, in one transaction with its audit record.

    Raises ``AccountNotFound``, or ``OwnMembership`` where it is that of the colleague who does it.
    """
    approvals.refuse_own(occasion.by, account_id)
    with transaction.atomic():
        locked = accounts.lock([account_id]).get(account_id)
        is_open = locked is not None and locked.status != Account.Status.CLOSED
        if not (is_open and Member.objects.filter(pk=account_id).exists()):
            raise accounts.AccountNotFound
        found = Standing.objects.filter(member_id=account_id, ladder=tier.ladder_id)
        before = _witness(found.first())
        moves = tiers.settle([account_id], replace(occasion, ladder_id=tier.ladder_id), edit)
        intake.record(telling.told(moves), now=occasion.now)
        row = found.get()
        if occasion.by is not None:
            seen = audit.difference(before, _witness(row))
            audit.record(
                deed=f"members.standing.{deed}",
                subject=audit.name_of(row),
                actor=occasion.by,
                before=seen[0],
                after=seen[1],
                reason=occasion.note,
                now=occasion.now,
                **origin._asdict(),
            )
    return row


def _witness(row: Standing | None) -> dict[str, object]:
    return audit.snapshot(row) if row is not None else {}
