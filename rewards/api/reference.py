"""What the reference says of ``/rewards`` and ``/redemptions``."""

from typing import Any

from loyalty import accounts, faults
from loyalty.api.describing import INTEGER, MOMENT, TEXT, answer, endpoint, example, listed, maybe, named, record, word
from loyalty.api.reference import FAULTS, KEY_FAULTS
from loyalty.ledger import spending
from members.api import finding
from rewards import redemptions, stock
from rewards.api.shapes import NEW_REDEMPTION
from rewards.models import Redemption as Row

TAG = "Rewards"
REWARD = record(
    code=TEXT,
    name=TEXT,
    text=TEXT,
    points=INTEGER,
    left=INTEGER,
    limit_per_member=maybe(INTEGER),
    ends_at=maybe(MOMENT),
)
REDEMPTION = record(
    number=TEXT,
    token=TEXT,
    reward=TEXT,
    quantity=INTEGER,
    points=INTEGER,
    state=word(*Row.State.values),
    redeemed_at=MOMENT,
)
REWARDS = record(rewards=listed(REWARD))
named(Reward=REWARD, Rewards=REWARDS, Redemption=REDEMPTION, NewRedemption=NEW_REDEMPTION.schema())

REWARD_EXAMPLE: dict[str, Any] = {
    "code": "salmon",
    "name": "Dried salmon, 80 g",
    "text": "Pure salmon.",
    "points": 450,
    "left": 120,
    "limit_per_member": None,
    "ends_at": None,
}
REDEMPTION_EXAMPLE: dict[str, Any] = {
    "number": "7KQ2M9XWD4TB",
    "token": "T-20261111-0042",
    "reward": "salmon",
    "quantity": 1,
    "points": 450,
    "state": "confirmed",
    "redeemed_at": "2026-11-11T02:00:00Z",
}

GET_REWARDS = endpoint(
    "list_rewards",
    tag=TAG,
    summary="List what can be redeemed now",
    text="The cheapest first. Scope `redeem`.",
    stray="page",
    answers=[answer(REWARDS, "The shelf.", "One reward", {"rewards": [REWARD_EXAMPLE]})],
)
POST_REDEMPTION = endpoint(
    "redeem_reward",
    tag=TAG,
    summary="Redeem a reward for a member",
    text="Points and item move together or not at all. The same token again returns the first redemption. "
    "Scope `redeem`.",
    body=NEW_REDEMPTION.schema(),
    samples=[
        example(
            "One of it",
            {"member": "x:C-1001", "reward": "salmon", "token": "T-20261111-0042", "quoted_points": 450},
        )
    ],
    answers=[
        answer(REDEMPTION, "Redeemed before.", "Known", REDEMPTION_EXAMPLE),
        answer(REDEMPTION, "Redeemed.", "New", REDEMPTION_EXAMPLE, 201),
    ],
    refusals=(
        *FAULTS[:8],
        faults.OutOfRange(param="quantity", minimum=1, maximum=redemptions.MOST_AT_ONCE),
        *KEY_FAULTS,
        finding.MemberUnknown(param="member"),
        finding.MemberErased(param="member"),
        redemptions.RewardNotFound(param="reward"),
        redemptions.PriceChanged(points=1000, quoted=800),
        redemptions.TokenReused(param="token"),
        redemptions.NotAvailable(),
        redemptions.LimitReached(limit=2, taken=2),
        stock.OutOfStock(left=0),
        spending.InsufficientPoints(missing=300),
        accounts.AccountFrozen(),
        accounts.SpendingStopped(),
    ),
)
