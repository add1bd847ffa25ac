"""The person's tables."""

from members.models.consent import Consent
from members.models.people import Member
from members.models.tiers import Tier, TierChange

__all__ = ["Consent", "Member", "Tier", "TierChange"]
