"""The wish to be forgotten: asked by the member, by staff with a reason or by a partner, and taken back.

Nothing is removed before ``due_on``, the business day of asking and so many days on. Until then the
member goes on as before and may take the wish back, or staff for them.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from loyalty import accounts, approvals, audit, programme
from loyalty.audit import NOWHERE, Origin
from loyalty.errors import LoyaltyError
from loyalty.ledger import closing, reading
from loyalty.messaging import sending
from loyalty.models import Account, Partner, PoolMembership, User
from members.entering import details, guardians
from members.models import Erasure, Member, MemberSettings
from members.privacy import words

State = Erasure.State


class NothingToTakeBack(LoyaltyError):
    code = "no_erasure_waiting"
    sentence = _("There is no wish to be forgotten waiting here.")


@dataclass(frozen=True, slots=True)
class Loss:
    """What of one unit goes with the membership; negative where something is owed, which is let go."""

    name: str
    points: int
    is_spendable: bool


@dataclass(frozen=True, slots=True)
class Price:
    """What being forgotten costs the member: points, and what is ended with it."""

    losses: list[Loss]
    holds: int
    purse: str
    owns_purse: bool

    @property
    def points(self) -> int:
        """Spendable points that would be lost."""
        return sum(loss.points for loss in self.losses if loss.is_spendable and loss.points > 0)


def price(account_id: int, *, now: datetime) -> Price:
    """To be shown before asking, and again while the wish waits."""
    places = reading.position(account_id, now=now, programme=programme.current()).values()
    share = PoolMembership.objects.filter(account_id=account_id, left_at=None).select_related("pool").first()
    losses = [
        Loss(
            place.currency.name, place.available + place.pending + place.held - place.debt, place.currency.is_spendable
        )
        for place in places
    ]
    return Price(
        losses=[loss for loss in losses if loss.points],
        holds=closing.holds_of([account_id]),
        purse=share.pool.name if share else "",
        owns_purse=share is not None and share.role == PoolMembership.Role.OWNER,
    )


def waiting(account_id: int) -> Erasure | None:
    """The wish that waits, if there is one."""
    return Erasure.objects.filter(account_id=account_id, state=State.WAITING).first()


def ask(
    *,
    account_id: int,
    now: datetime,
    by: User | None = None,
    partner: Partner | None = None,
    reason: str = "",
    origin: Origin = NOWHERE,
    tells: str = words.ASKED,
) -> Erasure:
    """Asks to be forgotten; asked before, the wish that waits. ``by`` is the colleague, who gives a reason.

    ``tells`` is the kind of message by which the member hears of it.

    Staff leave their own membership to a colleague. Raises ``AccountNotFound``, ``ReasonNeeded`` or
    ``OwnMembership``.
    """
    if by is not None and not reason.strip():
        raise approvals.ReasonNeeded(param="reason")
    with transaction.atomic():
        account = accounts.lock([account_id]).get(account_id)
        member = Member.objects.select_related("user").filter(pk=account_id).first()
        if account is None or member is None or account.status == Account.Status.CLOSED:
            raise accounts.AccountNotFound
        _refuse_own(member, by, partner)
        if found := waiting(account_id):
            return found
        row = Erasure.objects.create(
            account_id=account_id,
            reason=reason.strip()[:200],
            asked_at=now,
            asked_by=by,
            due_on=programme.day_of(now) + timedelta(days=days_to_think()),
        )
        key = f"erasure:{row.pk}"
        sending.tell(account_ids=[account_id], kind=tells, params={"erasure": row.pk}, key=key, now=now)
        note("asked", row, now=now, by=by, partner=partner, origin=origin)
    return row


def take_back(*, account_id: int, now: datetime, by: User | None = None, origin: Origin = NOWHERE) -> Erasure:
    """The membership goes on as if nothing had been asked.

    Raises ``NothingToTakeBack``, or ``GuardianNeeded`` for a child whose guardian does not agree.
    """
    with transaction.atomic():
        accounts.lock([account_id])
        row = waiting(account_id)
        if row is None:
            raise NothingToTakeBack
        member = Member.objects.filter(pk=account_id).first()
        if member is not None and guardians.is_missing(member, programme.day_of(now)):
            raise details.GuardianNeeded(years=details.GUARDED_YEARS)
        row.state, row.ended_at = State.TAKEN_BACK, now
        row.save(update_fields=["state", "ended_at"])
        note("taken_back", row, now=now, by=by, origin=origin)
    return row


def days_to_think() -> int:
    """As the brand set it, or by default."""
    row = MemberSettings.objects.filter(pk=1).first() or MemberSettings()
    return int(row.erasure_days)


def _refuse_own(member: Member, by: User | None, partner: Partner | None) -> None:
    is_own = by is not None and member.pk in approvals.own_accounts(by)
    is_staff = member.user is not None and member.user.is_staff
    if is_own or (by is None and partner is None and is_staff):
        raise approvals.OwnMembership


def note(
    deed: str,
    row: Erasure,
    *,
    now: datetime,
    by: User | None = None,
    partner: Partner | None = None,
    origin: Origin = NOWHERE,
) -> None:
    """Leaves the audit record, which names the account and nobody."""
    audit.record(
        deed=f"members.erasure.{deed}",
        subject=audit.name_of(row.account),
        actor=by,
        partner=partner,
        after={"erasure": row.pk, "due_on": row.due_on.isoformat(), "removed": row.record.get("removed", {})},
        reason=row.reason,
        now=now,
        **origin._asdict(),
    )
