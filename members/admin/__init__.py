"""The operators' face of people and ladders, one module for each."""

from members.admin import plans, ladders, people, segments, tags

__all__ = ["plans", "ladders", "people", "segments", "tags"]
