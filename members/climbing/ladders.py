"""Ladders and their versions: what is in force, and putting a new one in force.

The rows of a ladder are a draft. ``publish`` freezes them; only what was published is judged by.
"""

from collections.abc import Collection
from datetime import datetime
from typing import Any, NamedTuple

from django.core.management.color import no_style
from django.db import connection, transaction
from django.utils.translation import gettext_lazy as _

from loyalty import conditions
from loyalty.asking import Question
from loyalty.configuration import Kept
from loyalty.errors import LoyaltyError
from loyalty.models import User
from members.climbing import terms as ladder_terms
from members.climbing.terms import Policy, Terms
from members.models import MAIN, Ladder, LadderVersion, Tier

MAIN_ROW: dict[str, Any] = {"code": "main", "name_zh": "会员等级", "name_en": "Membership", "is_main": True}
POLICIES = tuple(Policy.__dataclass_fields__)


class LadderEmpty(LoyaltyError):
    code = "ladder_empty"
    sentence = _("This ladder has no tiers yet. Add the first one.")


class TierAsksNothing(LoyaltyError):
    code = "tier_asks_nothing"
    sentence = _("Nothing says how %(tier)s is reached. Give a figure or a condition, or mark it as invited or bought.")


class LadderOutOfOrder(LoyaltyError):
    code = "ladder_out_of_order"
    sentence = _("%(tier)s asks for less than the tier below it. Please check the figures or the ranks.")


class LadderUnchanged(LoyaltyError):
    code = "ladder_unchanged"
    sentence = _("The version in force already says exactly this.")


def lay() -> None:
    """Makes the main ladder's row where it is missing."""
    if not Ladder.objects.filter(pk=MAIN).exists():
        Ladder.objects.get_or_create(pk=MAIN, defaults=MAIN_ROW)
        with connection.cursor() as cursor:  # the next ladder's key must not be this one's
            for statement in connection.ops.sequence_reset_sql(no_style(), [Ladder]):
                cursor.execute(statement)


def definition(ladder: Ladder) -> dict[str, Any]:
    """The draft as publishing would freeze it."""
    tiers = ladder.tiers.order_by("rank", "pk")
    return {
        "policy": {name: getattr(ladder, name) for name in POLICIES},
        "tiers": [_frozen(tier) for tier in tiers],
    }


def _frozen(tier: Tier) -> dict[str, Any]:
    names = ("code", "rank", "threshold", "requirement", "keep_threshold", "retention", "is_invitation_only", "is_paid")
    return {"id": tier.pk, **{name: getattr(tier, name) for name in names}, "is_archived": tier.archived_at is not None}


def check(ladder: Ladder) -> None:
    """Raises what keeps the draft from being published; ``param`` names the tier's code and column."""
    tiers = [tier for tier in ladder.tiers.order_by("rank") if tier.archived_at is None]
    if not tiers:
        raise LadderEmpty
    below = -1
    for tier in tiers:
        for column in ("requirement", "retention"):
            conditions.validate(getattr(tier, column), kind=None)
        if not tier.is_by_figures:
            continue
        if tier.threshold is None and not tier.requirement:
            raise TierAsksNothing(param=f"{tier.code}.threshold", tier=tier.name)
        if tier.threshold is not None:
            if tier.threshold <= below:
                raise LadderOutOfOrder(param=f"{tier.code}.threshold", tier=tier.name)
            below = tier.threshold


def publish(
    ladder: Ladder,
    *,
    by: User | None,
    now: datetime,
    moves: str = LadderVersion.Moves.LATER,
    effective_from: datetime | None = None,
) -> LadderVersion:
    """Freezes the draft; from ``effective_from`` (not before ``now``) on it is judged by.

    With ``moves=now`` everybody is judged by it as soon as it is in force; else each keeps what they
    have to the end of its validity, by the terms it was reached by. Raises what ``check`` raises, and
    ``LadderUnchanged``.
    """
    with transaction.atomic():
        locked = Ladder.objects.select_for_update().get(pk=ladder.pk)
        check(locked)
        frozen = definition(locked)
        last = locked.versions.order_by("-number").first()
        if last is not None and last.definition == frozen and moves == LadderVersion.Moves.LATER:
            raise LadderUnchanged
        return LadderVersion.objects.create(
            ladder=locked,
            number=(last.number if last else 0) + 1,
            definition=frozen,
            effective_from=max(effective_from or now, now),
            published_at=now,
            published_by=by,
            moves=moves,
        )


def in_force(now: datetime) -> list[Terms]:
    """The terms of every ladder in use, the main one first. One query."""
    newest = {terms.ladder_id: terms for since, terms in _published() if since <= now}
    return list(newest.values())


class Era(NamedTuple):
    """One version of a ladder, from when on it is judged by, and when it had moved everybody, if it did."""

    since: datetime
    terms: Terms
    moved_at: datetime | None


def history(now: datetime) -> dict[int, list[Era]]:
    """All that was ever in force of each ladder in use, the oldest first; the main ladder first. One query."""
    found: dict[int, list[Era]] = {}
    for row in _PUBLISHED():
        if row.effective_from <= now:
            eras = found.setdefault(row.ladder_id, [])
            eras.append(Era(row.effective_from, terms_of(row), row.moved_at))
    return found


@Kept
def _published() -> list[tuple[datetime, Terms]]:
    """Every version of the ladders in use and when it is in force from, ladder by ladder, the oldest first."""
    return [(row.effective_from, terms_of(row)) for row in _PUBLISHED()]


_PUBLISHED = Question(
    lambda: (
        LadderVersion.objects.filter(ladder__archived_at=None)
        .select_related("ladder")
        .order_by("-ladder__is_main", "ladder_id", "number")
    )
)


def older(version_ids: Collection[int]) -> dict[int, Terms]:
    """The terms of versions by key, for members held by them. One query, none for none."""
    if not version_ids:
        return {}
    rows = LadderVersion.objects.filter(pk__in=version_ids).select_related("ladder")
    return {row.pk: terms_of(row) for row in rows}


def latest(ladder: Ladder) -> LadderVersion | None:
    """The version published last, in force or yet to be."""
    return ladder.versions.order_by("-number").first()


def terms_of(version: LadderVersion) -> Terms:
    return ladder_terms.compile_version(
        version_id=version.pk,
        number=version.number,
        ladder_id=version.ladder_id,
        ladder_code=version.ladder.code,
        is_main=version.ladder.is_main,
        definition=version.definition,
    )


def draft_terms(ladder: Ladder) -> Terms:
    """The draft compiled, for previews."""
    return ladder_terms.compile_version(
        version_id=0,
        number=0,
        ladder_id=ladder.pk,
        ladder_code=ladder.code,
        is_main=ladder.is_main,
        definition=definition(ladder),
    )


def retire(ladder: Ladder, *, now: datetime) -> Ladder:
    """Takes a side ladder out of use; standings stay as they are. The main one can't be retired."""
    if ladder.is_main:
        raise MainLadderStays
    Ladder.objects.filter(pk=ladder.pk, archived_at=None).update(archived_at=now)
    ladder.refresh_from_db()
    return ladder


class MainLadderStays(LoyaltyError):
    code = "main_ladder_stays"
    sentence = _("The main ladder cannot be retired. Retire its tiers instead.")


def first_tier(now: datetime) -> int | None:
    """The main ladder's tier that needs nothing, which every member has from the start. One query."""
    for terms in in_force(now):
        if terms.is_main:
            return next((rung.tier_id for rung in terms.rungs if rung.reach and rung.is_free), None)
    return None
