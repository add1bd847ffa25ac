"""What a member has redeemed, as tickets to show."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from django.db.models import BooleanField, ExpressionWrapper, Q, QuerySet
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from loyalty.web import codes
from rewards.models import Redemption

JUST_NOW = timedelta(minutes=1)
MOST = 100
_IS_OVER = ExpressionWrapper(~Q(state=Redemption.State.CONFIRMED), output_field=BooleanField())
_STATES = {
    Redemption.State.CONFIRMED: "ready",
    Redemption.State.VERIFIED: "used",
    Redemption.State.CANCELLED: "canceled",
}
_WORDS = {
    Redemption.State.CONFIRMED: gettext_lazy("Ready"),
    Redemption.State.VERIFIED: gettext_lazy("Handed over"),
    Redemption.State.CANCELLED: gettext_lazy("Canceled"),
}


@dataclass(frozen=True, slots=True)
class Ticket:
    """Keys as ``rewards/ticket.html`` reads them."""

    ref: str
    title: str
    state: str
    state_text: str
    code: str
    points: int
    redeemed_at: datetime
    benefit: str = ""
    cancelled_at: datetime | None = None
    how: str = ""
    fresh: bool = False
    qr: SafeString | str = ""


def of(account_id: int) -> QuerySet[Redemption]:
    """The member's own, the usable ones first, then the newest."""
    rows = _of(account_id).select_related("reward", "benefit")
    return rows.order_by(_IS_OVER, "-redeemed_at")


def count_ready(account_id: int) -> int:
    return _of(account_id).filter(state=Redemption.State.CONFIRMED).count()


def _of(account_id: int) -> QuerySet[Redemption]:
    """With those of accounts that were merged into it: what was taken stays with the entry that paid for it."""
    theirs = Q(account__merged_into=account_id) | Q(account__merged_into__merged_into=account_id)
    return Redemption.objects.filter(Q(account=account_id) | theirs)


def row(redemption: Redemption) -> Ticket:
    """A line of the list, without its code drawn."""
    state = Redemption.State(redemption.state)
    return Ticket(
        ref=redemption.number,
        title=redemption.reward.name,
        state=_STATES[state],
        state_text=str(_WORDS[state]),
        code=redemption.number,
        points=redemption.points,
        redeemed_at=redemption.redeemed_at,
        benefit=redemption.benefit.name if redemption.benefit else "",
        cancelled_at=redemption.cancelled_at,
    )


def ticket(redemption: Redemption, now: datetime) -> Ticket:
    """The whole ticket; ``fresh`` right after redeeming."""
    return replace(
        row(redemption),
        how=_("Show this code in the shop; it is scanned and yours."),
        fresh=now - redemption.redeemed_at < JUST_NOW,
        qr=codes.qr(redemption.number),
    )
