"""The rush on the last items, on PostgreSQL: many clients at once, and the proof that it would go wrong."""

import statistics
import threading
import time
from collections import Counter
from collections.abc import Callable
from queue import Empty, Queue

import pytest
from django.db import connection
from django.db.models import Sum

from loyalty.errors import LoyaltyError
from loyalty.models import Entry
from rewards import redemptions, stock
from rewards.models import Redemption, Reward
from tests import cast

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]

CLIENTS, LAST, PRICE = 200, 20, 100
SERVED_AT_ONCE = 16
"""Requests a small web server works on side by side; the others wait in its queue."""


def crowd(count: int, *, points: int) -> list[int]:
    """Accounts with that many points each."""
    people = [cast.member(f"顾客{number}", phone=f"1990000{number:04d}", points=points) for number in range(count)]
    return [person.account_id for person in people]


def burst(calls: list[Callable[[], object]]) -> tuple[Counter[str], float]:
    """All calls at one instant; what they were answered, and the 95th percentile in seconds.

    The time counts from the burst, so waiting for one's turn is part of it.
    """
    waiting: Queue[Callable[[], object]] = Queue()
    answers: list[str] = []
    waited: list[float] = []
    open_doors = threading.Barrier(SERVED_AT_ONCE + 1)

    def serve() -> None:
        try:
            Reward.objects.first()  # a server's connections are open before the rush
            open_doors.wait()
            while True:
                call = waiting.get_nowait()
                answers.append(_answer(call))
                waited.append(time.perf_counter() - began)
        except Empty:
            pass
        finally:
            connection.close()

    for call in calls:
        waiting.put(call)
    servers = [threading.Thread(target=serve) for _ in range(SERVED_AT_ONCE)]
    for server in servers:
        server.start()
    open_doors.wait()
    began = time.perf_counter()
    for server in servers:
        server.join()
    return Counter(answers), statistics.quantiles(waited, n=20)[-1] if len(waited) > 1 else waited[0]


def _answer(call: Callable[[], object]) -> str:
    try:
        call()
    except LoyaltyError as refusal:
        return refusal.code
    return "success"


def taker(account_id: int, token: str) -> Callable[[], object]:
    return lambda: redemptions.place(
        account_id=account_id, reward_code="toy", quantity=1, token=token, now=cast.NOW, quoted_points=PRICE
    )


@pytest.mark.alone
def test_two_hundred_clients_share_the_last_twenty(record_property: Callable[[str, object], None]) -> None:
    """F1: exactly 20 succeed, 180 hear out_of_stock and keep their points, p95 under three seconds."""
    cast.reward(points=PRICE, stock=LAST)
    accounts = crowd(CLIENTS, points=PRICE)

    answers, p95 = burst([taker(account, "rush") for account in accounts])

    print(f"F1: {CLIENTS} clients, {LAST} items: {dict(answers)}, p95 {p95:.2f} s")
    record_property("p95_seconds", round(p95, 3))
    assert answers == {"success": LAST, "out_of_stock": CLIENTS - LAST}
    assert (Reward.objects.get().stock_left, Redemption.objects.count()) == (0, LAST)
    assert sum(cast.available(account) for account in accounts) == (CLIENTS - LAST) * PRICE
    assert Entry.objects.filter(counter="redeemed").aggregate(sum=Sum("amount"))["sum"] == -LAST * PRICE
    assert p95 < 3


def test_reading_checking_and_saving_would_oversell(monkeypatch: pytest.MonkeyPatch) -> None:
    """F1, negative control: with the conditional update off, the same rush sells more than there is."""
    cast.reward(points=PRICE, stock=3)
    accounts = crowd(24, points=PRICE)

    def read_check_save(reward: Reward, quantity: int) -> None:
        left = Reward.objects.get(pk=reward.pk).stock_left
        time.sleep(0.05)
        if left < quantity:
            raise stock.OutOfStock(left=left)
        Reward.objects.filter(pk=reward.pk).update(stock_left=left - quantity)

    monkeypatch.setattr(stock, "take", read_check_save)

    answers, _ = burst([taker(account, "rush") for account in accounts])

    assert answers["success"] > 3


def test_one_item_and_twenty_takers() -> None:
    """E70: one success, nineteen out_of_stock, no points taken from the losers."""
    cast.reward(points=PRICE, stock=1)
    accounts = crowd(20, points=PRICE)

    answers, _ = burst([taker(account, "rush") for account in accounts])

    assert answers == {"success": 1, "out_of_stock": 19}
    assert sorted(cast.available(account) for account in accounts) == [0] + [PRICE] * 19


def test_the_last_one_and_sixty_four_members() -> None:
    """F3: what there is once is taken once, by whoever of 64 different members is first; nobody else pays."""
    cast.reward(points=PRICE, stock=1)
    accounts = crowd(64, points=PRICE)

    answers, _ = burst([taker(account, f"t-{account}") for account in accounts])

    assert answers == {"success": 1, "out_of_stock": 63}
    assert (Reward.objects.get().stock_left, Redemption.objects.count()) == (0, 1)
    assert sum(cast.available(account) for account in accounts) == 63 * PRICE


def test_a_limit_holds_against_five_at_once() -> None:
    """E72: limit two per member, five concurrent: two."""
    cast.reward(points=PRICE, stock=50, limit=2)
    [account] = crowd(1, points=1000)

    answers, _ = burst([taker(account, f"t-{number}") for number in range(5)])

    assert answers == {"success": 2, "limit_reached": 3}
    assert cast.available(account) == 1000 - 2 * PRICE


def test_a_double_click_at_one_instant_redeems_once() -> None:
    """E73: eight copies of one click are one redemption."""
    cast.reward(points=PRICE, stock=50)
    [account] = crowd(1, points=1000)

    answers, _ = burst([taker(account, "same") for _ in range(8)])

    assert answers == {"success": 8}
    assert (Redemption.objects.count(), cast.available(account)) == (1, 1000 - PRICE)
