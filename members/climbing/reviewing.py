"""The walks of tiers: the nightly review of who is due, and moving everybody after a new version.

Both go in ranges of 500 members with a constant number of statements each, lock accounts in ascending
order, and bear repetition: who was reviewed is no longer due, who was moved is judged the same again.
"""

from datetime import date, datetime

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from loyalty import accounts, periods
from loyalty.events import intake
from loyalty.models import Account
from loyalty.registry import Job, Stride
from members.climbing import telling, tiers
from members.climbing.tiers import Occasion
from members.models import LadderVersion, Member, Standing

RANGE = 500
RANGES_A_STRIDE = 10


def review_due(as_of: datetime, period: str, cursor: str) -> Stride:
    """Some thousand members whose review has come by business day ``period``, from ``cursor`` on."""
    day = date.fromisoformat(period)
    reviewed = moved = 0
    for _range in range(RANGES_A_STRIDE):
        due = _due(day, cursor)
        if not due:
            return Stride("", {"reviewed": reviewed, "moved": moved})
        moved += _review([row[2] for row in due], Occasion(now=as_of))
        reviewed += len(due)
        cursor = f"{due[-1][0]}|{due[-1][1]}"
    return Stride(cursor, {"reviewed": reviewed, "moved": moved})


def _due(day: date, cursor: str) -> list[tuple[date, int, int]]:
    """The next range in order of the day they were due: (day, standing, member)."""
    rows = Standing.objects.filter(next_review_on__lte=day)
    if cursor:
        on, last = cursor.split("|")
        since = date.fromisoformat(on)
        rows = rows.filter(next_review_on__gte=since).filter(
            Q(next_review_on__gt=since) | Q(next_review_on=since, id__gt=int(last))
        )
    found = rows.order_by("next_review_on", "id").values_list("next_review_on", "id", "member_id")[:RANGE]
    return [(on, last, member_id) for on, last, member_id in found if on is not None]


def _review(account_ids: list[int], occasion: Occasion) -> int:
    """Judges one range in its own transaction; returns how many moved."""
    with transaction.atomic():
        locked = accounts.lock(sorted(set(account_ids)))
        closed = [account_id for account_id, row in locked.items() if row.status == Account.Status.CLOSED]
        if closed:
            Standing.objects.filter(member_id__in=closed).update(next_review_on=None)
        open_ids = sorted(set(locked) - set(closed))
        moves = tiers.settle(open_ids, occasion)
        if moves:
            intake.record(telling.told(moves), now=occasion.now)
    return len(moves)


def move_all(as_of: datetime, _period: str, _cursor: str) -> Stride:
    """One stretch of moving everybody to the newest version that asks for it.

    How far it came stands in the version, locked meanwhile, so two workers never move the same range.
    """
    counts, cursor = {"judged": 0, "moved": 0}, ""
    for _range in range(RANGES_A_STRIDE):
        with transaction.atomic():
            waiting = LadderVersion.objects.select_for_update(skip_locked=True).filter(
                moves=LadderVersion.Moves.NOW, moved_at=None, effective_from__lte=as_of
            )
            version = waiting.order_by("pk").first()
            if version is None:
                return Stride("", counts)
            ids = list(
                Member.objects.filter(pk__gt=version.moved_through).order_by("pk").values_list("pk", flat=True)[:RANGE]
            )
            if ids:
                occasion = Occasion(now=as_of, force=True, ladder_id=version.ladder_id)
                counts["moved"] += _review(ids, occasion)
                counts["judged"] += len(ids)
            last = ids[-1] if ids else version.moved_through
            LadderVersion.objects.filter(pk=version.pk).update(moved_through=last, moved_at=None if ids else as_of)
            cursor = f"{version.pk}:{last}"
    return Stride(cursor, counts)


JOBS = (
    Job("review_tiers", _("Review tiers that have come due"), periods.day, walk=review_due, catch_up=0),
    Job("move_tiers", _("Move members after a ladder changed"), periods.every(1), walk=move_all, catch_up=0),
)
