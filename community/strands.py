"""What the community tells in the one stream on a member's page: check-ins."""

from collections.abc import Collection, Sequence
from datetime import datetime

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from community.models import CheckinDay
from loyalty.personal import Moment, Strand
from loyalty.strands import latest, permission


def checkins(account_ids: Collection[int], before: datetime | None, limit: int) -> Sequence[Moment]:
    rows = CheckinDay.objects.filter(account_id__in=account_ids)
    return [
        Moment(row.created_at, f"{row.pk:020}", _("Checked in"), note=date_format(row.day, "SHORT_DATE_FORMAT"))
        for row in latest(rows, "created_at", before, limit)
    ]


STRANDS = (
    Strand(
        "community",
        gettext_lazy("community"),
        "groups",
        checkins,
        permission(CheckinDay),
        rank=50,
        instead_of=("checkin.done",),
    ),
)
