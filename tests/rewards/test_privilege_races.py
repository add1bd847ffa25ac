"""One use left and several who want it, at one instant, on PostgreSQL; and the proof that it would go wrong."""

import time

import pytest
from django.db import IntegrityError

from loyalty import accounts
from loyalty.errors import LoyaltyError
from loyalty.registry import Happening
from members.benefits import claiming, using
from members.benefits.using import Scan
from members.models import BenefitClaim
from rewards import cancelling
from rewards.models import Redemption, Reward
from tests import cast
from tests.members.benefits import perks
from tests.members.benefits.perks import Place
from tests.members.climbing.test_tier_races import Call, at_once
from tests.rewards.perks import Does, privilege, take

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


def free_with_one_use() -> int:
    """A member with one use left of what makes the toy free; points they have none."""
    cast.reward(points=800)
    perks.offer(quota=1, period="quarter")
    privilege(Does.PRICE, points=0)
    return cast.member().account_id


def taking(account_id: int, token: str, told: list[str]) -> Call:
    return noting(lambda: take(account_id, token, benefit="grooming"), told)


def test_one_use_left_is_one_redemption() -> None:
    account_id = free_with_one_use()
    told: list[str] = []

    at_once([taking(account_id, f"t-{number}", told) for number in range(4)])

    assert sorted(told) == ["benefit_quota_used"] * 3 + ["done"]
    assert (Redemption.objects.count(), Reward.objects.get().stock_left) == (1, 9)
    assert list(BenefitClaim.objects.values_list("state", flat=True)) == ["used"]


def test_one_open_claim_is_one_redemption() -> None:
    account_id = free_with_one_use()
    claiming.claim(account_id=account_id, benefit="grooming", now=cast.NOW)
    told: list[str] = []

    at_once([taking(account_id, f"t-{number}", told) for number in range(4)])

    assert sorted(told) == ["benefit_quota_used"] * 3 + ["done"]
    assert (Redemption.objects.count(), BenefitClaim.objects.count()) == (1, 1)


def test_the_till_and_the_mall_share_one_use() -> None:
    account_id = free_with_one_use()
    code = claiming.claim(account_id=account_id, benefit="grooming", now=cast.NOW).code
    told: list[str] = []

    till = noting(lambda: using.use(Scan(code, Place.TILL), now=cast.NOW), told)
    at_once([till, taking(account_id, "t-1", told)])

    assert told.count("done") == 1
    assert Redemption.objects.count() == BenefitClaim.objects.filter(used_in=Place.MALL).count()


def test_a_redemption_is_cancelled_once() -> None:
    account_id = free_with_one_use()
    number = take(account_id, benefit="grooming").number
    told: list[str] = []

    def cancel() -> None:
        cancelling.cancel(number=number, reason="x", by=None, now=cast.NOW)

    at_once([noting(cancel, told) for _press in range(4)])

    assert sorted(told) == ["done"] + ["redemption_not_open"] * 3
    assert (Reward.objects.get().stock_left, BenefitClaim.objects.get().state) == (10, "open")


def test_without_the_lock_and_the_condition_one_use_would_pay_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    """Negative control: read, wait and write, as it must not be done."""
    account_id = free_with_one_use()
    claiming.claim(account_id=account_id, benefit="grooming", now=cast.NOW)
    told: list[str] = []

    def write_whatever(row: BenefitClaim, scan: Scan, **_told: object) -> Happening:
        time.sleep(0.3)
        BenefitClaim.objects.filter(pk=row.pk).update(state="used", reference=scan.reference)
        return Happening(
            kind="benefit.used",
            key=f"control:{scan.reference}",
            account_id=account_id,
            occurred_at=cast.NOW,
            payload={"benefit": "grooming", "kind": "gift", "tier": "", "place": "mall"},
        )

    monkeypatch.setattr(accounts, "lock_spending", lambda _account_id: None)
    monkeypatch.setattr(using, "mark", write_whatever)
    at_once([taking(account_id, f"t-{number}", told) for number in range(2)])

    assert (told, Redemption.objects.count()) == (["done"] * 2, 2)
