"""The page of points set aside: found by account, read, never edited."""

import pytest
from django.test import Client
from django.urls import reverse

from loyalty.ledger import holding
from loyalty.models import Hold
from tests import cast

pytestmark = pytest.mark.django_db


@pytest.fixture
def captured() -> Hold:
    member = cast.member(points=100)
    hold = holding.hold(account_id=member.account_id, amount=60, key="T-1", partner=cast.partner(), now=cast.NOW)
    return holding.capture(hold_id=hold.pk, amount=45, now=cast.NOW)


def test_a_hold_is_found_by_account_and_told_in_words(staff: Client, captured: Hold) -> None:
    address = reverse("admin:loyalty_hold_changelist")

    found = staff.get(address, {"q": captured.account.number}, headers={"Accept-Language": "en"})
    other = staff.get(address, {"q": "000000000000"}, headers={"Accept-Language": "en"})

    assert (found.context["cl"].result_count, other.context["cl"].result_count) == (1, 0)
    assert "captured" in found.content.decode()


def test_a_hold_links_its_account_and_its_entry_and_cannot_be_edited(staff: Client, captured: Hold) -> None:
    page = reverse("admin:loyalty_hold_change", args=[captured.pk])

    content = staff.get(page).content.decode()

    assert reverse("admin:loyalty_account_change", args=[captured.account_id]) in content
    assert reverse("admin:loyalty_entry_change", args=[captured.entry_id]) in content
    assert staff.post(page, {"amount": "1"}).status_code == 403
