"""Using a claimed benefit by its code, at a till, in the mall or with staff: each code once, whoever scans it twice.

Nobody is told whose a code is. What is past its last day counts as lapsed even before the night marks it.
"""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.utils import formats
from django.utils.translation import gettext_lazy as _

from loyalty import accounts, approvals, audit, programme, retrying
from loyalty.audit import NOWHERE, Origin
from loyalty.errors import Conflict, NotFound
from loyalty.events import intake
from loyalty.models import Account, Partner, User
from loyalty.registry import Happening
from members.benefits.issuing import USED
from members.climbing.granting import ReasonNeeded
from members.models import Benefit, BenefitClaim

State, Place = BenefitClaim.State, Benefit.Place


class CodeUnknown(NotFound):
    code = "benefit_code_not_found"
    sentence = _("There is no benefit with this code. Please scan it again, or type all twelve characters.")


class AlreadyUsed(Conflict):
    code = "benefit_used"
    sentence = _("This benefit was already used on %(on)s.")


class Lapsed(Conflict):
    code = "benefit_lapsed"
    sentence = _("This benefit could be used through %(through)s. That day has passed.")


class TakenBack(Conflict):
    code = "benefit_taken_back"
    sentence = _("This benefit was taken back and cannot be used. The member finds the reason with our staff.")


class OthersBenefit(Conflict):
    code = "benefit_of_other_member"
    sentence = _("This code belongs to another member. Please ask for the code on this member's own page.")


class WrongPlace(Conflict):
    code = "benefit_wrong_place"
    sentence = _("This benefit is used elsewhere: %(place)s.")


class NotUsed(Conflict):
    code = "benefit_not_used"
    sentence = _("This benefit was not used, so there is nothing to undo.")


@dataclass(frozen=True, slots=True)
class Scan:
    """A code shown somewhere. ``account_id`` is who shows it, where that is known; ``reference`` the till's own
    number of the deed, under which the same partner may ask again.
    """

    code: str
    place: str
    account_id: int | None = None
    partner: Partner | None = None
    by: User | None = None
    reference: str = ""
    note: str = ""


def verify(scan: Scan, *, now: datetime) -> BenefitClaim:
    """The claim, if it could be used there now; writes nothing. Raises what keeps it from being used:
    ``CodeUnknown``, ``OthersBenefit``, ``TakenBack``, ``AlreadyUsed``, ``Lapsed``, ``WrongPlace`` or
    ``AccountFrozen``.
    """
    row = find(scan.code)
    _check(row, scan, now)
    if row.member.account.status == Account.Status.FROZEN:
        raise accounts.AccountFrozen
    return row


def use(scan: Scan, *, now: datetime, origin: Origin = NOWHERE) -> BenefitClaim:
    """Uses it. The same partner with the same reference gets the first answer again, for ever.

    Raises what ``verify`` does, or ``AccountNotFound``. A deed by staff leaves an audit record, and
    nobody's own benefit is theirs to tick off (``OwnMembership``).
    """
    return retrying.atomically(lambda: _use(scan, now, origin))


def find(code: str) -> BenefitClaim:
    """The claim of a code however it is typed: spaces, hyphens and case don't matter. Raises ``CodeUnknown``."""
    typed = "".join(each for each in code.upper() if each.isalnum())
    row = BenefitClaim.objects.select_related("benefit", "member__account", "tier").filter(code=typed).first()
    if row is None:
        raise CodeUnknown(param="code")
    return row


def _use(scan: Scan, now: datetime, origin: Origin) -> BenefitClaim:
    owner = find(scan.code).member_id
    approvals.refuse_own(scan.by, owner)
    accounts.lock_active(owner)  # two tills with one code queue here
    row = find(scan.code)
    if row.state == State.USED and _is_repeat(row, scan):
        return row
    _check(row, scan, now)
    before = witness(row)
    told = mark(row, scan, now=now)
    intake.record([told], now=now)
    if scan.by is not None:
        _audit("use", row, before, by=scan.by, reason=scan.note, now=now, origin=origin)
    return row


def mark(row: BenefitClaim, scan: Scan, *, now: datetime) -> Happening:
    """Writes an open claim as used; what happened is the caller's to record, as are the lock and the checks.

    Raises ``Conflict`` where it is open no longer.
    """
    row.state, row.used_at, row.used_in = State.USED, now, scan.place
    row.used_by, row.partner, row.reference, row.note = scan.by, scan.partner, scan.reference, scan.note
    written = ("used_at", "used_in", "used_by", "partner", "reference", "note", "state")
    values = {name: getattr(row, name) for name in written}
    if not BenefitClaim.objects.filter(pk=row.pk, state=State.OPEN).update(**values):
        raise Conflict  # the night marked it as lapsed at this very moment
    return _happening(row)


def _is_repeat(row: BenefitClaim, scan: Scan) -> bool:
    partner = scan.partner.pk if scan.partner else None
    return bool(scan.reference) and partner is not None and (row.partner_id, row.reference) == (partner, scan.reference)


def _check(row: BenefitClaim, scan: Scan, now: datetime) -> None:
    if scan.account_id is not None and row.member_id != scan.account_id:
        raise OthersBenefit(param="code")
    match row.state:
        case State.TAKEN_BACK:
            raise TakenBack
        case State.USED:
            raise AlreadyUsed(on=_day(programme.day_of(row.used_at or row.claimed_at)))
    if is_over(row, programme.day_of(now)):
        raise Lapsed(through=_day(row.usable_through))
    if row.benefit.used_in not in (Place.ANYWHERE, scan.place):
        raise WrongPlace(place=row.benefit.get_used_in_display())


def is_over(row: BenefitClaim, day: date) -> bool:
    """Whether its last day has passed on ``day``, marked or not."""
    return row.state == State.LAPSED or (row.usable_through is not None and row.usable_through < day)


def _day(on: date | None) -> str:
    return formats.date_format(on, "DATE_FORMAT") if on else ""


def _happening(row: BenefitClaim) -> Happening:
    """One for each claim, ever: a use that was undone and done again is no second reason for rules to give."""
    return Happening(
        kind=USED,
        key=f"{USED}:{row.pk}",
        account_id=row.member_id,
        occurred_at=row.used_at or row.claimed_at,
        payload={
            "claim": row.pk,
            "benefit": row.benefit.code,
            "kind": row.benefit.kind,
            "tier": row.tier.code if row.tier else "",
            "place": row.used_in,
        },
    )


def undo(*, code: str, reason: str, by: User | None, now: datetime, origin: Origin = NOWHERE) -> BenefitClaim:
    """Staff take a use back: the claim is open again, through its own last day. What rules gave for the use stays.

    Raises ``NotUsed``, ``ReasonNeeded``, ``CodeUnknown`` or ``OwnMembership``.
    """
    say_why(reason)
    approvals.refuse_own(by, find(code).member_id)
    with transaction.atomic():
        row = BenefitClaim.objects.select_for_update(of=("self",)).filter(pk=find(code).pk).get()
        if row.state != State.USED:
            raise NotUsed
        before = witness(row)
        row.state, row.used_at, row.used_in, row.reference, row.note = State.OPEN, None, "", "", reason
        row.used_by = row.partner = None
        row.save(update_fields=["state", "used_at", "used_in", "reference", "note", "used_by", "partner"])
        _audit("undo", row, before, by=by, reason=reason, now=now, origin=origin)
    return row


def say_why(reason: str) -> None:
    """Raises ``ReasonNeeded`` for an empty reason."""
    if not reason.strip():
        raise ReasonNeeded(param="reason")


def witness(row: BenefitClaim) -> dict[str, Any]:
    """What an audit record tells of a claim; its code is as good as a ticket and stays out."""
    return {
        "benefit": row.benefit_id,
        "state": str(row.state),
        "used_in": row.used_in,
        "used_at": audit.plain(row.used_at),
        "usable_through": audit.plain(row.usable_through),
    }


def _audit(
    deed: str,
    row: BenefitClaim,
    before: dict[str, Any],
    *,
    by: User | None,
    reason: str,
    now: datetime,
    origin: Origin,
) -> None:
    seen = audit.difference(before, witness(row))
    audit.record(
        deed=f"members.benefit.{deed}",
        subject=audit.name_of(row),
        actor=by,
        before=seen[0],
        after=seen[1],
        reason=reason,
        now=now,
        **origin._asdict(),
    )
