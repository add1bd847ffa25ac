"""Claiming: quotas, periods, repeated presses, and what stays when sets and tiers change."""

from datetime import date, timedelta

import pytest

from loyalty.accounts import AccountFrozen
from loyalty.models import Balance, Event
from members.benefits import claiming, holdings, using
from members.benefits.using import Scan
from members.climbing import tiers
from members.models import BenefitClaim, BenefitSeason, Tier
from tests import cast
from tests.members.benefits import perks

pytestmark = pytest.mark.django_db
DAYS = timedelta(days=1)


def test_a_claim_is_the_members_own_with_a_code_and_a_last_day() -> None:
    cast.ladder()
    perks.offer(tier="silver", period="quarter")
    member = cast.gold_member()

    row = perks.claimed(member)

    assert (row.member_id, row.state, row.period, row.place) == (member.pk, "open", "2026Q1", 1)
    assert (row.usable_through, row.tier and row.tier.code, len(row.code)) == (date(2026, 3, 31), "gold", 12)
    assert set(row.code) <= set("23456789ABCDEFGHJKLMNPQRSTUVWXYZ")


def test_days_of_use_may_reach_beyond_the_period() -> None:
    perks.offer(use_days=30)

    assert perks.claimed(cast.member()).usable_through == date(2026, 4, 16)


def test_the_quota_is_kept_and_the_next_period_begins_anew() -> None:
    perks.offer(quota=2)
    member = cast.member()
    first, second = perks.claimed(member), perks.claimed(member)

    with pytest.raises(claiming.QuotaUsed) as refused:
        perks.claimed(member)

    assert (first.place, second.place) == (1, 2)
    assert (refused.value.taken, refused.value.quota) == (2, 2)
    assert perks.claimed(member, now=cast.NOW + 14 * DAYS).period == "2026-04"


def test_the_same_form_sent_twice_is_one_claim() -> None:
    perks.offer(quota=3)
    member = cast.member()
    [holding] = holdings.one(member.pk, now=cast.NOW)

    first = claiming.claim(account_id=member.pk, benefit="grooming", now=cast.NOW, token=holding.token)
    again = claiming.claim(account_id=member.pk, benefit="grooming", now=cast.NOW, token=holding.token)

    assert (again.pk, BenefitClaim.objects.count()) == (first.pk, 1)
    assert Event.objects.filter(kind="benefit.claimed").count() == 1


def test_a_form_of_last_month_claims_nothing_this_month() -> None:
    perks.offer()
    member = cast.member()

    with pytest.raises(claiming.PeriodOver):
        claiming.claim(account_id=member.pk, benefit="grooming", now=cast.NOW, token="2026-02.1")

    assert BenefitClaim.objects.count() == 0


def test_another_line_with_another_period_gives_no_second_helping() -> None:
    """Claimed monthly as Silver, the one in the quarter as Gold is gone."""
    cast.ladder()
    perks.offer(tier="silver", and_above=False)
    perks.offer(tier="gold", period="quarter")
    member = cast.member(growth=600)
    perks.claimed(member)
    cast.give(member.pk, 2000, currency="growth")
    tiers.review([member.pk], {}, cast.NOW)

    with pytest.raises(claiming.QuotaUsed):
        perks.claimed(member)

    assert BenefitClaim.objects.get().period == "2026-03"


@pytest.mark.parametrize("way", ["standing", "granted"])
def test_what_is_there_without_asking_is_not_claimed(way: str) -> None:
    perks.offer(way=way)

    with pytest.raises(claiming.NothingToClaim):
        perks.claimed(cast.member())


def test_what_one_does_not_hold_is_not_found() -> None:
    cast.ladder()
    perks.offer(tier="gold")

    with pytest.raises(claiming.BenefitUnknown):
        perks.claimed(cast.new_member())


def test_a_suspended_member_claims_nothing() -> None:
    perks.offer()

    with pytest.raises(AccountFrozen):
        perks.claimed(cast.suspended_member())


def test_swapping_a_set_leaves_what_was_claimed() -> None:
    """The experience pack ends, the practical pack begins; what was claimed goes on to its own last day."""
    pack = perks.season("experience", since=date(2026, 1, 1), through=date(2026, 3, 31))
    perks.offer("spa", within=pack, use_days=60)
    perks.offer("bag", within=perks.season("practical", since=date(2026, 4, 1), through=date(2026, 6, 30)))
    member = cast.member()
    row = perks.claimed(member, "spa")
    april = cast.NOW + 20 * DAYS

    held = [each.benefit.code for each in holdings.one(member.pk, now=april)]
    used = using.use(Scan(row.code, "till"), now=april)

    assert (held, used.state) == (["bag"], "used")


def test_dissolving_a_set_leaves_what_was_claimed() -> None:
    line = perks.offer()
    row = perks.claimed(cast.member())

    BenefitSeason.objects.all().delete()
    line.delete()

    row.refresh_from_db()
    assert (row.offer, using.use(Scan(row.code, "mall"), now=cast.NOW).state) == (None, "used")


def test_what_was_claimed_as_gold_stays_after_the_fall() -> None:
    cast.ladder()
    perks.offer(tier="gold", period="quarter")
    member = cast.gold_member()
    tiers.review([member.pk], {}, cast.NOW)
    row = perks.claimed(member)
    Balance.objects.filter(account_id=member.pk, currency__code="growth").update(available=900)
    tiers.review([member.pk], {}, cast.NOW)

    member.refresh_from_db()
    on_the_last_day = using.use(Scan(row.code, "till"), now=cast.NOW + 13 * DAYS)

    assert (member.tier, holdings.one(member.pk, now=cast.NOW)) == (Tier.objects.get(code="silver"), [])
    assert (on_the_last_day.state, on_the_last_day.tier) == ("used", Tier.objects.get(code="gold"))


def test_a_rule_gives_points_for_a_claim() -> None:
    """A birthday gift's points come by a rule, as all points do."""
    perks.offer("cake", kind="gift", birthday_month=True, period="year")
    condition: dict[str, object] = {"fact": "event.benefit", "op": "eq", "value": "cake"}
    cast.rule("birthday", "benefit.claimed", points=200, condition=condition)
    member = cast.member()

    perks.claimed(member, "cake", now=cast.NOW + 60 * DAYS)

    assert cast.available(member.pk) == 200
    assert Event.objects.get(kind="benefit.claimed").payload["source"] == "member"


def test_the_last_day_to_claim_is_the_periods_or_the_seasons() -> None:
    perks.offer("spa", within=perks.season("short", through=date(2026, 3, 20)))
    perks.offer("bag", period="year")
    perks.offer("toy", period="ever")

    found = {each.benefit.code: each.until for each in holdings.one(cast.member().pk, now=cast.NOW)}

    assert found == {"spa": date(2026, 3, 20), "bag": date(2026, 12, 31), "toy": None}
