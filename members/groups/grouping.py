"""What the room of tags and segments brings to the house; ``contributions`` takes it in whole."""

from django.utils.translation import gettext_lazy as _

from loyalty.registry import BuiltinMetric
from members.demo import groups as demo_groups
from members.groups import facts_groups, segments, tagging, tags

CONTRIBUTED = (
    tagging.EVENT,
    *tagging.EFFECTS,
    tagging.MERGE,
    *tagging.JOBS,
    *segments.JOBS,
    *facts_groups.GROUPS,
    *facts_groups.FACTS,
    BuiltinMetric("tags_given", _("tags given"), tags.GIVEN, lambda _payload: 1),
    BuiltinMetric("tier_downgrades", _("tiers lost"), "tier.downgraded", lambda _payload: 1),
    demo_groups.DEMO,
)
