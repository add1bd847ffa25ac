"""Two presses of one button and two tills with one code, at one instant, on PostgreSQL."""

from threading import Barrier

import pytest
from django.db import IntegrityError, transaction

from loyalty import accounts
from loyalty.errors import LoyaltyError
from loyalty.events import intake
from loyalty.models import Event, Partner
from members.benefits import claiming, granting, holdings, issuing, using
from members.benefits.issuing import Wish
from members.benefits.using import Scan
from members.models import BenefitClaim
from tests import cast
from tests.members.benefits import perks
from tests.members.benefits.perks import Place, Way
from tests.members.climbing.test_tier_races import Call, at_once

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]


def noting(call: Call, told: list[str]) -> Call:
    """The call; what refuses it is noted."""

    def run() -> None:
        try:
            call()
            told.append("done")
        except LoyaltyError as refusal:
            told.append(refusal.code)
        except IntegrityError:
            told.append("refused by the database")

    return run


def test_a_quota_of_one_is_claimed_once() -> None:
    perks.offer()
    member = cast.member()
    told: list[str] = []

    at_once([noting(lambda: perks.claimed(member), told) for _press in range(4)])

    assert sorted(told) == ["benefit_quota_used"] * 3 + ["done"]
    assert (BenefitClaim.objects.count(), Event.objects.filter(kind="benefit.claimed").count()) == (1, 1)


def test_one_form_sent_four_times_at_once_is_one_claim() -> None:
    perks.offer(quota=5)
    member = cast.member()
    [holding] = holdings.one(member.pk, now=cast.NOW)
    told: list[str] = []

    def send() -> None:
        claiming.claim(account_id=member.pk, benefit="grooming", now=cast.NOW, token=holding.token)

    at_once([noting(send, told) for _press in range(4)])

    assert (told, BenefitClaim.objects.count()) == (["done"] * 4, 1)


def wish(member_id: int, place: int) -> Wish:
    [holding] = holdings.one(member_id, now=cast.NOW)
    assert holding.left == 1
    return Wish(
        account_id=member_id,
        benefit=holding.benefit,
        offer=holding.offer,
        tier_id=None,
        period=holding.span.name,
        place=place,
        usable_through=None,
        source=issuing.BY_MEMBER,
    )


def test_without_the_lock_the_number_in_the_period_still_refuses_the_second() -> None:
    perks.offer()
    member, seen = cast.member(), Barrier(2)
    told: list[str] = []

    def unlocked() -> None:
        with transaction.atomic():
            mine = wish(member.pk, 1)
            seen.wait()
            issuing.issue([mine], now=cast.NOW)

    at_once([noting(unlocked, told), noting(unlocked, told)])

    assert sorted(told) == ["done", "refused by the database"]
    assert BenefitClaim.objects.count() == 1


def test_without_lock_and_number_there_would_be_two() -> None:
    """The negative control: each sees one left, and numbers that differ let both through."""
    perks.offer()
    member, seen = cast.member(), Barrier(2)

    def unlocked(place: int) -> Call:
        def run() -> None:
            with transaction.atomic():
                mine = wish(member.pk, place)
                seen.wait()
                issuing.issue([mine], now=cast.NOW)

        return run

    at_once([unlocked(1), unlocked(2)])

    assert BenefitClaim.objects.count() == 2


def test_two_tills_with_one_code_use_it_once() -> None:
    perks.offer()
    row, told = perks.claimed(cast.member()), list[str]()
    cast.rule("thanks", "benefit.used", points=50)
    tills = [cast.partner(f"till-{number}") for number in range(4)]

    def scanned_at(till: Partner) -> Call:
        return lambda: using.use(Scan(row.code, Place.TILL, partner=till), now=cast.NOW)

    at_once([noting(scanned_at(till), told) for till in tills])

    assert sorted(told) == ["benefit_used"] * 3 + ["done"]
    assert cast.available(row.member_id) == 50


def test_without_lock_and_guard_both_tills_would_have_it() -> None:
    """The negative control: both read it as open, and an unguarded write lets both through."""
    perks.offer()
    row, seen = perks.claimed(cast.member()), Barrier(2)
    used: list[int] = []

    def unlocked() -> None:
        with transaction.atomic():
            found = using.verify(Scan(row.code, Place.TILL), now=cast.NOW)
            seen.wait()
            used.append(BenefitClaim.objects.filter(pk=found.pk).update(state="used", used_at=cast.NOW))

    at_once([unlocked, unlocked])

    assert used == [1, 1]


def test_the_night_beside_a_new_tier_grants_once() -> None:
    member = cast.member()
    perks.offer("parcel", way=Way.GRANTED)

    def follow() -> None:
        with transaction.atomic():
            accounts.lock([member.pk])
            intake.record(granting.follow([member.pk], {}, cast.NOW), now=cast.NOW)

    at_once([lambda: granting.walk(cast.NOW, "", ""), follow, lambda: granting.walk(cast.NOW, "", "")])

    assert BenefitClaim.objects.count() == 1
