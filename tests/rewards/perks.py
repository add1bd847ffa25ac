"""What benefits do at the cast's reward, for the tests that need it."""

from datetime import datetime
from typing import Any

from rewards import redemptions
from rewards.models import Privilege, Redemption, Reward
from tests import cast
from tests.members.benefits import perks

Does = Privilege.Does


def privilege(
    does: str, code: str = "grooming", *, hours: int | None = None, points: int | None = None, reward: str = "toy"
) -> Privilege:
    """What the benefit of that code does at a reward; the benefit is made where it is missing."""
    return Privilege.objects.create(
        reward=Reward.objects.get(code=reward),
        benefit=perks.benefit(code),
        does=does,
        hours=hours,
        price_points=points,
    )


def take(account_id: int, *tokens: str, now: datetime = cast.NOW, **told: Any) -> Redemption:
    """One toy; ``benefit``, ``quoted_points`` and ``quantity`` as told."""
    [token] = tokens or ["t-1"]
    wanted = {"reward_code": "toy", "quantity": 1, **told}
    return redemptions.place(account_id=account_id, token=token, now=now, **wanted)
