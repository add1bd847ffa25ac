"""What the mall tells in the one stream on a member's page: what they took."""

from collections.abc import Collection, Sequence
from datetime import datetime

from django.utils.translation import gettext_lazy as _

from loyalty.personal import Moment, Strand
from loyalty.strands import latest, permission, signed
from rewards.models import Redemption


def redemptions(account_ids: Collection[int], before: datetime | None, limit: int) -> Sequence[Moment]:
    rows = Redemption.objects.filter(account_id__in=account_ids).select_related("reward", "benefit")
    return [
        Moment(
            row.redeemed_at,
            f"{row.pk:020}",
            row.reward.name,
            note=" · ".join([row.get_state_display(), row.number, *([row.benefit.name] if row.benefit else [])]),
            figure=signed(-row.points) if row.points else "",
            is_loss=bool(row.points),
            subject=("rewards.redemption", row.pk),
        )
        for row in latest(rows, "redeemed_at", before, limit)
    ]


STRANDS = (
    Strand(
        "mall",
        _("mall"),
        "shopping_bag",
        redemptions,
        permission(Redemption),
        rank=25,
        instead_of=("reward.redeemed",),
    ),
)
