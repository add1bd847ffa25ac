"""The most a member can hold of a currency: what an award would put above it is cut off. Pure."""

from loyalty.deciding.lines import share_out
from loyalty.deciding.model import Award
from loyalty.ledger.rows import Holding
from loyalty.models import Currency


def clip(award: Award, unit: Currency, holding: Holding) -> dict[str, object] | None:
    """Cuts the award to what fits beside what the member has, pending and held included.

    Returns what the receipt's step says of it, or ``None`` where all of it fits. Debt makes room.
    """
    if unit.balance_cap is None or not award.awarded:
        return None
    space = max(unit.balance_cap - holding.net, 0)
    if award.awarded <= space:
        return None
    award.by_line = share_out(space, award.by_line) if award.by_line else award.by_line
    award.awarded, award.reason = space, "clipped:balance"
    cap = {"per": "balance", "limit": unit.balance_cap, "used": max(holding.net, 0)}
    return {"awarded": space, "reason": award.reason, "cap": cap}
