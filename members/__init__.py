"""The person: enrolment, profile, consent and tiers."""
