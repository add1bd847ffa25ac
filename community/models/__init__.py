"""The community's tables."""

from community.models.checkins import CheckinDay

__all__ = ["CheckinDay"]
