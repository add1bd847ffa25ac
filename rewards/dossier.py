"""What the mall keeps of a person: what they took, which stays with the entries that paid for it."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from django.utils.translation import gettext_lazy as _

from loyalty.personal import Dossier, Person, Table, table_of
from rewards.models import Redemption


def tell(account_ids: Collection[int]) -> Sequence[Table]:
    rows = Redemption.objects.filter(account_id__in=account_ids).order_by("pk")
    return [table_of(rows, "redeemed_at", "number", "reward__code", "quantity", "points", "benefit__code", "state")]


def forget(person: Person, now: datetime) -> Mapping[str, int]:
    """Nothing here names anybody."""
    del person, now
    return {}


DOSSIER = Dossier(
    "rewards",
    _("what you took in the mall"),
    tell,
    forget,
    (),
    books={"rewards.Redemption": "paid by an entry, which it must go on explaining; names a reward and a number"},
    rank=20,
)
