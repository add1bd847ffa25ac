"""The operators' face of people and ladders, one module for each."""

from members.admin import benefit_claims, benefits, ladders, leaving, people, plans, segments, tags

__all__ = ["benefit_claims", "benefits", "ladders", "leaving", "people", "plans", "segments", "tags"]
