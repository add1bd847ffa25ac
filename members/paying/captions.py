"""What points were spent on, where it was a plan."""

from collections.abc import Collection, Mapping
from uuid import UUID

from django.db.models import Q

from loyalty.models import Entry
from loyalty.registry import Caption, Text
from members.models import PlanTerm


def titles(entry_ids: Collection[UUID]) -> Mapping[UUID, Text]:
    """Entry id → the plan's name, of what was spent and of what came back. One query, two where any came back."""
    back = dict(Entry.objects.filter(pk__in=entry_ids).exclude(reverses=None).values_list("pk", "reverses_id"))
    rows = PlanTerm.objects.filter(Q(entry_id__in=entry_ids) | Q(entry_id__in=list(back.values())))
    names: dict[UUID, Text] = {
        row.entry_id: row.plan.name for row in rows.select_related("plan") if row.entry_id is not None
    }
    return names | {entry: names[spent] for entry, spent in back.items() if spent in names}


CAPTION = Caption("plans", titles)
