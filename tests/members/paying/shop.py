"""A plan, a till and a year for the tests of paid membership."""

from datetime import date, datetime, timedelta
from typing import Any

from loyalty.events import intake
from loyalty.events.incoming import Incoming, Outcome
from loyalty.models import Event
from members.models import Member, Plan, PlanTerm
from members.paying import reckoning
from tests import cast

NOW = cast.NOW
TODAY = date(2026, 3, 18)
Days = tuple[date, date]


def plan(code: str = "plus", **more: Any) -> Plan:
    """500 yuan or 10,000 points a year, seven days to try it."""
    told = {
        "name_zh": "PLUS 年卡",
        "name_en": "PLUS",
        "price_minor": 50000,
        "price_points": 10000,
        "sku": code.upper(),
        "trial_days": 7,
    }
    return Plan.objects.create(code=code, **{**told, **more})


def at(days: int) -> datetime:
    return NOW + timedelta(days=days)


def line(sku: str = "PLUS", amount: int = 50000, quantity: int = 1, **more: Any) -> dict[str, Any]:
    return {"sku": sku, "amount_minor": amount, "quantity": quantity, **more}


def tell(kind: str, data: dict[str, Any], now: datetime = NOW, *, recorded: datetime | None = None) -> Outcome:
    """A till tells something that happened at ``now``; it is heard at ``recorded``."""
    till = cast.partner(unknown_member="park")
    return intake.post([Incoming(kind, data, now)], partner=till, now=recorded or now)[0]


def order(
    member: Member | None, *lines: dict[str, Any], number: str = "A-1", now: datetime = NOW, **more: Any
) -> Outcome:
    told: dict[str, Any] = {"order_id": number, "currency": "CNY", "lines": list(lines or [line()])}
    if member is not None:
        told["customer"] = f"m:{member.account.number}"
    recorded = more.pop("recorded", None)
    return tell("order.paid", told | more, now, recorded=recorded)


def refund(amount: int, *, number: str = "A-1", ref: str = "R-1", now: datetime = NOW, **more: Any) -> Outcome:
    told = {"order_id": number, "refund_id": ref, "currency": "CNY", "amount_minor": amount}
    return tell("order.refunded", told | more, now)


def terms(member: Member) -> list[PlanTerm]:
    return list(PlanTerm.objects.filter(member=member.pk).order_by("starts_on", "pk"))


def spans(member: Member) -> list[Days]:
    """First and last day of each term, as it stands."""
    return [tuple(reckoning.span_of(term)) for term in terms(member)]  # type: ignore[misc]  # two days each


def happened(kind: str) -> list[dict[str, Any]]:
    """The payloads of our own events of a kind."""
    return list(Event.objects.filter(kind=kind).order_by("recorded_at", "pk").values_list("payload", flat=True))
