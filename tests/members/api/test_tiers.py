"""`/members/{ref}/tiers`."""

from datetime import date

import pytest

from loyalty import clock
from members.climbing import granting, tiers
from members.models import Tier
from tests import cast
from tests.tills import Till, code, told

pytestmark = pytest.mark.django_db


def test_a_partner_reads_where_a_member_stands() -> None:
    cast.ladder()
    member = cast.member(growth=1680)

    body = told(Till().get(f"/members/m:{member.account.number}/tiers"))

    [standing] = body["ladders"]
    assert (body["member"], standing["ladder"], standing["tier"]["code"]) == (member.account.number, "main", "silver")
    bars = standing["next"].pop("bars")
    assert (standing["next"]["code"], standing["next"]["percent"], standing["keep"]) == ("gold", 78, None)
    assert [(bar["have"], bar["need"], bar["missing"], bar["met"]) for bar in bars] == [(1680, 2000, 320, False)]


def test_what_keeps_the_tier_and_who_granted_it_is_told() -> None:
    cast.ladder(window="calendar_year", validity="calendar_year")
    member = cast.member()
    now = clock.now()
    cast.give(member.pk, 700, currency="growth", now=now)
    tiers.review([member.pk], {}, now)
    path = f"/members/m:{member.account.number}/tiers"

    earned = told(Till().get(path))["ladders"][0]
    gold = Tier.objects.get(code="gold").pk
    granting.grant(account_id=member.pk, tier_id=gold, through=date(2099, 12, 31), reason="大使", now=now)
    granted = told(Till().get(path))["ladders"][0]

    assert (earned["keep"]["through"], earned["keep"]["safe"]) == (f"{now.year}-12-31", True)
    assert (granted["tier"]["code"], granted["source"], granted["through"]) == ("gold", "granted", "2099-12-31")


def test_an_unknown_member_is_not_found() -> None:
    assert code(Till().get("/members/m:000000000000/tiers")) == (404, "member_not_found")
