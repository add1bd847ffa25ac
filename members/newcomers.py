"""What joining brings to the house: ages, invitations, and words about how one is reached."""

from members import ages, contact_words, referrals

CONTRIBUTED = (*ages.FACTS, *referrals.CONTRIBUTED, *contact_words.KINDS)
