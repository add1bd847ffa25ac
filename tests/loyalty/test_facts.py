"""What orders, points and messages tell of a member, figure by figure."""

from datetime import date, timedelta
from typing import Any

import pytest

from loyalty import conditions
from loyalty.events import intake
from loyalty.events.incoming import Incoming
from loyalty.models import ChannelPreference, Message, Store
from loyalty.registry import Fact, registry
from members.models import Member
from tests import cast

pytestmark = pytest.mark.django_db


def known(member: Member, prefix: str) -> dict[str, Any]:
    codes = [fact.code for fact in registry.all(Fact) if fact.code.startswith(f"{prefix}.")]
    return {
        code.partition(".")[2]: value for code, value in conditions.load_facts([member.pk], codes)[member.pk].items()
    }


def tell(member: Member, kind: str, day: int, **told: Any) -> None:
    at = cast.NOW + timedelta(days=day)
    raw = {"currency": "CNY", "customer": f"m:{member.account.number}", **told}
    outcome = intake.post([Incoming(kind, raw, at)], partner=cast.partner(), now=at)[0]
    assert outcome.error is None


def line(sku: str, category: str, minor: int, quantity: int = 1) -> dict[str, Any]:
    return {"sku": sku, "title": sku, "category": category, "quantity": quantity, "amount_minor": minor}


def shopper() -> Member:
    """Two orders in two stores, the first partly returned."""
    member = cast.new_member()
    Store.objects.create(code="sh01", name="上海一店", city="上海")
    Store.objects.create(code="hz01", name="杭州一店", city="杭州")
    tell(
        member,
        "order.paid",
        1,
        order_id="F-1",
        store="sh01",
        channel="pos",
        lines=[line("CF-1", "cat-food", 10000, 2), line("TY-1", "toy", 2001)],
    )
    tell(member, "order.paid", 3, order_id="F-2", store="hz01", channel="app", lines=[line("CF-2", "cat-food", 5000)])
    tell(member, "order.refunded", 4, order_id="F-1", refund_id="R-1", amount_minor=2001)
    return member


def test_orders_tell_how_much_and_how_often() -> None:
    found = known(shopper(), "order")

    money = ("total", "average", "largest", "smallest", "first_amount", "last_amount", "refunded")
    counts = (
        "count",
        "day_count",
        "refunded_count",
        "returned_count",
        "store_count",
        "piece_count",
        "last_piece_count",
    )
    assert [found[name] for name in money] == [15000, 8500, 12001, 5000, 12001, 5000, 2001]
    assert [found[name] for name in counts] == [2, 2, 1, 0, 2, 4, 1]
    assert (found["category_count"], found["sku_count"]) == (2, 3)


def test_orders_tell_what_where_and_when() -> None:
    found = known(shopper(), "order")

    days = [found[name] for name in ("first_on", "last_on", "last_refunded_on")]
    assert days == [date(2026, 3, 19), date(2026, 3, 21), date(2026, 3, 19)]
    assert (found["stores"], found["last_store"], found["first_store"]) == (("hz01", "sh01"), "hz01", "sh01")
    assert (found["cities"], found["partners"]) == (("上海", "杭州"), ("till",))
    assert (found["channels"], found["last_channel"]) == (("app", "pos"), "app")
    assert (found["categories"], found["last_categories"]) == (("cat-food", "toy"), ("cat-food",))
    assert (found["skus"], found["last_skus"]) == (("CF-1", "CF-2", "TY-1"), ("CF-2",))
    assert (found["kinds"], found["is_guest_claimed"]) == (("goods",), False)


def test_who_never_bought_has_nothing_but_zeros() -> None:
    found = known(cast.new_member(), "order")

    assert {value for value in found.values() if value} == set()
    assert (found["count"], found["average"], found["stores"], found["last_on"]) == (0, None, (), None)


def test_the_books_tell_what_came_and_went() -> None:
    member = cast.new_member()
    cast.give(member.pk, 300)
    cast.give(member.pk, -120)

    found = known(member, "points")

    assert (found["adjusted"], found["earned"], found["redeemed"], found["entry_count"]) == (300, 0, 0, 2)
    assert (found["pending"], found["held"], found["debt"]) == (0, 0, 0)
    assert found["next_expiry"] in {0, 180}  # by how long the currency's points live
    assert (found["next_expiry"] > 0) == (found["next_expiry_on"] is not None)


def test_messages_tell_what_was_read_and_refused() -> None:
    member = cast.new_member()
    Message.objects.filter(account=member.pk).delete()
    Message.objects.create(
        key="m1",
        account_id=member.pk,
        purpose="marketing",
        channel="in_app",
        state="sent",
        created_at=cast.NOW,
        sent_at=cast.NOW,
        read_at=cast.NOW + timedelta(days=2),
    )
    Message.objects.create(
        key="m2", account_id=member.pk, purpose="service", channel="sms", state="failed", created_at=cast.NOW
    )
    ChannelPreference.objects.create(
        account_id=member.pk, purpose="marketing", channel="sms", is_on=False, changed_at=cast.NOW
    )

    found = known(member, "message")

    assert (found["sent_count"], found["read_count"], found["offer_count"], found["failed_count"]) == (1, 1, 1, 1)
    assert (found["last_sent_on"], found["last_read_on"]) == (date(2026, 3, 18), date(2026, 3, 20))
    assert (found["no_offers_sms"], found["no_offers_email"], found["unread_count"]) == (True, False, 0)
