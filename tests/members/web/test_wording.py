"""What the statement calls points that changed hands, and their receipts."""

import pytest
from django.urls import reverse

from loyalty.ledger import transferring
from loyalty.models import Currency, Entry
from tests import cast
from tests.visits import as_member

pytestmark = pytest.mark.django_db


def test_a_gift_is_named_on_both_statements_and_opens(noon: object) -> None:
    del noon
    Currency.objects.filter(code="points").update(is_transferable=True)
    giver = cast.member(points=100, password=cast.PASSWORD)
    friend = cast.member("周一诺", phone="13900139000", password=cast.PASSWORD)
    made = transferring.transfer(
        giver_id=giver.account_id, receiver_id=friend.account_id, amount=30, key="g", now=cast.NOW
    )
    arrived = Entry.objects.get(account=friend.account)

    given = as_member(giver).get("/points/").content.decode()
    received = as_member(friend).get("/points/").content.decode()
    receipts = [
        as_member(person).get(reverse("members:receipt", args=[entry])).content.decode()
        for person, entry in ((giver, made.entry_id), (friend, arrived.pk))
    ]

    assert ("A gift for somebody" in given, "A gift for you" in received) == (True, True)
    assert ("A gift for somebody" in receipts[0], "A gift for you" in receipts[1]) == (True, True)
