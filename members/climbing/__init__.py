"""Tiers: what is asked, who judges, every move, what is given by hand, the nightly walk, who would move."""
