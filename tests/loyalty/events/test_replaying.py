"""Late events among those that were decided before: what differs is proposed, and applied once."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from loyalty.events import intake, releasing, replaying
from loyalty.events.incoming import Incoming, Status
from loyalty.ledger import spending, verify
from loyalty.models import (
    Account,
    AccountReference,
    AuditRecord,
    Decision,
    Entry,
    Event,
    Lot,
    Order,
    Partner,
    Programme,
    Replay,
    Tally,
)
from tests.loyalty.events.test_returns import cancellation
from tests.loyalty.till import NOW, RATE, net, one_for_one, open_account, open_till, order, post, publish, refund

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
LETTER = {"effect": "letter.send", "subject_zh": "你好", "text_zh": "你好，{name}"}
A_DAY = [{"per": "day", "currency": "points", "limit": 200, "over": "clip"}]


@pytest.fixture
def account() -> Account:
    return open_account()


def bonus(points: int) -> dict[str, Any]:
    return {"effect": "points.fixed", "currency": "points", "points": points}


def orders_so_far(op: str, value: int, window: dict[str, Any]) -> dict[str, Any]:
    return {"fact": "metric.orders", "op": op, "value": value, "window": window}


def propose(account: Account, cause: UUID | None, now: datetime = NOW) -> Replay | None:
    assert cause is not None
    return replaying.propose(account_id=account.pk, cause_event_id=cause, now=now)


def apply(replay: Replay | None, now: datetime = NOW) -> Replay:
    assert replay is not None
    return replaying.apply(replay_id=replay.pk, by=None, now=now)


def by_order() -> dict[str, int]:
    """What each order has left of what it was given."""
    found = {}
    for placed in Order.objects.all():
        given = Entry.objects.filter(event=placed.event_id, counter="issued")
        back = Entry.objects.filter(reverses__in=given)
        found[placed.external_id] = sum(entry.amount for entry in [*given, *back])
    return found


def difference(replay: Replay | None) -> dict[str, tuple[int, int]]:
    assert replay is not None
    names = {placed.event_id.hex: placed.external_id for placed in Order.objects.all()}
    return {names[row["event"]]: (row["before"], row["after"]) for row in replay.diff}


def test_a_late_order_takes_its_part_of_the_days_limit_and_the_later_one_gives_back(account: Account) -> None:
    """E08, told late: 200 a day; the later order had 150 and keeps 100 once the earlier one has 100."""
    publish("base", [RATE], caps=A_DAY)
    post(order("B", 15000, account, NOW + HOUR), now=NOW + HOUR)
    late = post(order("A", 10000, account, NOW), now=NOW + HOUR)[0]

    replay = propose(account, late.event_id)
    before = by_order()
    apply(replay)

    assert before == {"B": 150, "A": 50}
    assert difference(replay) == {"A": (50, 100), "B": (150, 100)}
    assert by_order() == {"A": 100, "B": 100}
    assert net(account) == 200
    assert verify.run(now=NOW + HOUR) == []


def test_the_order_that_is_first_now_has_the_bonus_of_the_first(account: Account) -> None:
    one_for_one()
    publish("first", [bonus(50)], condition=orders_so_far("eq", 0, {"lifetime": True}))
    post(order("B", 1000, account, NOW))
    late = post(order("A", 1000, account, NOW - DAY))[0]

    replay = propose(account, late.event_id)
    apply(replay)

    assert difference(replay) == {"B": (50, 0)}
    assert by_order() == {"A": 60, "B": 10}
    assert verify.run(now=NOW) == []


def test_the_third_order_of_a_month_is_another_one(account: Account) -> None:
    publish("third", [bonus(30)], condition=orders_so_far("eq", 2, {"calendar": "month"}))
    for day, name in enumerate("BCD", start=1):
        post(order(name, 1000, account, NOW - 5 * DAY + day * DAY))
    late = post(order("A", 1000, account, NOW - 5 * DAY))[0]

    apply(propose(account, late.event_id))

    assert by_order() == {"A": 0, "B": 0, "C": 30, "D": 0}
    assert verify.run(now=NOW) == []


def test_a_late_refund_lowers_what_later_orders_were_judged_by(account: Account) -> None:
    one_for_one()
    spent = {"fact": "metric.spend", "op": "gte", "value": 10000, "window": {"days": 30}}
    publish("loyal", [bonus(40)], condition=spent)
    post(order("A", 12000, account, NOW - 3 * DAY))
    post(order("B", 1000, account, NOW - DAY))
    late = post(refund("R", "A", 6000, NOW - 2 * DAY))[0]

    replay = propose(account, late.event_id)
    apply(replay)

    assert difference(replay) == {"B": (40, 0)}
    assert by_order() == {"A": 60, "B": 10}
    assert verify.run(now=NOW) == []


def test_where_nothing_differs_nothing_is_proposed(account: Account) -> None:
    one_for_one()
    post(order("B", 1000, account, NOW))

    late = post(order("A", 1000, account, NOW - DAY))[0]

    assert propose(account, late.event_id) is None
    assert not Replay.objects.exists()


def test_what_a_replay_gives_is_dated_and_expires_from_when_it_happened(account: Account) -> None:
    publish("third", [bonus(30)], condition=orders_so_far("eq", 1, {"lifetime": True}))
    post(order("B", 1000, account, NOW - DAY))
    late = post(order("A", 1000, account, NOW - 2 * DAY))[0]

    apply(propose(account, late.event_id))

    entry = Entry.objects.get()
    lot = Lot.objects.get()
    assert (entry.event.key, entry.amount) == ("till:order.paid:B", 30)  # type: ignore[union-attr]  # of an order
    assert (entry.effective_at, entry.recorded_at, lot.earned_at) == (NOW - DAY, NOW, NOW - DAY)
    assert lot.expires_at is not None
    assert lot.expires_at.date() == (NOW - DAY).date().replace(year=2027)


def test_points_that_had_expired_by_now_are_given_and_gone(account: Account) -> None:
    publish(
        "second",
        [bonus(30) | {"expiry": {"mode": "days", "length": 2}}],
        condition=orders_so_far("eq", 1, {"lifetime": True}),
    )
    post(order("B", 1000, account, NOW - 5 * DAY))
    late = post(order("A", 1000, account, NOW - 6 * DAY))[0]

    apply(propose(account, late.event_id))

    assert list(Entry.objects.order_by("version").values_list("amount", flat=True)) == [30, -30]
    assert net(account) == 0
    assert verify.run(now=NOW) == []


def test_points_that_were_spent_are_owed(account: Account) -> None:
    publish("first", [bonus(50)], condition=orders_so_far("eq", 0, {"lifetime": True}))
    post(order("B", 1000, account, NOW))
    spending.spend(account_id=account.pk, amount=50, now=NOW)
    late = post(order("A", 1000, account, NOW - DAY))[0]
    spending.spend(account_id=account.pk, amount=50, now=NOW)

    apply(propose(account, late.event_id))

    assert net(account) == -50
    assert verify.run(now=NOW) == []


def test_points_that_were_spent_are_absorbed_where_the_programme_says_so(account: Account) -> None:
    Programme.objects.update(refund_shortfall="absorb")
    publish("first", [bonus(50)], condition=orders_so_far("eq", 0, {"lifetime": True}))
    post(order("B", 1000, account, NOW))
    late = post(order("A", 1000, account, NOW - DAY))[0]
    spending.spend(account_id=account.pk, amount=90, now=NOW)

    apply(propose(account, late.event_id))

    assert net(account) == 0
    assert Order.objects.get(external_id="B").clawed == {Entry.objects.get(version=1).pk.hex: 50}
    assert verify.run(now=NOW) == []


@pytest.mark.parametrize("absorb", [False, True])
def test_refunds_after_a_replay_take_back_by_the_new_receipt(account: Account, absorb: bool) -> None:
    """The later order gave 150, keeps 100, of which half and then the whole goes with the refunds."""
    Programme.objects.update(refund_shortfall="absorb" if absorb else "debt")
    publish("base", [RATE], caps=A_DAY)
    post(order("B", 15000, account, NOW + HOUR), now=NOW + HOUR)
    late = post(order("A", 10000, account, NOW), now=NOW + HOUR)[0]
    apply(propose(account, late.event_id))

    post(refund("R1", "B", 7500, NOW + HOUR), refund("R2", "A", 5000, NOW + HOUR), now=NOW + HOUR)
    half = by_order()
    post(refund("R3", "B", 7500, NOW + HOUR), refund("R4", "A", 5000, NOW + HOUR), now=NOW + HOUR)

    assert half == {"A": 50, "B": 50}
    assert by_order() == {"A": 0, "B": 0}
    assert net(account) == 0
    assert verify.run(now=NOW + HOUR) == []


def test_a_refunded_order_keeps_what_its_new_award_leaves_after_the_same_refund(account: Account) -> None:
    publish("base", [RATE], caps=A_DAY)
    post(order("B", 20000, account, NOW + HOUR), now=NOW + HOUR)
    post(refund("R1", "B", 10000, NOW + 2 * HOUR), now=NOW + 2 * HOUR)
    late = post(order("A", 10000, account, NOW), now=NOW + 2 * HOUR)[0]

    replay = propose(account, late.event_id)
    apply(replay)

    assert difference(replay) == {"A": (0, 100), "B": (100, 50)}
    assert by_order() == {"A": 100, "B": 50}
    assert verify.run(now=NOW + 2 * HOUR) == []


def test_a_refund_that_did_not_take_place_gives_again_by_the_new_receipt(account: Account) -> None:
    publish("base", [RATE], caps=A_DAY)
    post(order("B", 20000, account, NOW))
    post(refund("R1", "B", 10000, NOW))
    late = post(order("A", 10000, account, NOW - HOUR))[0]
    apply(propose(account, late.event_id))

    post(cancellation("R1", "B", 10000))

    assert by_order() == {"A": 100, "B": 100}
    assert net(account) == 200
    assert verify.run(now=NOW) == []


def test_what_one_replay_takes_another_may_give_again(account: Account) -> None:
    publish("second", [bonus(30)], condition=orders_so_far("eq", 1, {"lifetime": True}))
    post(order("A", 1000, account, NOW - 6 * DAY))
    post(order("C", 1000, account, NOW - 2 * DAY))
    between = post(order("B", 1000, account, NOW - 4 * DAY))[0]
    apply(propose(account, between.event_id))
    middle = by_order()

    undone = post(refund("R", "A", 1000, NOW - 5 * DAY))[0]
    apply(propose(account, undone.event_id))

    assert middle == {"A": 0, "B": 30, "C": 0}
    assert by_order() == {"A": 0, "B": 0, "C": 30}
    assert net(account) == 30
    assert list(
        Decision.objects.filter(event__key="till:order.paid:C").order_by("number").values_list("number", flat=True)
    ) == [1, 2, 3]
    assert verify.run(now=NOW) == []


def test_limits_know_what_was_moved(account: Account) -> None:
    """What a replay takes back of a day's limit can be earned again on that day, and no more."""
    publish("base", [RATE], caps=A_DAY, condition=orders_so_far("lte", 1, {"lifetime": True}))
    post(order("A", 5000, account, NOW), order("C", 20000, account, NOW + 2 * HOUR), now=NOW + 2 * HOUR)
    late = post(order("B", 1000, account, NOW + HOUR), now=NOW + 2 * HOUR)[0]

    apply(propose(account, late.event_id))

    usage = Tally.objects.get(metric__code__startswith="awarded:")
    assert by_order() == {"A": 50, "B": 10, "C": 0}
    assert usage.value == 60


def test_a_budget_for_everybody_is_never_replayed(account: Account) -> None:
    rest = {"per": "month", "currency": "points", "limit": 70, "of": "everyone"}
    publish("base", [RATE], caps=[rest])
    post(order("B", 5000, account, NOW))
    late = post(order("A", 5000, account, NOW - DAY))[0]

    assert propose(account, late.event_id) is None
    assert by_order() == {"A": 20, "B": 50}


def test_grants_are_never_replayed(account: Account) -> None:
    publish("first", [bonus(50), LETTER], condition=orders_so_far("eq", 0, {"lifetime": True}))
    post(order("B", 1000, account, NOW))
    late = post(order("A", 1000, account, NOW - DAY))[0]

    apply(propose(account, late.event_id))

    latest = Decision.objects.filter(event__key="till:order.paid:B").latest("number")
    assert [step["kind"] for step in latest.receipt["steps"]] == ["grant"]


def test_a_replay_is_applied_once(account: Account) -> None:
    publish("base", [RATE], caps=A_DAY)
    post(order("B", 15000, account, NOW + HOUR), now=NOW + HOUR)
    late = post(order("A", 10000, account, NOW), now=NOW + HOUR)[0]
    replay = apply(propose(account, late.event_id))
    entries = Entry.objects.count()

    with pytest.raises(replaying.ReplayDecided):
        apply(replay)
    with pytest.raises(replaying.ReplayDecided):
        replaying.discard(replay_id=replay.pk, by=None, now=NOW, reason="no")

    assert Entry.objects.count() == entries
    assert propose(account, late.event_id) is None
    assert AuditRecord.objects.get().deed == "replay.applied"


def test_a_proposal_that_no_longer_fits_is_judged_again_first(account: Account) -> None:
    publish("base", [RATE], caps=A_DAY)
    post(order("B", 15000, account, NOW + HOUR), now=NOW + HOUR)
    late = post(order("A", 10000, account, NOW), now=NOW + HOUR)[0]
    replay = propose(account, late.event_id)
    post(refund("R1", "B", 15000, NOW + HOUR), now=NOW + HOUR)

    with pytest.raises(replaying.ReplayOutdated):
        apply(replay)
    again = propose(account, late.event_id)
    apply(again)

    assert again == replay
    assert by_order() == {"A": 100, "B": 0}


def test_discarding_leaves_everything_and_needs_a_reason(account: Account) -> None:
    publish("base", [RATE], caps=A_DAY)
    post(order("B", 15000, account, NOW + HOUR), now=NOW + HOUR)
    late = post(order("A", 10000, account, NOW), now=NOW + HOUR)[0]
    replay = propose(account, late.event_id)
    assert replay is not None

    with pytest.raises(replaying.WhyNeeded):
        replaying.discard(replay_id=replay.pk, by=None, now=NOW, reason=" ")
    replaying.discard(replay_id=replay.pk, by=None, now=NOW, reason="good will")

    assert by_order() == {"A": 50, "B": 150}
    record = AuditRecord.objects.get()
    assert (record.deed, record.reason) == ("replay.discarded", "good will")


def test_an_account_has_one_open_proposal_from_its_earliest_late_event_on(account: Account) -> None:
    publish("base", [RATE], caps=A_DAY)
    post(order("C", 20000, account, NOW + 2 * HOUR), now=NOW + 2 * HOUR)
    middle = post(order("B", 10000, account, NOW + HOUR), now=NOW + 2 * HOUR)[0]
    first = propose(account, middle.event_id)
    early = post(order("A", 5000, account, NOW), now=NOW + 2 * HOUR)[0]

    second = propose(account, early.event_id)
    same = propose(account, middle.event_id)

    assert first is not None
    assert Replay.objects.get(pk=first.pk).state == "discarded"
    assert same == second
    assert difference(second) == {"A": (0, 50), "B": (0, 100), "C": (200, 50)}


def test_a_late_event_under_review_gives_nothing_until_it_is_accepted(account: Account) -> None:
    """E13, second half: told after the seven days: under review, nothing posted; accepted: by the rules of then."""
    double = {"dates": ["11-11"]}
    publish("base", [RATE])
    publish("double", [{"effect": "points.multiply", "currency": "points", "factor": "2"}], schedule=double)
    received = NOW + 9 * DAY

    late = post(order("A", 10000, account, NOW), now=received)[0]
    posted = Entry.objects.count()
    assert late.event_id is not None
    releasing.accept(event_id=late.event_id, now=received)

    assert (late.status, posted) == (Status.REVIEW, 0)
    assert by_order() == {"A": 200}
    assert set(Entry.objects.values_list("effective_at", flat=True)) == {NOW}


def test_a_late_refund_whose_order_is_not_known_yet_waits_for_it_once_accepted(account: Account) -> None:
    one_for_one()
    early = post(refund("R", "A", 4000, NOW), now=NOW + 9 * DAY)[0]
    assert early.event_id is not None

    releasing.accept(event_id=early.event_id, now=NOW + 9 * DAY)
    waiting = Event.objects.get().state
    post(order("A", 10000, account, NOW + 9 * DAY), now=NOW + 9 * DAY)

    assert (early.status, waiting) == (Status.REVIEW, "parked")
    assert by_order() == {"A": 60}


def test_a_late_order_is_its_members_who_have_joined_meanwhile() -> None:
    one_for_one()
    till = open_till()
    Partner.objects.filter(pk=till.pk).update(unknown_member=Partner.UnknownMember.PARK)
    told = Incoming(
        "order.paid", {"order_id": "A", "currency": "CNY", "amount_minor": 10000, "customer": "x:card-7"}, NOW
    )
    late = intake.post([told], partner=Partner.objects.get(), now=NOW + 9 * DAY)[0]
    assert late.event_id is not None
    member = open_account()
    AccountReference.objects.create(partner=till, external_id="card-7", account=member)

    releasing.accept(event_id=late.event_id, now=NOW + 9 * DAY)

    assert (late.status, net(member, NOW + 9 * DAY)) == (Status.REVIEW, 100)


def test_accepting_proposes_what_it_changes(account: Account) -> None:
    publish("base", [RATE], caps=[{**A_DAY[0], "per": "month"}])
    now = NOW + 9 * DAY
    post(order("B", 15000, account, now), now=now)
    late = post(order("A", 10000, account, NOW), now=now)[0]
    assert late.event_id is not None

    replay = releasing.accept(event_id=late.event_id, now=now)

    assert difference(replay) == {"A": (50, 100), "B": (150, 100)}
    assert by_order() == {"A": 50, "B": 150}


def test_claiming_a_guest_order_proposes_what_it_changes(account: Account) -> None:
    """E17 among others: the claimed order is the first one now, so the bonus of the first moves."""
    publish("first", [bonus(50)], condition=orders_so_far("eq", 0, {"lifetime": True}))
    post(order("A", 10000, None, NOW - 5 * DAY))
    post(order("B", 1000, account, NOW - DAY))

    releasing.claim(partner_id=open_till().pk, order_id="A", account_id=account.pk, now=NOW)
    replay = Replay.objects.get()
    apply(replay)

    assert replay.cause == Event.objects.get(key="till:order.paid:A")
    assert by_order() == {"A": 50, "B": 0}
    assert verify.run(now=NOW) == []


def test_a_guest_order_that_was_refunded_before_it_was_claimed_counts_as_it_stood(account: Account) -> None:
    spent = {"fact": "metric.spend", "op": "gte", "value": 6000, "window": {"lifetime": True}}
    publish("loyal", [bonus(40)], condition=spent)
    post(order("A", 10000, None, NOW - 5 * DAY))
    post(refund("R", "A", 5000, NOW - 4 * DAY))
    post(order("B", 1000, account, NOW - DAY))
    post(order("C", 1000, account, NOW))

    releasing.claim(partner_id=open_till().pk, order_id="A", account_id=account.pk, now=NOW)

    assert difference(Replay.objects.get()) == {"C": (0, 40)}


def test_a_corrected_order_gives_its_part_of_the_limit_back_first(account: Account) -> None:
    publish("base", [RATE], caps=A_DAY)
    post(order("A", 20000, account, NOW, version=1))

    post(order("A", 15000, account, NOW, version=2))

    assert by_order() == {"A": 150}
    assert Tally.objects.get(metric__code__startswith="awarded:").value == 150


def test_a_corrected_order_changes_what_later_ones_are_worth(account: Account) -> None:
    publish("base", [RATE], caps=A_DAY)
    post(order("A", 20000, account, NOW, version=1), order("B", 10000, account, NOW + HOUR), now=NOW + HOUR)
    late = post(order("A", 15000, account, NOW, version=2), now=NOW + HOUR)[0]

    apply(propose(account, late.event_id))

    assert by_order() == {"A": 150, "B": 50}
    assert verify.run(now=NOW + HOUR) == []
