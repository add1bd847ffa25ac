"""Benefits as pages draw them: lines to claim or to look forward to, and tickets with a code to show."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import QuerySet
from django.utils.html import linebreaks
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from loyalty.web import codes
from members.benefits import using
from members.benefits.holdings import Holding
from members.benefits.offers import Held
from members.models import Benefit, BenefitClaim, BenefitOffer

SOON_DAYS = 7
JUST_NOW = timedelta(minutes=1)
KINDS = {
    Benefit.Kind.ADVISER: "phone",
    Benefit.Kind.GIFT: "gift",
    Benefit.Kind.RETURNS: "refund",
    Benefit.Kind.DELIVERY: "truck",
    Benefit.Kind.EARLY: "clock",
    Benefit.Kind.GOODS: "mall",
    Benefit.Kind.PRIORITY: "spark",
    Benefit.Kind.SEAT: "ticket",
    Benefit.Kind.SERVICE: "paw",
    Benefit.Kind.BESPOKE: "heart",
    Benefit.Kind.OTHER: "star",
}


@dataclass(frozen=True, slots=True)
class Perk:
    """One benefit as a line. ``state``: claim, always, itself (comes by itself), taken (gone for this period)
    or locked. ``until`` is the last day to claim it, ``again_on`` when there is more.
    """

    code: str
    name: str
    summary: str
    icon: str
    often: str
    state: str
    left: int = 0
    until: date | None = None
    again_on: date | None = None
    token: str = ""


@dataclass(frozen=True, slots=True)
class Ticket:
    """A claimed benefit. ``state``: ready, used or over; ``soon`` where its last day is near."""

    ref: str
    name: str
    icon: str
    state: str
    state_text: str
    letters: str
    through: date | None
    soon: bool
    used_at: datetime | None
    claimed_at: datetime
    where: str
    summary: str = ""
    how: SafeString | str = ""
    note: str = ""
    fresh: bool = False
    qr: SafeString | str = ""


def icon(benefit: Benefit) -> str:
    return "cake" if benefit.birthday_month else KINDS[Benefit.Kind(benefit.kind)]


def often(offer: BenefitOffer) -> str:
    """``2 times a month``; empty for what is never counted."""
    if offer.benefit.way == Benefit.Way.STANDING:
        return ""
    period, times = BenefitOffer.Period, offer.quota
    texts = {
        period.DAY: ngettext("once a day", "%(times)s times a day", times),
        period.WEEK: ngettext("once a week", "%(times)s times a week", times),
        period.MONTH: ngettext("once a month", "%(times)s times a month", times),
        period.QUARTER: ngettext("once a quarter", "%(times)s times a quarter", times),
        period.YEAR: ngettext("once a year", "%(times)s times a year", times),
        period.EVER: ngettext("once in all", "%(times)s times in all", times),
    }
    return texts[period(offer.period)] % {"times": times}


def of_holding(holding: Holding) -> Perk:
    """What the member holds, and what can be done with it now."""
    benefit = holding.benefit
    if benefit.way == Benefit.Way.STANDING:
        state = "always"
    elif not holding.left:
        state = "taken"
    else:
        state = "claim" if holding.is_waiting else "itself"
    return Perk(
        code=benefit.code,
        name=benefit.name,
        summary=benefit.summary,
        icon=icon(benefit),
        often=often(holding.offer),
        state=state,
        left=holding.left if holding.offer.quota > 1 else 0,
        until=holding.until if state == "claim" else None,
        again_on=holding.again_on if state == "taken" else None,
        token=holding.token,
    )


def of_tier(held: Held) -> Perk:
    """What a tier brings, seen from outside."""
    benefit = held.benefit
    return Perk(benefit.code, benefit.name, benefit.summary, icon(benefit), often(held.offer), "locked")


def how(benefit: Benefit) -> SafeString:
    """The operator's words, escaped, with their line breaks."""
    return mark_safe(linebreaks(benefit.details, autoescape=True))  # noqa: S308 -- escaped by linebreaks


def where(benefit: Benefit) -> str:
    """Where it can be used, as a sentence."""
    match Benefit.Place(benefit.used_in):
        case Benefit.Place.TILL:
            return _("Show the code at the till.")
        case Benefit.Place.MALL:
            return _("Use it in the mall: give this code with your order.")
        case Benefit.Place.STAFF:
            return _("Show the code to our staff.")
        case Benefit.Place.ANYWHERE:
            return _("Show the code at the till or to our staff.")


def claims(account_id: int) -> QuerySet[BenefitClaim]:
    """The member's own, benefits at hand."""
    return BenefitClaim.objects.filter(member_id=account_id).select_related("benefit")


def ticket(row: BenefitClaim, now: datetime, day: date) -> Ticket:
    """A line of the list, without its code drawn; ``day`` is the business day of ``now``."""
    is_open = row.state == BenefitClaim.State.OPEN and not using.is_over(row, day)
    state = "ready" if is_open else "used" if row.state == BenefitClaim.State.USED else "over"
    return Ticket(
        ref=row.code,
        name=row.benefit.name,
        icon=icon(row.benefit),
        state=state,
        state_text=_state_text(row, is_open),
        letters=" ".join(row.code[place : place + 4] for place in range(0, len(row.code), 4)),
        through=row.usable_through,
        soon=is_open and row.usable_through is not None and (row.usable_through - day).days < SOON_DAYS,
        used_at=row.used_at,
        claimed_at=row.claimed_at,
        where=where(row.benefit),
        summary=row.benefit.summary,
        note=row.note if row.state == BenefitClaim.State.TAKEN_BACK else "",
        how=how(row.benefit),
        fresh=is_open and now - row.claimed_at < JUST_NOW,
    )


def _state_text(row: BenefitClaim, is_open: bool) -> str:
    if is_open:
        return _("Ready to use")
    if row.state == BenefitClaim.State.OPEN:
        return str(BenefitClaim.State.LAPSED.label)
    return row.get_state_display()


def qr(row: BenefitClaim) -> SafeString:
    """The code as a drawing."""
    return codes.qr(row.code)
