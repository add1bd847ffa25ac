"""The operator's colors as a style sheet."""

import pytest

from loyalty.models import Programme
from members.models import Tier
from tests import cast, visits

pytestmark = pytest.mark.django_db


def test_brand_and_tiers_follow_from_their_hex_colors() -> None:
    cast.ladder()
    Programme.objects.filter(pk=1).update(brand_color="#0000ff")
    Tier.objects.filter(code="gold").update(color_from="#ff0000")

    answer = visits.visitor().get("/brand.css")

    css = answer.content.decode()
    assert answer.headers["Content-Type"] == "text/css; charset=utf-8"
    assert ":root { --hue-brand: 264; }" in css
    assert ".tier-gold { --tier-hue: 29; --tier-chroma: 0.120; }" in css
    assert css.count(".tier-") == 4


def test_what_has_not_changed_is_not_sent_again() -> None:
    client = visits.visitor()
    tag = client.get("/brand.css").headers["ETag"]

    again = client.get("/brand.css", headers={"If-None-Match": tag})

    assert (again.status_code, again.content) == (304, b"")
    assert not again.cookies
