"""What the ground knows about an account, for conditions: its state and what it holds.

Contributed in ``contributions``. Balances are as last written; a purse that was never used holds 0.
"""

from collections.abc import Callable

from django.db.models import Expression, F, OuterRef, Subquery
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from loyalty import facts_messages, facts_orders, facts_points
from loyalty.conditions.figures import Family
from loyalty.models import Account, Balance
from loyalty.registry import Fact, ValueType


def _available(currency: str) -> Callable[[], Expression]:
    def expression() -> Expression:
        rows = Balance.objects.filter(account=OuterRef("pk"), currency__code=currency)
        return Coalesce(Subquery(rows.values("available")), 0)

    return expression


_account = Family("account", _("Account")).fact
_balance = Family("balance", _("Account"), moves=True).fact
ACCOUNT: tuple[Fact, ...] = (
    _account("status", _("account status"), ValueType.CHOICE, lambda: F("status"), lambda: Account.Status.choices),
    _balance("points", _("available points"), ValueType.NUMBER, _available("points")),
    _balance("growth", _("growth value"), ValueType.NUMBER, _available("growth")),
)
FACTS = (
    *ACCOUNT,
    *facts_points.ACCOUNT,
    *facts_points.FACTS,
    *facts_orders.FACTS,
    *facts_messages.FACTS,
)
