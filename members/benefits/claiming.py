"""A member takes a benefit that is theirs to claim: once for each time the offer gives, whoever presses twice."""

from datetime import datetime

from django.utils.translation import gettext_lazy as _

from loyalty import accounts, programme, retrying
from loyalty.errors import Conflict, LoyaltyError, NotFound
from loyalty.events import intake
from members.benefits import holdings, issuing
from members.benefits.holdings import Holding
from members.benefits.issuing import Wish
from members.models import Benefit, BenefitClaim


class BenefitUnknown(NotFound):
    code = "benefit_not_found"
    sentence = _("This benefit is not among yours right now. Look at your benefits for what there is.")


class NothingToClaim(LoyaltyError):
    code = "benefit_not_claimable"
    sentence = _("There is nothing to claim here: this benefit is yours without asking.")


class QuotaUsed(LoyaltyError):
    code = "benefit_quota_used"
    sentence = _("You have taken this as often as there is in this period: %(taken)s of %(quota)s.")
    taken: int
    quota: int


class PeriodOver(Conflict):
    code = "benefit_period_over"
    sentence = _("A new period has begun since this page was opened. Please look again and claim from there.")


def claim(*, account_id: int, benefit: str, now: datetime, token: str = "") -> BenefitClaim:
    """Claims the benefit of that code for the present period.

    ``token`` is ``Holding.token`` as the form carried it: sent again, it returns the first claim. Raises
    ``BenefitUnknown``, ``NothingToClaim``, ``QuotaUsed``, ``PeriodOver``, ``AccountFrozen`` or
    ``AccountNotFound``.
    """
    return retrying.atomically(lambda: _claim(account_id, benefit, now, token))


def _claim(account_id: int, code: str, now: datetime, token: str) -> BenefitClaim:
    accounts.lock_active(account_id)  # two presses queue here; the quota's uniqueness stands behind it
    if token and (first := _replayed(account_id, code, token)):
        return first
    holding = _checked(account_id, code, token, now)
    wish = Wish(
        account_id=account_id,
        benefit=holding.benefit,
        offer=holding.offer,
        tier_id=holding.held.tier_id,
        period=holding.span.name,
        place=holding.place,
        usable_through=holding.usable_through(programme.day_of(now)),
        source=issuing.BY_MEMBER,
    )
    (row,), told = issuing.issue([wish], now=now)
    intake.record(told, now=now)
    return row


def _replayed(account_id: int, code: str, token: str) -> BenefitClaim | None:
    period, _dot, place = token.rpartition(".")
    if not (place.isascii() and place.isdigit() and len(place) <= 5):
        return None
    rows = BenefitClaim.objects.filter(member_id=account_id, benefit__code=code, period=period, place=int(place))
    return rows.first()


def _checked(account_id: int, code: str, token: str, now: datetime) -> Holding:
    held = holdings.one(account_id, now=now)
    holding = next((each for each in held if each.benefit.code == code), None)
    if holding is None:
        raise BenefitUnknown(param="benefit")
    if holding.benefit.way != Benefit.Way.CLAIMED:
        raise NothingToClaim
    if token and token.rpartition(".")[0] != holding.span.name:
        raise PeriodOver
    if not holding.left:
        raise QuotaUsed(taken=holding.taken, quota=holding.offer.quota)
    return holding
