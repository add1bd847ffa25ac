"""The operators' face of people and ladders, one module for each."""

from members.admin import ladders, people

__all__ = ["ladders", "people"]
