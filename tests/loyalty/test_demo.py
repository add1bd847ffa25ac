"""The demo: calibrated, whole, planted once, and only where its passwords may be known."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from io import StringIO
from itertools import pairwise

import pytest
from django.contrib.auth import authenticate
from django.core.management import CommandError, call_command

from loyalty import clock
from loyalty.demo import planting, purchases
from loyalty.demo.stage import ZONE, Stage
from loyalty.ledger import verify
from loyalty.models import Account, Entry, Event, Message, Order, PartnerKey
from members.climbing import progress
from members.demo import people as demo
from members.models import Member

NOW = datetime(2026, 11, 22, 5, 0, tzinfo=UTC)


@pytest.fixture(scope="module")
def drawn() -> Stage:
    """The full history, drawn but not posted."""
    stage = Stage(now=NOW)
    demo.plant_people(stage)
    purchases.note_all(stage)
    return stage


def orders(stage: Stage) -> Iterator[tuple[datetime, dict[str, object]]]:
    for note in stage.diary:
        if note.code == "till" and note.what[0] == purchases.PAID:
            yield note.at, note.what[1]


def purchase_days(stage: Stage) -> list[list[date]]:
    days = [sorted({clock.business_day(at, ZONE) for at in each.bought_at}) for each in stage.shoppers]
    return [each for each in days if each]


def test_as_many_buy_again_within_ninety_days_as_in_a_real_shop(drawn: Stage) -> None:
    """Metric 14, eligible-only: 45.5 % in the public Online Retail sample; 42 to 50 % here."""
    eligible = [days for days in purchase_days(drawn) if days[0] <= drawn.today - timedelta(days=90)]

    again = [days for days in eligible if len(days) > 1 and (days[1] - days[0]).days <= 90]

    assert 0.42 <= len(again) / len(eligible) <= 0.50


def test_the_week_the_guests_and_the_baskets_are_a_pet_shops(drawn: Stage) -> None:
    """Metrics 2, 15, 19: guests 30 % of orders, a third of the week on its weekend, baskets of ¥140 to ¥230."""
    all_orders = list(orders(drawn))
    guests = [order for _at, order in all_orders if "customer" not in order]
    days = [clock.business_day(at, ZONE) for at, _order in all_orders]
    refunds = [note for note in drawn.diary if note.code == "till" and note.what[0] == purchases.REFUNDED]
    average = sum(int(str(order["amount_minor"])) for _at, order in all_orders) / len(all_orders)

    assert 0.28 <= len(guests) / len(all_orders) <= 0.32
    assert 0.33 <= sum(day.weekday() >= 5 for day in days) / len(days) <= 0.45
    assert 0.05 <= sum(day.day == 18 for day in days) / len(days) <= 0.12
    assert 0.01 <= len(refunds) / len(all_orders) <= 0.05
    assert 14_000 <= average <= 23_000


def test_some_are_active_some_sleep_and_some_never_bought(drawn: Stage) -> None:
    """Metric 4: every stage of the life cycle has at least thirty members, so no rate is hidden."""
    since = [(drawn.today - days[-1]).days for days in purchase_days(drawn)]

    active, dormant = sum(gap <= 60 for gap in since), sum(60 < gap <= 180 for gap in since)

    assert min(active, dormant, len(since) - active - dormant) >= 30
    assert len(drawn.shoppers) - len(since) >= 10


def test_the_same_seed_draws_the_same_history(drawn: Stage) -> None:
    again = Stage(now=NOW)
    demo.plant_people(again)
    purchases.note_all(again)

    assert list(orders(again)) == list(orders(drawn))


@pytest.mark.django_db
def test_the_demo_is_planted_once_and_its_books_are_right() -> None:
    assert planting.plant(now=NOW, people=12)
    count = Event.objects.count()

    assert not planting.plant(now=NOW, people=12)

    assert Event.objects.count() == count
    assert Account.objects.filter(kind=Account.Kind.MEMBER).count() == 12
    assert Order.objects.filter(account=None).count() > 0
    assert Event.objects.exclude(state__in=["decided", "guest"]).count() == 0
    assert Entry.objects.filter(recorded_at__gt=NOW).count() == 0
    assert verify.run(now=NOW) == []
    _nobodys_history_runs_backwards()
    _the_star_stands_where_the_drawing_says()
    _everyone_can_sign_in()
    assert Message.objects.exclude(state="sent").count() == 0
    assert Message.objects.filter(read_at=None).count() == 2


def _nobodys_history_runs_backwards() -> None:
    rows = Entry.objects.order_by("account_id", "currency_id", "version")
    told = rows.values_list("account_id", "currency_id", "effective_at")
    assert [pair for pair in pairwise(told) if pair[0][:2] == pair[1][:2] and pair[0][2] > pair[1][2]] == []


def _the_star_stands_where_the_drawing_says() -> None:
    star = Member.objects.get(phone=f"+86{demo.STAR_PHONE}")
    way = progress.towards_next(star, now=NOW)
    assert way is not None
    assert (star.tier and star.tier.code, way.growth, way.missing) == ("gold", 4680, 320)


def _everyone_can_sign_in() -> None:
    logins = {login.role: login for login in planting.logins()}
    assert sorted(logins) == ["clerk", "member", "new member", "operator", "partner", "supervisor"]
    for role in ("clerk", "member", "new member", "operator", "supervisor"):
        assert authenticate(username=logins[role].login, password=logins[role].secret) is not None
    assert PartnerKey.objects.get_from_key(logins["partner"].secret) == PartnerKey.objects.get(partner__code="till")
    lines = StringIO()
    call_command("demo_logins", stdout=lines)
    assert [line.split()[0] for line in lines.getvalue().splitlines()] == [
        "operator",
        "partner",
        "member",
        "new",
        "clerk",
        "supervisor",
    ]


@pytest.mark.parametrize("command", ["seed_demo", "demo_logins"])
def test_without_demo_or_debug_there_is_no_demo(command: str, settings: object) -> None:
    """Its passwords are known to all, so it is refused where strangers may come."""
    settings.DEMO = settings.DEBUG = False  # type: ignore[attr-defined]  # the fixture takes any setting

    with pytest.raises(CommandError):
        call_command(command)
