"""The mall's tables."""

from rewards.models.catalogue import Reward
from rewards.models.privileges import Privilege
from rewards.models.redemptions import Redemption

__all__ = ["Privilege", "Redemption", "Reward"]
