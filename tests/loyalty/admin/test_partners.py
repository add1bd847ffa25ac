"""Keys are made with their scopes, shown once, and revoked."""

import pytest
from django.test import Client
from django.urls import reverse

from loyalty.models import PartnerKey
from tests import cast

pytestmark = pytest.mark.django_db


def test_a_key_is_shown_once_and_opens_what_was_ticked(staff: Client) -> None:
    partner = cast.partner()
    address = reverse("admin:loyalty_partner_new_key", args=[partner.pk])

    made = staff.post(address, {"name": "Shanghai", "scopes": ["events:write"]})
    again = staff.get(address)

    key = PartnerKey.objects.get(partner=partner)
    assert PartnerKey.objects.get_from_key(made.context["secret"]) == key
    assert key.scopes == ["events:write"]
    assert again.context["secret"] is None


def test_a_revoked_key_opens_nothing(staff: Client) -> None:
    secret = cast.key()
    key = PartnerKey.objects.get()

    staff.post(reverse("admin:loyalty_partnerkey_revoke", args=[key.pk]))

    assert not PartnerKey.objects.is_valid(secret)
