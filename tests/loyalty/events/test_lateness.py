"""What comes after later events were decided proposes its replay by itself: a job finds it, staff decide."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from loyalty import clock, jobs, outbox
from loyalty.events import intake, lateness, releasing, replaying
from loyalty.models import Account, Entry, ImportJob, JobRun, OutboxMessage, Replay
from tests.loyalty import desk
from tests.loyalty.till import NOW, RATE, net, one_for_one, open_account, open_till, order, post, publish, refund

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)
A_DAY = [{"per": "day", "currency": "points", "limit": 200, "over": "clip"}]


@pytest.fixture
def account() -> Account:
    publish("base", [RATE], caps=A_DAY)
    return open_account()


@pytest.fixture(autouse=True)
def _true_numbers() -> Iterator[None]:
    with desk.true_numbers():
        yield


class Worker:
    """Does the job's next period, and what it leaves in the outbox; everything told before has come to rest."""

    def __init__(self) -> None:
        self.wait = timedelta()

    def rounds(self) -> dict[str, int]:
        self.wait += HOUR
        desk.let_time_pass(self.wait)
        now = clock.now() + self.wait
        [run] = jobs.run_due(now=now, codes=[lateness.JOB])
        assert run.state == "done"
        outbox.drain(now=now)
        return dict(run.counts)


@pytest.fixture
def worker() -> Worker:
    return Worker()


def late_order(account: Account, name: str = "A") -> None:
    """15,000 an hour before an order of 15,000 that was told first."""
    post(order("B", 15000, account, NOW + HOUR), now=NOW + HOUR)
    post(order(name, 15000, account, NOW), now=NOW + HOUR)


def told() -> list[tuple[str, str, int]]:
    """(state, the late event, what applying moves) of each proposal."""
    rows = Replay.objects.select_related("cause").order_by("id")
    return [(each.state, each.cause.key, replaying.totals(each.diff).get("points", 0)) for each in rows]


def test_an_order_told_after_a_later_one_is_proposed_without_a_button_and_nothing_moves(
    account: Account, worker: Worker
) -> None:
    """B had 150 and 7 for being first, A the 50 that the day's limit left; both are right only the other way round."""
    publish("coffee", [{"effect": "points.fixed", "currency": "points", "points": 7}], condition=_first_order())
    late_order(account)

    counts = worker.rounds()

    assert counts == {"decisions": 2, "accounts": 1}
    assert [(state, key) for state, key, _moved in told()] == [("proposed", "till:order.paid:A")]
    assert (Entry.objects.count(), net(account, NOW + HOUR)) == (3, 207)


def _first_order() -> dict[str, object]:
    return {"fact": "metric.orders", "op": "eq", "value": 0, "window": {"lifetime": True}}


def test_events_told_in_order_leave_nothing(account: Account, worker: Worker) -> None:
    for number in range(3):
        post(order(f"A{number}", 1000, account, NOW + number * HOUR), now=NOW + number * HOUR)

    counts = worker.rounds()

    assert counts == {"decisions": 3, "accounts": 0}
    assert (Replay.objects.count(), OutboxMessage.objects.filter(topic=lateness.TOPIC).count()) == (0, 0)


def test_where_nothing_differs_nothing_is_left(worker: Worker) -> None:
    one_for_one()
    late_order(open_account())

    counts = worker.rounds()

    assert (counts, told()) == ({"decisions": 2, "accounts": 1}, [])


def test_a_late_order_told_twice_is_proposed_once(account: Account, worker: Worker) -> None:
    late_order(account)
    worker.rounds()

    post(order("A", 15000, account, NOW), now=NOW + 2 * HOUR)
    again = worker.rounds()

    assert again == {"decisions": 0, "accounts": 0}
    assert [state for state, _key, _moved in told()] == ["proposed"]


def test_a_correction_told_after_later_orders_is_proposed(account: Account, worker: Worker) -> None:
    """A had 150 and B the 50 that were left; corrected to 50, A leaves 150 to B."""
    post(order("A", 15000, account, NOW), now=NOW)
    post(order("B", 15000, account, NOW + HOUR), now=NOW + HOUR)
    worker.rounds()

    post(order("A", 5000, account, NOW, version=2), now=NOW + 2 * HOUR)
    worker.rounds()

    assert told() == [("proposed", "till:order.paid:A:v2", 100)]


def test_a_return_told_after_later_orders_is_proposed(worker: Worker) -> None:
    """The bonus asks for 200 spent; with the return in its place only 150 had been."""
    one_for_one()
    spent = {"fact": "metric.spend", "op": "gte", "value": 20000, "window": {"lifetime": True}}
    publish("bonus", [{"effect": "points.fixed", "currency": "points", "points": 30}], condition=spent)
    account = open_account()
    post(order("A", 25000, account, NOW), now=NOW)
    post(order("B", 1000, account, NOW + 2 * HOUR), now=NOW + 2 * HOUR)

    post(refund("R", "A", 10000, NOW + HOUR), now=NOW + 3 * HOUR)
    worker.rounds()

    assert told() == [("proposed", "till:order.refunded:R", -30)]


def test_an_order_that_a_parked_return_waited_for_is_proposed_with_it(account: Account, worker: Worker) -> None:
    """In order of time A has 150 and gives them back, B has 50: the return frees no limit."""
    post(refund("R", "A", 15000, NOW + MINUTE), now=NOW + MINUTE)
    post(order("B", 15000, account, NOW + HOUR), now=NOW + HOUR)

    post(order("A", 15000, account, NOW), now=NOW + 2 * HOUR)
    counts = worker.rounds()

    assert counts == {"decisions": 3, "accounts": 1}
    assert told() == [("proposed", "till:order.paid:A", -100)]


def test_what_staff_let_go_is_not_proposed_again(account: Account, worker: Worker) -> None:
    publish("first", [{"effect": "points.fixed", "currency": "points", "points": 7}], condition=_first_order())
    late_order(account)
    worker.rounds()
    replay = Replay.objects.get()
    replaying.discard(replay_id=replay.pk, by=None, now=clock.now() + worker.wait, reason="good will")

    account_id, name = account.pk, OutboxMessage.objects.get(topic=lateness.TOPIC).payload["stretch"]
    again = lateness.look(account_id=account_id, stretch=name, now=clock.now() + worker.wait)
    worker.rounds()

    assert (again, [state for state, _key, _moved in told()]) == (None, ["discarded"])


def test_what_was_proposed_with_the_acceptance_and_let_go_stays_let_go(account: Account, worker: Worker) -> None:
    later = NOW + timedelta(days=9)
    post(order("B", 15000, account, NOW + HOUR), order("A", 15000, account, NOW), now=later)
    for event in account.events.filter(state="review").order_by("-occurred_at"):
        releasing.accept(event_id=event.pk, now=later)
    proposed = told()
    replaying.discard(replay_id=Replay.objects.get().pk, by=None, now=later, reason="good will")

    worker.rounds()

    assert [state for state, _key, _moved in proposed] == ["proposed"]
    assert [state for state, _key, _moved in told()] == ["discarded"]


def test_late_events_after_a_decision_are_proposed_anew(account: Account, worker: Worker) -> None:
    publish("first", [{"effect": "points.fixed", "currency": "points", "points": 7}], condition=_first_order())
    late_order(account)
    worker.rounds()
    replaying.discard(replay_id=Replay.objects.get().pk, by=None, now=clock.now() + worker.wait, reason="good will")

    post(order("0", 1000, account, NOW - MINUTE), now=NOW + 2 * HOUR)
    worker.rounds()

    assert [(state, key) for state, key, _moved in told()] == [
        ("discarded", "till:order.paid:A"),
        ("proposed", "till:order.paid:0"),
    ]


def test_an_account_is_judged_once_a_stretch_from_its_earliest_late_event(
    account: Account, worker: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However many pieces the decisions are gone through in: it is met in each of four here."""
    monkeypatch.setattr(lateness, "PIECE", 2)
    publish("first", [{"effect": "points.fixed", "currency": "points", "points": 7}], condition=_first_order())
    post(order("Z", 15000, account, NOW + HOUR), now=NOW + HOUR)
    for number in range(6):
        at = NOW - number * MINUTE
        post(order(f"A{number}", 1000, account, at), now=NOW + HOUR)

    counts = worker.rounds()

    assert counts == {"decisions": 7, "accounts": 4}
    assert OutboxMessage.objects.filter(topic=lateness.TOPIC).count() == 1
    assert [(state, key) for state, key, _moved in told()] == [("proposed", "till:order.paid:A5")]


def test_only_accounts_with_later_events_are_judged_after_an_import_of_old_orders(worker: Worker) -> None:
    """A file of old orders of twenty people, of whom one had bought since: the first order is another one now."""
    publish("first", [{"effect": "points.fixed", "currency": "points", "points": 7}], condition=_first_order())
    people = [open_account() for _number in range(20)]
    post(order("new", 1000, people[0], NOW), now=NOW)
    old = [order(f"old-{place}", 1000, each, NOW - 9 * HOUR) for place, each in enumerate(people)]
    intake.post(old, partner=open_till(), now=NOW, historic=True)

    counts = worker.rounds()

    assert counts == {"decisions": 21, "accounts": 1}
    assert told() == [("proposed", "till:order.paid:old-0", 0)]


def test_nothing_is_begun_while_an_import_runs_for_a_day_at_most(account: Account, worker: Worker) -> None:
    worker.rounds()
    late_order(account)
    running = ImportJob.objects.create(
        partner=open_till(), file_name="old.csv", file_hash="0", state="running", created_at=NOW
    )

    waited = worker.rounds()
    worker.wait += timedelta(days=1)
    begun = worker.rounds()

    assert (waited, begun) == ({}, {"decisions": 2, "accounts": 1})
    assert ImportJob.objects.get(pk=running.pk).state == "running"


def test_a_piece_done_again_after_a_crash_tells_nothing_twice(account: Account, worker: Worker) -> None:
    late_order(account)
    worker.rounds()
    run = JobRun.objects.filter(job=lateness.JOB).exclude(cursor="").latest("id")
    name = run.cursor.rpartition(".")[0]
    first = f"{name}.{name.split('.')[0]}{'0' * 20}"

    lateness.walk(run.started_at, run.period, first)

    assert OutboxMessage.objects.filter(topic=lateness.TOPIC).count() == 1


def test_a_piece_asks_the_same_number_of_questions_for_many_as_for_one(worker: Worker) -> None:
    one_for_one()
    asked = []
    for count in (1, 12):
        people = [open_account() for _number in range(count)]
        for place, each in enumerate(people):
            post(
                order(f"{count}-{place}-B", 1000, each, NOW + HOUR),
                order(f"{count}-{place}-A", 1000, each),
                now=NOW + HOUR,
            )
        worker.wait += HOUR
        desk.let_time_pass(worker.wait)
        begun = lateness.walk(clock.now() + worker.wait, "", "")
        with CaptureQueriesContext(connection) as queries:
            lateness.walk(clock.now() + worker.wait, "", begun.cursor)
        asked.append(len(queries))

    assert asked[0] == asked[1]
