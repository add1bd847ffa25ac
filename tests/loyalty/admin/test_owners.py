"""Staff say whose guest order it was."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from django.urls import reverse

from loyalty import clock
from loyalty.models import AuditRecord, Order, User
from members.models import Member
from tests import cast
from tests.loyalty.till import NOW, one_for_one, post
from tests.loyalty.till import order as paid

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _now(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: NOW)


@pytest.fixture
def order() -> Order:
    one_for_one()
    post(paid("G-1", 12800, None, NOW - timedelta(days=2)), now=NOW)
    return Order.objects.get()


def give(client: Client, order: Order, customer: str) -> Any:
    address = reverse("admin:loyalty_order_give_to", args=[order.pk])
    told = {"customer": customer, "reason": "Showed the receipt"}
    return client.post(address, told, headers={"Accept-Language": "en"}, follow=True)


def test_the_order_earns_for_who_is_named_and_the_trail_says_why(staff: Client, order: Order) -> None:
    member = cast.new_member()

    answer = give(staff, order, "139 0013 9000")

    order.refresh_from_db()
    assert (answer.status_code, order.account_id, cast.available(member.pk)) == (200, member.pk, 128)
    record = AuditRecord.objects.get(deed="loyalty.order.give_to")
    assert (record.reason, record.before, record.after) == (
        "Showed the receipt",
        {"account_id": None},
        {"account_id": member.pk},
    )


def test_an_owned_order_offers_no_button(staff: Client, order: Order) -> None:
    cast.new_member()
    page = reverse("admin:loyalty_order_change", args=[order.pk])

    before = staff.get(page).content.decode()
    give(staff, order, "13900139000")
    after = staff.get(page).content.decode()

    button = reverse("admin:loyalty_order_give_to", args=[order.pk])
    assert (button in before, button in after) == (True, False)


def test_whom_nobody_knows_is_said_at_the_field(staff: Client, order: Order) -> None:
    answer = give(staff, order, "13600136000")

    assert list(answer.context["form"].errors) == ["customer"]
    assert Order.objects.get().account_id is None


def test_nobody_gives_an_order_to_themselves(staff: Client, order: Order) -> None:
    """Abuse 30: a cashier's own card on guests' orders."""
    member = cast.new_member()
    Member.objects.filter(pk=member.pk).update(user=User.objects.get(username="operator"))

    answer = give(staff, order, "13900139000")

    assert "your own membership" in answer.content.decode()
    assert Order.objects.get().account_id is None


def test_it_takes_its_permission(client: Client, order: Order) -> None:
    user = User.objects.create_user("reader", is_staff=True)
    user.user_permissions.add(Permission.objects.get(codename="view_order"))
    client.force_login(user)

    assert give(client, order, "13900139000").status_code == 403
