"""What the ground knows about an account, for conditions: its state and what it holds.

Contributed in ``contributions``. Balances are as last written; a purse that was never used holds 0.
"""

from collections.abc import Callable

from django.db.models import Expression, F, OuterRef, Subquery
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from loyalty import facts_messages, facts_orders, facts_points
from loyalty.models import Account, Balance
from loyalty.registry import Fact, ValueType


def _available(currency: str) -> Callable[[], Expression]:
    def expression() -> Expression:
        rows = Balance.objects.filter(account=OuterRef("pk"), currency__code=currency)
        return Coalesce(Subquery(rows.values("available")), 0)

    return expression


ACCOUNT: tuple[Fact, ...] = (
    Fact(
        code="account.status",
        label=_("account status"),
        type=ValueType.CHOICE,
        expression=lambda: F("status"),
        choices=lambda: Account.Status.choices,
        group=_("Account"),
    ),
    Fact(
        code="balance.points",
        label=_("available points"),
        type=ValueType.NUMBER,
        expression=_available("points"),
        group=_("Account"),
        moves=True,
    ),
    Fact(
        code="balance.growth",
        label=_("growth value"),
        type=ValueType.NUMBER,
        expression=_available("growth"),
        group=_("Account"),
        moves=True,
    ),
)
FACTS = (
    *ACCOUNT,
    *facts_points.ACCOUNT,
    *facts_points.FACTS,
    *facts_orders.FACTS,
    *facts_messages.FACTS,
)
