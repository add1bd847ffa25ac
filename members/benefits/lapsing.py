"""Every night: what was not used in time is marked so."""

from datetime import date, datetime

from django.utils.translation import gettext_lazy as _

from loyalty import periods
from loyalty.registry import Job, Stride
from members.models import BenefitClaim

RANGE = 500
RANGES_A_STRIDE = 20


def walk(_as_of: datetime, period: str, _cursor: str) -> Stride:
    """Marks what could be used through the day before business day ``period`` or earlier, the oldest first.

    Nothing is locked: who uses one at this moment and the mark each write only where they find it open.
    """
    lapsed, day = 0, date.fromisoformat(period)
    for _range in range(RANGES_A_STRIDE):
        due = BenefitClaim.objects.filter(state=BenefitClaim.State.OPEN, usable_through__lt=day)
        found = list(due.order_by("usable_through", "pk").values_list("pk", flat=True)[:RANGE])
        if not found:
            return Stride("", {"lapsed": lapsed})
        lapsed += due.filter(pk__in=found).update(state=BenefitClaim.State.LAPSED)
    return Stride("more", {"lapsed": lapsed})


JOB = Job("lapse_benefits", _("Mark benefits not used in time"), periods.day, walk=walk, catch_up=0)
