"""Benefits given beside all quotas: by a rule, or by staff with a reason. Taking one back is staff's, too."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from loyalty import accounts, approvals, audit, programme
from loyalty.audit import NOWHERE, Origin
from loyalty.errors import Conflict
from loyalty.events import intake
from loyalty.models import User
from loyalty.registry import Effect, EffectParam, Grant, Happening, Text, ValueType
from members.benefits import issuing, quotas
from members.benefits.claiming import BenefitUnknown
from members.benefits.issuing import Wish
from members.benefits.using import CodeUnknown, say_why, witness
from members.models import Benefit, BenefitClaim, Member

LONGEST_DAYS = 3660
MOST_TIMES = 20


class NotOpen(Conflict):
    code = "benefit_not_open"
    sentence = gettext_lazy("Only a benefit that is still to be used can be taken back.")


def give(
    *,
    account_id: int,
    benefit: str,
    through: date | None,
    reason: str,
    by: User | None,
    now: datetime,
    origin: Origin = NOWHERE,
) -> BenefitClaim:
    """Gives one beside all quotas, usable through that day (``None``: without end), with an audit record.

    Raises ``ReasonNeeded``, ``BenefitUnknown``, ``AccountFrozen``, ``AccountNotFound`` or ``OwnMembership``.
    """
    say_why(reason)
    approvals.refuse_own(by, account_id)
    with transaction.atomic():
        accounts.lock_active(account_id)
        found = Benefit.objects.filter(code=benefit, archived_at=None).first()
        if found is None:
            raise BenefitUnknown(param="benefit")
        place = _places([account_id], [found.pk]).get((account_id, found.pk), 0) + 1
        wish = Wish(
            account_id=account_id,
            benefit=found,
            offer=None,
            tier_id=_tiers([account_id]).get(account_id),
            period=quotas.GIVEN,
            place=place,
            usable_through=through,
            source=issuing.BY_STAFF,
            note=reason,
        )
        (row,), told = issuing.issue([wish], now=now)
        intake.record(told, now=now)
        audit.record(
            deed="members.benefit.give",
            subject=audit.name_of(row),
            actor=by,
            after=witness(row),
            reason=reason,
            now=now,
            **origin._asdict(),
        )
    return row


def take_back(*, code: str, reason: str, by: User | None, now: datetime, origin: Origin = NOWHERE) -> BenefitClaim:
    """Ends a claim that is still open; its place in the quota stays taken. Raises ``NotOpen`` or ``ReasonNeeded``."""
    say_why(reason)
    with transaction.atomic():
        row = BenefitClaim.objects.select_for_update(of=("self",)).filter(code=code).first()
        if row is None:
            raise CodeUnknown(param="code")
        if row.state != BenefitClaim.State.OPEN:
            raise NotOpen
        before = witness(row)
        row.state, row.note = BenefitClaim.State.TAKEN_BACK, reason
        row.save(update_fields=["state", "note"])
        seen = audit.difference(before, witness(row))
        audit.record(
            deed="members.benefit.take_back",
            subject=audit.name_of(row),
            actor=by,
            before=seen[0],
            after=seen[1],
            reason=reason,
            now=now,
            **origin._asdict(),
        )
    return row


def _places(account_ids: Collection[int], benefit_ids: Collection[int]) -> dict[tuple[int, int], int]:
    """The last number given to each member of each benefit. One query."""
    rows = BenefitClaim.objects.filter(
        member_id__in=account_ids, benefit_id__in=benefit_ids, period=quotas.GIVEN
    ).order_by()
    grouped = rows.values("member_id", "benefit_id").annotate(last=Max("place"))
    return {(row["member_id"], row["benefit_id"]): row["last"] for row in grouped}


def _tiers(account_ids: Collection[int]) -> dict[int, int | None]:
    """Who is a member, and on which tier of the main ladder."""
    return dict(Member.objects.filter(pk__in=account_ids).values_list("pk", "tier_id"))


def apply(grants: Sequence[Grant], now: datetime) -> list[Happening]:
    """The effect ``benefit.give``. A benefit that is gone or retired gives nothing, nor does who is no member."""
    codes = {str(each.params["benefit"]) for each in grants}
    known = Benefit.objects.filter(code__in=codes, archived_at=None).in_bulk(field_name="code")
    members = _tiers({each.account_id for each in grants})
    places = Counter(_places(members, [row.pk for row in known.values()]))
    wishes = []
    for grant in grants:
        benefit = known.get(str(grant.params["benefit"]))
        if benefit is None or grant.account_id not in members:
            continue
        for _time in range(_times(grant.params)):
            places[grant.account_id, benefit.pk] += 1
            wishes.append(
                Wish(
                    account_id=grant.account_id,
                    benefit=benefit,
                    offer=None,
                    tier_id=members[grant.account_id],
                    period=quotas.GIVEN,
                    place=places[grant.account_id, benefit.pk],
                    usable_through=quotas.usable_through(_days(grant.params, benefit), None, programme.day_of(now)),
                    source=issuing.BY_RULE,
                    cause_id=grant.event_id,
                )
            )
    return issuing.issue(wishes, now=now)[1]


def _times(params: Mapping[str, Any]) -> int:
    return min(MOST_TIMES, max(1, int(params.get("times") or 1)))


def _days(params: Mapping[str, Any], benefit: Benefit) -> int:
    """As the rule says, else as the benefit says; 0 is without end."""
    return min(LONGEST_DAYS, max(0, int(params.get("days") or 0))) or benefit.use_days


def _choices() -> Sequence[tuple[str, Text]]:
    offered = Benefit.objects.filter(archived_at=None).exclude(way=Benefit.Way.STANDING)
    return [(benefit.code, benefit.name) for benefit in offered]


def _sentence(params: Mapping[str, Any]) -> str:
    benefit = Benefit.objects.filter(code=params.get("benefit") or "").first()
    times, days = _times(params), int(params.get("days") or 0)
    words = {"benefit": benefit.name if benefit else params.get("benefit"), "times": times, "days": days}
    if not days:
        return _("benefit “%(benefit)s” × %(times)s") % words
    text = ngettext(
        "benefit “%(benefit)s” × %(times)s, to be used within %(days)s day",
        "benefit “%(benefit)s” × %(times)s, to be used within %(days)s days",
        days,
    )
    return text % words


GIVE = Effect(
    "benefit.give",
    gettext_lazy("give a benefit"),
    (
        EffectParam("benefit", gettext_lazy("benefit"), ValueType.CHOICE, choices=_choices),
        EffectParam("times", gettext_lazy("how many"), ValueType.NUMBER, default=1),
        EffectParam(
            "days", gettext_lazy("days to use it (empty: as the benefit says)"), ValueType.NUMBER, required=False
        ),
    ),
    apply,
    _sentence,
    emits=(issuing.CLAIMED,),
)
