"""A year of a real shop: every balance agrees with a reckoning that shares no code with the import."""

import csv
import gzip
from collections import Counter, defaultdict
from decimal import Decimal
from pathlib import Path

import pytest
from django.apps import apps

from loyalty import clock
from loyalty.imports import files
from loyalty.imports.columns import Plan, suggest
from loyalty.ledger import verify
from loyalty.models import AccountReference, Balance, Event, Order
from members.models import Member
from tests.loyalty.imports import table

pytestmark = [pytest.mark.data, pytest.mark.django_db]


def expected_balances(path: Path) -> tuple[dict[str, int], dict[str, int]]:
    """Points by customer, and pence of each cancellation that fits no order.

    A floor of the pounds for each order; a cancellation goes against the customer's newest orders
    that are not used up, each of which loses the floor of its points' share.
    """
    balances: dict[str, int] = {}
    bought: dict[str, list[list[int]]] = defaultdict(list)  # pence, pence given back; newest last
    lost: dict[str, int] = {}
    with gzip.open(path, "rt") as file:
        for number, customer, _minute, _country, _lines, _pieces, amount, cancelled in list(csv.reader(file))[1:]:
            pence = int(Decimal(amount) * 100)
            balances.setdefault(customer, 0)
            if cancelled == "0":
                bought[customer].append([pence, 0])
                continue
            left = -pence
            for order in reversed(bought[customer]):
                part = min(left, order[0] - order[1])
                order[1] += part
                left -= part
            if left:
                lost[number] = left
    for customer, orders in bought.items():
        for total, back in orders:
            points = total // 100
            balances[customer] += points - (points * back // total if total else 0)
    return balances, lost


def row_counts() -> dict[str, int]:
    """How many rows each of our tables holds, the report of imports apart."""
    ours = [
        model
        for app in ("loyalty", "members", "rewards", "community")
        for model in apps.get_app_config(app).get_models()
    ]
    return {model.__name__: model._default_manager.count() for model in ours if not model.__name__.startswith("Import")}


def net_by_customer() -> dict[str, int]:
    accounts = dict(AccountReference.objects.values_list("account_id", "external_id"))
    nets = dict.fromkeys(accounts.values(), 0)
    for balance in Balance.objects.filter(currency__code="points"):
        nets[accounts[balance.account_id]] = balance.net
    return nets


def test_every_balance_of_a_year_of_real_orders_agrees_with_a_reckoning_of_its_own(retail_invoices: Path) -> None:
    """E88 and reliability 80 on real input: 22,190 invoices, 4,372 customers; again adds nothing."""
    table.a_point_per_pound()
    data = retail_invoices.read_bytes()
    plan = Plan(columns=suggest(files.open_table(data).header), currency="GBP", zone="Europe/London", language="en")
    expected, lost = expected_balances(retail_invoices)

    job = table.run(data, plan)

    assert (job.state, job.error, job.next_row, job.total_rows) == ("done", "", 22190, 22190)
    assert net_by_customer() == expected
    assert len(expected) == Member.objects.count() == 4372
    assert Order.objects.count() == 18536
    assert {key: job.counts[key] for key in ("orders", "members", "unmatched:GBP")} == {
        "orders": 18536,
        "members": 4372,
        "unmatched:GBP": sum(lost.values()),
    }
    assert job.counts["unmatched"] + job.counts["partly_matched"] == len(lost)
    assert job.counts["cancellations"] + job.counts["unmatched"] == 3654
    assert verify.run(now=clock.now()) == []

    before = (row_counts(), net_by_customer())
    again = table.run(data, plan, force=True)

    assert (row_counts(), net_by_customer()) == before
    assert Counter(outcome for _, outcome, _ in table.reported(again)) == {
        "duplicate": 22190 - job.counts["unmatched"],
        "unmatched": job.counts["unmatched"],
    }


def test_order_lines_are_put_together_and_guests_are_kept(retail_invoices: Path) -> None:
    """The first 20,000 lines: one order for each invoice, cancellations apart, guests without a customer."""
    rows = 20_000
    with gzip.open(retail_invoices.with_name("online_retail_lines.csv.gz"), "rt") as file:
        lines = [next(file) for _ in range(rows + 1)]
    invoices: dict[str, list[dict[str, str]]] = defaultdict(list)
    for line in csv.DictReader(lines):
        invoices[line["InvoiceNo"]].append(line)
    totals = {
        number: sum(int(line["Quantity"]) * Decimal(line["UnitPrice"]) for line in pile)
        for number, pile in invoices.items()
        if not number.startswith("C")
    }
    guests = {number for number in totals if not invoices[number][0]["CustomerID"]}
    how = Plan(
        columns={
            "order_id": "InvoiceNo",
            "occurred_at": "InvoiceDate",
            "customer": "CustomerID",
            "sku": "StockCode",
            "title": "Description",
            "quantity": "Quantity",
            "unit_price": "UnitPrice",
        },
        currency="GBP",
        zone="Europe/London",
        cancel_prefix="C",
        language="en",
    )

    job = table.run("".join(lines).encode(), how)

    assert (job.state, job.total_rows) == ("done", rows)
    found = {order.external_id: order for order in Order.objects.prefetch_related("lines")}
    assert {number: Decimal(order.total_minor) / 100 for number, order in found.items()} == totals
    assert {number for number, order in found.items() if order.account_id is None} == guests
    counted = {number: order.lines.count() for number, order in found.items()}
    sold = {number: sum(int(line["Quantity"]) > 0 for line in invoices[number]) for number in totals}
    assert counted == {number: count if count <= 500 else 0 for number, count in sold.items()}
    assert Event.objects.filter(kind="order.refunded").count() == job.counts["refunds"]
    assert (job.counts["guests"], job.counts["orders"]) == (len(guests), len(totals) - len(guests))
