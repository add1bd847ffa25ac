"""The configuration's stamp: whatever is edited, and by whom, the next event decides by it."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext

from loyalty import accounts, configuration, policies, programme, rules, triggers
from loyalty.configuration import Kept
from loyalty.ledger.laws import surroundings
from loyalty.models import Currency, Lifetime, Lot, Metric, Programme, RuleVersion, Store, Tally
from tests.loyalty.test_killed import ROOT, database_url
from tests.loyalty.till import NOW, net, one_for_one, open_account, open_till, order, post, publish

DOUBLE = [{"effect": "points.multiply", "currency": "points", "factor": "2"}]


def worth(name: str, minor: int = 10_000, **more: Any) -> int:
    """What an order gives somebody new, in points."""
    account = open_account()
    post(order(name, minor, account, **more))
    return net(account)


@pytest.mark.django_db
def test_a_rule_published_and_retired_counts_from_the_next_event_on() -> None:
    one_for_one()
    before = worth("A-1")

    rule = publish("double", DOUBLE)
    during = worth("A-2")
    rules.retire(rule, by=None, now=NOW - timedelta(seconds=1))

    assert [before, during, worth("A-3")] == [100, 200, 100]


@pytest.mark.django_db
def test_a_policy_published_counts_from_the_next_event_on() -> None:
    one_for_one()
    publish("double", DOUBLE)
    publish("triple", [{"effect": "points.multiply", "currency": "points", "factor": "3"}])
    before = worth("A-1")

    policies.publish(changes={"programme": {"stacking": "multiplicative"}}, by=None, now=NOW, reason="a trial")

    assert [before, worth("A-2")] == [400, 600]


@pytest.mark.django_db
def test_a_currency_edited_counts_from_the_next_event_on() -> None:
    one_for_one()
    worth("A-1")

    policies.publish(changes={"currencies": {"points": {"balance_cap": 30}}}, by=None, now=NOW, reason="a cap")

    assert worth("A-2") == 30


@pytest.mark.django_db
def test_a_metric_made_counts_the_next_event() -> None:
    one_for_one()
    worth("A-1")

    metric = Metric.objects.create(code="big", name_zh="大单", name_en="big orders", kind="order.paid", measure="count")
    worth("A-2")

    assert list(Tally.objects.filter(metric=metric).values_list("value", flat=True)) == [1]


@pytest.mark.django_db
def test_a_lifetime_saved_and_removed_counts_from_the_next_event_on() -> None:
    one_for_one()
    worth("A-1")

    life = Lifetime.objects.create(
        currency=Currency.objects.get(code="points"), name_zh="短", name_en="short", mode="days", length=3
    )
    worth("A-2")
    life.delete()
    worth("A-3")

    ends = [lot.expires_at for lot in Lot.objects.order_by("id")]
    assert ends[0] == ends[2]
    assert ends[1] is not None
    assert ends[1] < NOW + timedelta(days=5)


@pytest.mark.django_db
def test_a_store_opened_is_known_to_the_next_event() -> None:
    one_for_one()
    before = worth("A-1", store="B9")

    Store.objects.create(code="B9", name="Ninth")

    assert [before, worth("A-2", store="B9")] == [0, 100]


@pytest.mark.django_db
def test_what_stands_in_the_configuration_is_not_read_again() -> None:
    one_for_one()
    holder = open_account()
    post(order("A-1", 10_000, holder))

    with CaptureQueriesContext(connection) as asked:
        post(order("A-2", 10_000, holder))

    read = [table for table in configuration.tables() if any(f'FROM "{table}"' in each["sql"] for each in asked)]
    assert read == []


@pytest.mark.django_db
@pytest.mark.parametrize("table", configuration.OWN)
def test_every_table_of_the_configuration_is_watched(table: str) -> None:
    before = configuration.stamp()

    with connection.cursor() as cursor:
        cursor.execute(f"UPDATE {table} SET id = id")  # noqa: S608  # a table of ours
        empty = cursor.rowcount == 0 and connection.vendor == "sqlite"

    assert empty or configuration.stamp() != before


@pytest.mark.django_db
def test_rows_left_out_of_an_insert_do_not_silence_the_watch() -> None:
    before = configuration.stamp()

    Metric.objects.bulk_create([Metric(code="quiet", name_zh="静", name_en="quiet")], ignore_conflicts=True)

    assert configuration.stamp() != before


@pytest.mark.django_db
def test_a_watch_that_is_gone_is_told_and_laid_again() -> None:
    table = "loyalty_store"
    with connection.cursor() as cursor:
        for trigger, of in triggers.watches(connection, [table]):
            cursor.execute(f"DROP TRIGGER {trigger}" + (f" ON {of}" if connection.vendor == "postgresql" else ""))

    told = {breach.row for breach in surroundings.triggers_stand(NOW, None)}
    configuration.lay()

    assert told == {table}
    assert list(surroundings.triggers_stand(NOW, None)) == []


@pytest.mark.django_db
def test_nothing_loaded_by_a_transaction_that_is_undone_is_kept() -> None:
    """Stamps are drawn, so the one of an undone change never comes back for another change."""
    names: Kept[[], str] = Kept(lambda: Programme.objects.get(pk=1).name_en)
    with configuration.steady():
        seen = [names()]

    with transaction.atomic():
        Programme.objects.filter(pk=1).update(name_en="Undone")
        with configuration.steady():
            seen.append(names())
        transaction.set_rollback(True)
    with configuration.steady():
        seen.append(names())

    assert seen == ["Evergreen", "Undone", "Evergreen"]


@pytest.mark.django_db
def test_what_changed_after_the_stamp_was_read_is_used_and_not_kept() -> None:
    names: Kept[[], str] = Kept(lambda: Programme.objects.get(pk=1).name_en)

    with transaction.atomic(), configuration.steady():
        Programme.objects.filter(pk=1).update(name_en="Meanwhile")
        during = names()
        transaction.set_rollback(True)
    with configuration.steady():
        after = names()

    assert [during, after] == ["Meanwhile", "Evergreen"]


@pytest.mark.django_db
def test_without_a_stamp_nothing_is_kept() -> None:
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM loyalty_configurationstamp")
    loaded: list[int] = []
    counted: Kept[[], None] = Kept(lambda: loaded.append(1))

    with configuration.steady():
        counted()
        counted()

    assert loaded == [1, 1]


LISTENING = """
import json, sys
import django
django.setup()
from tests.loyalty.till import net, open_account, order, post
for line in sys.stdin:
    account = open_account()
    post(order(line.strip(), 10_000, account))
    print(json.dumps(net(account)), flush=True)
"""


@contextmanager
def other_process() -> Iterator[Callable[[str], int]]:
    """A process of its own that posts an order whenever it is told a name, and says what it was worth."""
    environment = {**os.environ, "DATABASE_URL": database_url(), "DJANGO_SETTINGS_MODULE": "tests.settings"}
    connection.close()
    process = subprocess.Popen(
        [sys.executable, "-W", "ignore", "-c", LISTENING],
        cwd=ROOT,
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )

    def ask(name: str) -> int:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(f"{name}\n")
        process.stdin.flush()
        return int(json.loads(process.stdout.readline()))

    try:
        yield ask
    finally:
        process.communicate(timeout=30)


@pytest.mark.django_db(transaction=True)
def test_another_process_decides_by_what_was_just_changed() -> None:
    open_till()
    one_for_one()
    with other_process() as ask:
        told = [ask("A-1"), ask("A-2")]

        rule = publish("double", DOUBLE)
        told.append(ask("A-3"))
        policies.publish(changes={"currencies": {"points": {"balance_cap": 150}}}, by=None, now=NOW, reason="a cap")
        told.append(ask("A-4"))
        RuleVersion.objects.filter(rule=rule).update(effective_until=NOW - timedelta(days=1))
        told.append(ask("A-5"))

    assert told == [100, 100, 200, 150, 100]


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_a_change_that_is_not_committed_is_nobody_elses() -> None:
    """The negative control: readers neither wait for an editor nor see what is undone."""
    one_for_one()
    currencies = accounts.currencies()
    with other_process() as ask:
        told = [ask("A-1")]
        with transaction.atomic():
            Currency.objects.filter(pk=currencies["points"].pk).update(balance_cap=5)
            told.append(ask("A-2"))
            transaction.set_rollback(True)
        told.append(ask("A-3"))

    assert told == [100, 100, 100]


@pytest.mark.django_db
def test_a_page_reads_the_programme_once_and_the_next_page_sees_what_was_changed() -> None:
    client, names, reads = Client(), [], []

    for name in ("Before", "After"):
        Programme.objects.filter(pk=1).update(name_zh=name, name_en=name)
        with CaptureQueriesContext(connection) as seen:
            names.append(f">{name}<" in client.get("/sign-in/").content.decode())
        reads.append(len([each for each in seen if 'FROM "loyalty_programme"' in each["sql"]]))

    assert (names, reads) == ([True, True], [1, 1])


@pytest.mark.django_db
def test_a_deed_on_a_page_that_only_reads_takes_the_stamp_anew() -> None:
    with configuration.browsing():
        before = programme.current().name_zh
        Programme.objects.filter(pk=1).update(name_zh="Anew")
        with configuration.steady():
            inside = programme.current().name_zh
        after = programme.current().name_zh

    assert (before != "Anew", inside, after) == (True, "Anew", "Anew")
    assert not configuration.is_steady()
