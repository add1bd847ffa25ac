"""What the community keeps of a person: the days on which they checked in."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from django.utils.translation import gettext_lazy as _

from community.models import CheckinDay
from loyalty.personal import Dossier, Person, Table, table_of


def tell(account_ids: Collection[int]) -> Sequence[Table]:
    return [table_of(CheckinDay.objects.filter(account_id__in=account_ids).order_by("day"), "day", "created_at")]


def forget(person: Person, now: datetime) -> Mapping[str, int]:
    """The days go; how many there were stays in the tallies."""
    del now
    return {"checkins": CheckinDay.objects.filter(account_id__in=person.account_ids).delete()[0]}


DOSSIER = Dossier("community", _("your check-ins"), tell, forget, ("community.CheckinDay",), rank=30)
