"""The person's tables."""

from members.models.consent import Consent
from members.models.ladders import MAIN, Ladder, LadderVersion
from members.models.people import Member
from members.models.standings import Standing, TierChange
from members.models.tiers import Tier

__all__ = ["MAIN", "Consent", "Ladder", "LadderVersion", "Member", "Standing", "Tier", "TierChange"]
