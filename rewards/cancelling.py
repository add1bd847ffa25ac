"""Taking a redemption back before it is handed over: all that was given for it returns, or nothing moves.

The points go to the very lots they came from, the item goes back on the shelf, and the use of a benefit can
be used again through its own last day.
"""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from loyalty import accounts, approvals, audit
from loyalty.approvals import ReasonNeeded
from loyalty.audit import NOWHERE, Origin
from loyalty.errors import Conflict, NotFound
from loyalty.events import intake
from loyalty.ledger import repaying
from loyalty.messaging import sending
from loyalty.models import User
from loyalty.registry import Happening
from members.benefits import accepting
from rewards import stock
from rewards.models import Redemption

CANCELLED = "reward.cancelled"
State = Redemption.State


class RedemptionNotFound(NotFound):
    code = "redemption_not_found"
    sentence = _("We could not find this redemption. Please check its number.")


class NotCancellable(Conflict):
    """Handed over, or cancelled before."""

    code = "redemption_not_open"
    sentence = _("This redemption was handed over or cancelled already, so it stays as it is.")


def cancel(*, number: str, reason: str, by: User | None, now: datetime, origin: Origin = NOWHERE) -> Redemption:
    """Cancels the redemption of that number, with an audit record; the member is told.

    Works for suspended accounts, too: it is theirs. Where the account was merged, the survivor gets the points.
    Raises ``RedemptionNotFound``, ``NotCancellable``, ``OwnMembership`` or ``ReasonNeeded``.
    """
    if not reason.strip():
        raise ReasonNeeded(param="reason")
    taken = Redemption.objects.filter(number=number).values_list("account_id", flat=True).first()
    if taken is None:
        raise RedemptionNotFound(param="number")
    account_id = accounts.living([taken])[taken]
    approvals.refuse_own(by, taken, account_id)
    with transaction.atomic():
        accounts.lock(sorted({taken, account_id}))  # the limit of each member counts what stands
        row = Redemption.objects.select_related("reward", "benefit").get(number=number)
        before = audit.snapshot(row)
        row.state, row.cancelled_at = State.CANCELLED, now
        open_ones = Redemption.objects.filter(pk=row.pk, state=State.CONFIRMED)
        if not open_ones.update(state=row.state, cancelled_at=now):
            raise NotCancellable
        if row.entry_id is not None:
            repaying.repay(entry_id=row.entry_id, amount=row.points, now=now, memo=row.reward.code)
        if row.claim_id is not None:
            accepting.give_back(row.claim_id, reference=row.number)
        intake.record([_happening(row, account_id)], now=now)
        key, params = f"{CANCELLED}:{row.pk}", {"redemption": row.pk}
        sending.tell(account_ids=[account_id], kind=CANCELLED, params=params, key=key, now=now)
        _record(row, before, reason, by, now, origin)
        stock.change(row.reward, row.quantity)
    return row


def _happening(row: Redemption, account_id: int) -> Happening:
    return Happening(
        kind=CANCELLED,
        key=f"{CANCELLED}:{row.number}",
        account_id=account_id,
        occurred_at=row.cancelled_at or row.redeemed_at,
        payload={
            "reward": row.reward.code,
            "quantity": row.quantity,
            "points": row.points,
            "number": row.number,
            "benefit": row.benefit.code if row.benefit else "",
        },
    )


def _record(
    row: Redemption, before: dict[str, object], reason: str, by: User | None, now: datetime, origin: Origin
) -> None:
    seen = audit.difference(before, audit.snapshot(row))
    audit.record(
        deed="rewards.redemption.cancel",
        subject=audit.name_of(row),
        actor=by,
        before=seen[0],
        after=seen[1],
        reason=reason.strip(),
        now=now,
        **origin._asdict(),
    )
