"""What the reference says of ``/rewards`` and ``/redemptions``."""

from typing import Any

from loyalty import accounts, faults
from loyalty.api.describing import (
    BOOLEAN,
    INTEGER,
    MOMENT,
    TEXT,
    answer,
    endpoint,
    example,
    listed,
    maybe,
    named,
    record,
    word,
)
from loyalty.api.reference import FAULTS, KEY_FAULTS
from loyalty.ledger import spending
from members.api import finding
from members.benefits import claiming, using
from rewards import redemptions, stock
from rewards.api.shapes import NEW_REDEMPTION
from rewards.models import Privilege
from rewards.models import Redemption as Row

TAG = "Rewards"
PRIVILEGE = record(
    benefit=TEXT,
    does=word(*Privilege.Does.values),
    opens_at=maybe(MOMENT),
    points=maybe(INTEGER),
    takes_use=BOOLEAN,
)
REWARD = record(
    code=TEXT,
    name=TEXT,
    text=TEXT,
    points=INTEGER,
    left=INTEGER,
    limit_per_member=maybe(INTEGER),
    starts_at=MOMENT,
    ends_at=maybe(MOMENT),
    privileges=listed(PRIVILEGE),
)
REDEMPTION = record(
    number=TEXT,
    token=TEXT,
    reward=TEXT,
    quantity=INTEGER,
    points=INTEGER,
    benefit=maybe(TEXT),
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
    "starts_at": "2026-11-01T02:00:00Z",
    "ends_at": None,
    "privileges": [
        {"benefit": "snack", "does": "price", "opens_at": None, "points": 0, "takes_use": True},
        {
            "benefit": "first-look",
            "does": "early",
            "opens_at": "2026-10-31T02:00:00Z",
            "points": None,
            "takes_use": False,
        },
    ],
}
REDEMPTION_EXAMPLE: dict[str, Any] = {
    "number": "7KQ2M9XWD4TB",
    "token": "T-20261111-0042",
    "reward": "salmon",
    "quantity": 1,
    "points": 450,
    "benefit": None,
    "state": "confirmed",
    "redeemed_at": "2026-11-11T02:00:00Z",
}

GET_REWARDS = endpoint(
    "list_rewards",
    tag=TAG,
    summary="List what can be redeemed now",
    text="The cheapest first. `privileges` tell what a benefit does: `reserved` keeps it for members who have one of "
    "those named, `early` opens it to them at `opens_at`, `price` is what they pay, with one use of the benefit where "
    "`takes_use`. Scope `redeem`.",
    stray="page",
    answers=[answer(REWARDS, "The shelf.", "One reward", {"rewards": [REWARD_EXAMPLE]})],
)
POST_REDEMPTION = endpoint(
    "redeem_reward",
    tag=TAG,
    summary="Redeem a reward for a member",
    text="Points and item move together or not at all. The same token again returns the first redemption. "
    "What a member's benefits always lower the price to is taken by itself; one that pays with a use is named as "
    "`benefit`, for one piece. Scope `redeem`.",
    body=NEW_REDEMPTION.schema(),
    samples=[
        example(
            "One of it",
            {"member": "x:C-1001", "reward": "salmon", "token": "T-20261111-0042", "quoted_points": 450},
        ),
        example(
            "With a benefit",
            {"member": "x:C-1001", "reward": "salmon", "token": "T-43", "quoted_points": 0, "benefit": "snack"},
        ),
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
        redemptions.NotOpenYet(opens="March 18, 2026, 10:00", who="Gold members and above"),
        redemptions.Reserved(who="Gold members and above"),
        redemptions.BenefitNotAccepted(param="benefit"),
        claiming.BenefitUnknown(param="benefit"),
        claiming.QuotaUsed(taken=1, quota=1),
        using.WrongPlace(place="at a till"),
        redemptions.LimitReached(limit=2, taken=2),
        stock.OutOfStock(left=0),
        spending.InsufficientPoints(missing=300),
        accounts.AccountFrozen(),
        accounts.SpendingStopped(),
    ),
)
