"""The mall's tables."""

from rewards.models.catalogue import Reward
from rewards.models.redemptions import Redemption

__all__ = ["Redemption", "Reward"]
