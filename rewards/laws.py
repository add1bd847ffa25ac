"""The law of the shelf: stock is never below nothing, and what left it was paid for."""

from collections.abc import Collection, Iterator
from datetime import datetime

from django.db.models import F
from django.utils.translation import gettext_lazy as _

from loyalty.bookkeeping import Breach, Check
from loyalty.ledger.laws.weighing import CUT
from loyalty.models import Entry
from rewards.models import Redemption, Reward


def shelf_is_paid(_now: datetime, accounts: Collection[int] | None) -> Iterator[Breach]:
    """I17: no stock below zero; each redemption has its own entry, of its account and of just its price.

    What cost no points, as a benefit paid for it, has none.

    What was delivered is not kept apart from what is left, so the two can't be reckoned against each other.
    """
    if accounts is None:
        for code, left in Reward.objects.filter(stock_left__lt=0).values_list("code", "stock_left")[:CUT]:
            yield Breach("I17", code, f"left {left}")
    paid = {"entry__account": F("account"), "entry__amount": -F("points"), "entry__counter": Entry.Counter.REDEEMED}
    rows = Redemption.objects.exclude(**paid).exclude(points=0, entry=None).order_by()
    if accounts is not None:
        rows = rows.filter(account_id__in=accounts)
    columns = ("number", "points", "entry__amount", "account_id", "entry__account_id", "entry__currency__code")
    for number, points, moved, account, payer, unit in rows.values_list(*columns)[:CUT]:
        mends = -points - moved if account == payer else 0
        yield Breach("I17", number, f"price {points}, entry {moved}", account, unit, mends)


LAW = Check(
    "I17",
    _("No reward's stock is below zero, and each redemption is paid by its own entry."),
    shelf_is_paid,
    _("Where the entry took another amount than the price, an adjustment of the difference makes it good."),
)
