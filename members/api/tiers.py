"""``/members/{ref}/tiers``: where a member stands on every ladder, what is missing, what keeps the tier."""

from typing import Any

from rest_framework.request import Request
from rest_framework.response import Response

from loyalty.api.describing import BOOLEAN, DAY, INTEGER, TEXT, answer, endpoint, listed, maybe, named, record, word
from loyalty.api.views import PartnerView
from loyalty.models import PartnerKey
from members.api import finding
from members.api.reference import GONE, REF, TAG
from members.climbing import progress
from members.climbing.bars import Bar
from members.climbing.progress import Goal, Keep, Path
from members.models import Ladder, Tier

TIER = record(code=TEXT, name=TEXT)
BAR = record(what=TEXT, have=INTEGER, need=INTEGER, missing=INTEGER, met=BOOLEAN)
GOAL = record(code=TEXT, name=TEXT, percent=INTEGER, needed=INTEGER, sentence=TEXT, bars=listed(BAR))
KEEP = record(through=DAY, final=DAY, safe=BOOLEAN, sentence=TEXT, bars=listed(BAR))
STANDING = record(
    ladder=TEXT,
    tier=maybe(TIER),
    source=word("earned", "granted", "paid"),
    through=maybe(DAY),
    next=maybe(GOAL),
    keep=maybe(KEEP),
)
TIERS = record(member=TEXT, ladders=listed(STANDING))
named(TierStanding=STANDING, TierStandings=TIERS)
_BAR: dict[str, Any] = {"what": "growth so far", "have": 1680, "need": 2000, "missing": 320, "met": False}
EXAMPLE: dict[str, Any] = {
    "member": "68012345678",
    "ladders": [
        {
            "ladder": "main",
            "tier": {"code": "silver", "name": "Silver"},
            "source": "earned",
            "through": None,
            "next": {
                "code": "gold",
                "name": "Gold",
                "percent": 78,
                "needed": 1,
                "sentence": "320 more growth, and you are Gold.",
                "bars": [_BAR],
            },
            "keep": None,
        }
    ],
}
GET_TIERS = endpoint(
    "get_member_tiers",
    tag=TAG,
    summary="Read where a member stands",
    text="Every ladder in use, the main one first: the tier that counts and by what right, what the next tier "
    "asks for, and what keeps the present one. Days are business days, the last one included. Scope `members:read`.",
    parameters=[REF],
    answers=[answer(TIERS, "The standings.", "On the way to gold", EXAMPLE)],
    refusals=GONE,
)


class MemberTiers(PartnerView):
    scopes = {"GET": PartnerKey.Scope.MEMBERS_READ}

    @GET_TIERS
    def get(self, request: Request, ref: str) -> Response:
        self.query(request, ())
        member = finding.member(ref, self.partner)
        paths = progress.paths(member, now=self.now)
        codes = dict(Ladder.objects.values_list("pk", "code"))
        standings = [tell_path(path, codes[path.ladder_id]) for path in paths]
        return Response({"member": member.account.number, "ladders": standings})


def tell_path(path: Path, code: str) -> dict[str, Any]:
    return {
        "ladder": code,
        "tier": _tier(path.tier) if path.tier else None,
        "source": path.source,
        "through": path.source_through.isoformat() if path.source_through else None,
        "next": _goal(path.next) if path.next else None,
        "keep": _keep(path.keep) if path.keep else None,
    }


def _tier(tier: Tier) -> dict[str, str]:
    return {"code": tier.code, "name": tier.name}


def _goal(goal: Goal) -> dict[str, Any]:
    told = {"percent": goal.percent, "needed": goal.needed, "sentence": goal.sentence}
    return {**_tier(goal.tier), **told, "bars": [_bar(bar) for bar in goal.bars]}


def _keep(keep: Keep) -> dict[str, Any]:
    return {
        "through": keep.through.isoformat(),
        "final": keep.final.isoformat(),
        "safe": keep.is_safe or keep.is_locked,
        "sentence": keep.sentence,
        "bars": [_bar(bar) for bar in keep.bars],
    }


def _bar(bar: Bar) -> dict[str, Any]:
    return {"what": bar.label, "have": bar.have, "need": bar.need, "missing": bar.missing, "met": bar.is_met}
