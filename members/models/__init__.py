"""The person's tables."""

from members.models.addresses import Address
from members.models.benefits import Benefit, BenefitClaim, BenefitOffer, BenefitSeason, BenefitSet
from members.models.consent import Consent
from members.models.households import HouseholdInvite
from members.models.interests import Interest, MemberInterest
from members.models.invitations import Referral, ReferralCode
from members.models.ladders import MAIN, Ladder, LadderVersion
from members.models.people import Member
from members.models.pets import Pet, PetWeight
from members.models.pictures import Picture
from members.models.plans import Plan, PlanTerm
from members.models.privacy import Erasure, StaffNote
from members.models.segments import Segment, SegmentMember, Tag, Tagging
from members.models.settings import MemberSettings
from members.models.signing_in import SignIn
from members.models.standings import Standing, TierChange
from members.models.tiers import Tier

__all__ = [
    "MAIN",
    "Address",
    "Benefit",
    "BenefitClaim",
    "BenefitOffer",
    "BenefitSeason",
    "BenefitSet",
    "Consent",
    "Erasure",
    "HouseholdInvite",
    "Interest",
    "Ladder",
    "LadderVersion",
    "Member",
    "MemberInterest",
    "MemberSettings",
    "Pet",
    "PetWeight",
    "Picture",
    "Plan",
    "PlanTerm",
    "Referral",
    "ReferralCode",
    "Segment",
    "SegmentMember",
    "SignIn",
    "StaffNote",
    "Standing",
    "Tag",
    "Tagging",
    "Tier",
    "TierChange",
]
