"""A till and a programme of one point for a yuan: what tests of the kernel start from."""

from datetime import UTC, datetime, timedelta
from typing import Any

from loyalty import accounts, programme, rules
from loyalty.events import intake
from loyalty.events.incoming import Incoming, Outcome
from loyalty.ledger import reading
from loyalty.models import Account, Partner, Rule

NOW = datetime(2026, 11, 11, 4, tzinfo=UTC)
RATE = {"effect": "points.rate", "currency": "points", "points": 1, "per_minor": 100}


def open_till() -> Partner:
    return Partner.objects.get_or_create(code="till", defaults={"name": "Till"})[0]


def open_account() -> Account:
    return accounts.open_account(now=NOW - timedelta(days=300))


def publish(code: str, effects: list[dict[str, Any]], *, since: datetime | None = None, **columns: Any) -> Rule:
    kind = columns.pop("kind", "order.paid")
    rule = Rule.objects.create(code=code, name_zh=code, kind=kind, effects=effects, **columns)
    rules.publish(rule, by=None, now=since or NOW - timedelta(days=365))
    rule.refresh_from_db()
    return rule


def one_for_one(**columns: Any) -> Rule:
    return publish("base", [RATE], **columns)


def order(order_id: str, minor: int, account: Account | None, at: datetime = NOW, **more: Any) -> Incoming:
    customer = {"customer": f"m:{account.number}"} if account else {}
    payload = {"order_id": order_id, "currency": "CNY", "amount_minor": minor, **customer, **more}
    return Incoming("order.paid", payload, at)


def refund(refund_id: str, order_id: str, minor: int, at: datetime = NOW) -> Incoming:
    payload = {"order_id": order_id, "refund_id": refund_id, "currency": "CNY", "amount_minor": minor}
    return Incoming("order.refunded", payload, at)


def post(*batch: Incoming, now: datetime = NOW, simulate: bool = False) -> list[Outcome]:
    return intake.post(batch, partner=open_till(), now=now, simulate=simulate)


def net(account: Account, now: datetime = NOW) -> int:
    """Points available less points owed."""
    return reading.position(account.pk, now=now, programme=programme.current())["points"].net
