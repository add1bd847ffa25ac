"""I23: a tier is what the entries make of it; what nobody may have settled yet is allowed for, and no more."""

import random
from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from loyalty import findings, programme
from loyalty.events import intake
from loyalty.events.incoming import Incoming
from loyalty.ledger import verify
from loyalty.models import Account, Finding, Tally
from members.climbing import auditing, granting, ladders, reviewing, tiers
from members.models import Ladder, LadderVersion, Member, Standing, Tier
from tests import cast
from tests.members.climbing.test_tiers import growth_rule, paid

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
YEARLY: dict[str, Any] = {"window": "calendar_year", "validity": "calendar_year"}


@pytest.fixture(autouse=True)
def _everybody(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(auditing, "ONE_IN", 1)


def found(now: datetime = cast.NOW, member: Member | None = None) -> list[tuple[str, str]]:
    """(ladder, what is wrong) of each breach; of one member alone where one is given."""
    accounts = None if member is None else [member.pk]
    breaches = list(auditing.tiers_are_earned(now, accounts))
    return [(breach.row.split()[1], breach.found) for breach in breaches]


def risen(growth: int = 2500, **policies: object) -> Member:
    """A member judged by what they were given today."""
    cast.ladder(**policies)
    member = cast.member()
    with transaction.atomic():
        cast.give(member.pk, growth, currency="growth")
        tiers.review([member.pk], {}, cast.NOW)
    member.refresh_from_db()
    return member


def tier(code: str) -> Tier:
    return Tier.objects.get(code=code)


def test_standings_as_judged_are_in_order() -> None:
    """I23."""
    member = risen()
    cast.member("新", phone="13900139001")

    told = [breach for breach in verify.run(now=cast.NOW) if breach.invariant == auditing.CODE]

    assert (member.tier, found(), told) == (tier("gold"), [], [])


CORRUPTIONS: dict[str, tuple[Callable[[Member], object], str]] = {
    "shown": (
        lambda member: Member.objects.update(tier=tier("platinum")),
        "shown platinum, standing gold",
    ),
    "shown as none": (lambda member: Member.objects.update(tier=None), "shown -, standing gold"),
    "both": (
        lambda member: (
            Member.objects.update(tier=tier("platinum")),
            Standing.objects.update(effective=tier("platinum")),
        ),
        "effective platinum, sources gold",
    ),
    "earned": (
        lambda member: (
            Member.objects.update(tier=tier("platinum")),
            Standing.objects.update(effective=tier("platinum"), earned=tier("platinum")),
        ),
        "earned platinum, judged gold",
    ),
    "too low": (
        lambda member: (
            Member.objects.update(tier=tier("silver")),
            Standing.objects.update(effective=tier("silver"), earned=tier("silver")),
        ),
        "earned silver, judged gold",
    ),
    "no standing": (
        lambda member: (Member.objects.update(tier=tier("platinum")), Standing.objects.all().delete()),
        "earned platinum, judged gold",
    ),
    "a grant that ended": (
        lambda member: (
            Standing.objects.update(
                granted=tier("platinum"), granted_through=date(2026, 1, 1), effective=tier("platinum")
            ),
            Member.objects.update(tier=tier("platinum")),
        ),
        "effective platinum, sources gold",
    ),
    "a review put off": (
        lambda member: Standing.objects.update(next_review_on=programme.day_of(cast.NOW) - 3 * DAY),
        "",
    ),
}


@pytest.mark.parametrize("name", CORRUPTIONS)
def test_a_tier_changed_behind_our_back_is_found(name: str) -> None:
    """I23: one seeded corruption for each thing that is asked; of one member alone, too."""
    member, other = risen(), cast.member("新", phone="13900139001")
    corrupt, fault = CORRUPTIONS[name]
    Member.objects.filter(pk=other.pk).update(tier=tier("starter"))

    corrupt(member)
    Member.objects.filter(pk=other.pk).update(tier=tier("starter"))
    day = programme.day_of(cast.NOW) - 3 * DAY

    expected = [("main", fault if name != "a review put off" else f"due {day}")]
    assert found(member=member) == expected
    assert found() == expected
    assert found(member=other) == []


def test_growth_that_nobody_judged_is_found_until_it_is_judged() -> None:
    """I23: the entries changed and the tier did not."""
    member = risen()
    cast.give(member.pk, 3000, currency="growth")

    before = found()
    with transaction.atomic():
        tiers.review([member.pk], {}, cast.NOW)

    assert (before, found()) == ([("main", "earned gold, judged platinum")], [])


def test_what_protects_a_tier_is_part_of_the_law() -> None:
    """A validity that lasts, a grant, a lock and a purchase: each explains a tier that the growth does not."""
    growth_rule()
    cast.ladder(**YEARLY, refunds_undo="at_review")
    member = cast.member()
    intake.post([paid("A1", 250000, f"m:{member.account.number}")], partner=cast.partner(), now=cast.NOW)
    payload = {"order_id": "A1", "refund_id": "R1", "currency": "CNY", "amount_minor": 250000}
    intake.post([Incoming("order.refunded", payload, cast.NOW)], partner=cast.partner(), now=cast.NOW)

    lasting, earned = found(), Standing.objects.get().earned
    granting.grant(account_id=member.pk, tier_id=tier("platinum").pk, through=None, reason="guest", now=cast.NOW)
    granted = found()
    granting.lock(account_id=member.pk, tier_id=tier("gold").pk, through=None, reason="moved", now=cast.NOW)
    granting.pay(account_id=member.pk, tier_id=tier("gold").pk, through=None, note="plan", now=cast.NOW)

    assert (lasting, granted, found()) == ([], [], [])
    assert (earned, Standing.objects.get().effective) == (tier("gold"), tier("platinum"))


def test_a_review_that_came_last_night_is_not_late_yet() -> None:
    """Thirty-six hours, as for all work of the night; then it is told."""
    member = risen(**YEARLY)
    new_year = datetime(2027, 1, 1, 4, tzinfo=cast.NOW.tzinfo)

    due, late = found(new_year), found(new_year + 2 * DAY)
    reviewing.review_due(new_year + 2 * DAY, "2027-01-03", "")

    assert (due, late, found(new_year + 2 * DAY)) == ([], [("main", "due 2027-01-01")], [])
    assert Member.objects.get(pk=member.pk).tier == tier("gold")


def test_a_new_version_counts_from_a_members_next_event_on() -> None:
    """Nobody is judged by it before, unless it moved everybody."""
    growth_rule()
    member = risen()
    Tier.objects.filter(code="platinum").update(threshold=2400)
    ladders.publish(Ladder.objects.get(is_main=True), by=None, now=cast.NOW + DAY)

    waiting = found(cast.NOW + 2 * DAY)
    later = cast.NOW + 3 * DAY
    order = paid("A1", 100, f"m:{member.account.number}", ago=-3 * DAY)
    intake.post([order], partner=cast.partner(), now=later)
    risen_now = Member.objects.get(pk=member.pk).tier
    after = found(later)
    Member.objects.update(tier=tier("gold"))
    Standing.objects.update(earned=tier("gold"), effective=tier("gold"), effective_at=cast.NOW, reached_at=cast.NOW)

    assert (waiting, risen_now, after) == ([], tier("platinum"), [])
    assert found(later) == [("main", "earned gold, judged platinum")]


def test_a_version_that_moved_everybody_counts_for_everybody() -> None:
    member = risen()
    Tier.objects.filter(code="platinum").update(threshold=2400)
    later = cast.NOW + DAY
    ladders.publish(Ladder.objects.get(is_main=True), by=None, now=later, moves=LadderVersion.Moves.NOW)
    waiting = found(later)
    while reviewing.move_all(later, "", "").cursor:
        pass
    moved = found(later)
    Member.objects.update(tier=tier("gold"))
    Standing.objects.update(earned=tier("gold"), effective=tier("gold"))

    assert (waiting, moved) == ([], [])
    assert found(later, member) == [("main", "earned gold, judged platinum")]


def test_closed_accounts_and_facts_are_not_held_to_figures() -> None:
    member = risen()
    tagged = {"fact": "member.birthday", "op": "month_is", "value": "current"}
    Tier.objects.filter(code="platinum").update(threshold=2400, requirement=tagged)
    ladders.publish(Ladder.objects.get(is_main=True), by=None, now=cast.NOW)
    Member.objects.update(birthday=programme.day_of(cast.NOW))
    by_facts = found()
    Member.objects.update(tier=tier("silver"))
    Account.objects.filter(pk=member.pk).update(status=Account.Status.CLOSED)

    assert (by_facts, found()) == ([], [])


def test_what_was_found_is_looked_at_again_though_the_lot_falls_on_others(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nor does it stop anybody from spending."""
    member = risen()
    Standing.objects.update(earned=tier("platinum"), effective=tier("platinum"))
    Member.objects.update(tier=tier("platinum"))
    findings.record(auditing.LAW, now=cast.NOW)
    monkeypatch.setattr(auditing, "ONE_IN", 10**9)
    monkeypatch.setattr(auditing, "RECENT", -timedelta(days=9000))

    findings.record(auditing.LAW, now=cast.NOW + DAY)

    assert [finding.gone_at for finding in Finding.objects.filter(invariant="I23")] == [None]
    assert Account.objects.get(pk=member.pk).spending_stopped_at is None


def test_one_range_asks_the_same_for_many_as_for_one() -> None:
    risen()
    asked = []
    for place in range(2):
        with CaptureQueriesContext(connection) as queries:
            found()
        asked.append(len(queries))
        for number in range(6):
            person = cast.member(f"M{number}", phone=f"1381{place}{number:06d}")
            cast.give(person.pk, 100, currency="growth")

    assert asked[0] == asked[1]


@pytest.mark.parametrize(
    "policies",
    [
        {},
        {"window": "rolling", "window_unit": "months", "window_length": 3},
        {**YEARLY, "refunds_undo": "at_review", "grace_days": 10},
        {"window": "since_reached", "validity": "since_reached", "downgrade": "one_step"},
        {"window": "anniversary", "validity": "anniversary", "refunds_undo": "never"},
        {"window": "since_reached"},
        {"window": "rolling", "grace_days": 5, "refunds_undo": "at_once"},
    ],
)
def test_whatever_happens_on_the_one_road_nothing_is_found(policies: dict[str, object]) -> None:
    """Two years of orders, returns and nights by chance, under each kind of ladder."""
    chance = random.Random(str(policies))
    cast.ladder(**policies)
    growth_rule()
    member = cast.member()
    bought: list[str] = []
    now, faults = cast.NOW, []
    for step in range(30):
        now += timedelta(days=chance.choice([0, 1, 9, 40, 100]), hours=chance.randrange(20))
        day = programme.day_of(now)
        while Standing.objects.filter(next_review_on__lte=day).exists():
            reviewing.review_due(now, day.isoformat(), "")
        faults += [(step, "night", *each) for each in found(now)]
        if bought and chance.random() < 0.3:
            number = bought.pop(chance.randrange(len(bought)))
            payload = {"order_id": number, "refund_id": f"R{step}", "currency": "CNY", "amount_minor": 60000}
            batch = [Incoming("order.refunded", payload, now)]
        else:
            bought.append(f"A{step}")
            batch = [paid(f"A{step}", chance.choice([60000, 120000]), f"m:{member.account.number}", ago=cast.NOW - now)]
        intake.post(batch, partner=cast.partner(), now=now)
        faults += [(step, "day", *each) for each in found(now)]

    assert faults == []
    assert Tally.objects.filter(account=member.pk).exists()
