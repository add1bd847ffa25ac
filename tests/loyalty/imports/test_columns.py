"""Which column is what: guesses, and what is said when a column is not there."""

import pytest

from loyalty.errors import LoyaltyError
from loyalty.imports import columns
from loyalty.imports.columns import Plan
from tests.loyalty.imports import table


def refusal(plan: Plan, *header: str) -> tuple[str, dict[str, object]]:
    with pytest.raises(LoyaltyError) as met:
        columns.check(plan, header)
    return met.value.code, met.value.numbers


def test_columns_are_guessed_from_chinese_and_english_names() -> None:
    chinese = ["订单编号", "买家会员名", "订单付款时间", "买家实际支付金额", "备注"]
    english = ["Invoice No", "Customer_ID", "InvoiceDate", "StockCode", "Description", "Quantity", "Unit Price"]

    assert columns.suggest(chinese) == {
        "order_id": "订单编号",
        "customer": "买家会员名",
        "occurred_at": "订单付款时间",
        "amount": "买家实际支付金额",
    }
    assert columns.suggest(english) == {
        "order_id": "Invoice No",
        "customer": "Customer_ID",
        "occurred_at": "InvoiceDate",
        "sku": "StockCode",
        "title": "Description",
        "quantity": "Quantity",
        "unit_price": "Unit Price",
    }


def test_pieces_without_a_price_are_no_order_line() -> None:
    assert columns.suggest(["order", "date", "amount", "qty", "lines"]) == {
        "order_id": "order",
        "occurred_at": "date",
        "amount": "amount",
    }


def test_columns_that_are_not_there_are_all_named() -> None:
    """Bad input 71."""
    assert refusal(table.plan(), "order", "when", "sum", "customer") == (
        "missing_columns",
        {"columns": "“paid at”, “total”", "known": "order, when, sum, customer"},
    )


@pytest.mark.parametrize(
    ("plan", "expected"),
    [
        (Plan(columns={"customer": "c"}, language="en"), "fields_unmapped"),
        (Plan(columns={"colour": "c"}), "unknown_import_field"),
        (table.plan(zone="Europe/Atlantis"), "unknown_zone"),
        (table.plan(currency="QQQ"), "unknown_currency"),
        (table.plan(date_order="ymd"), "invalid"),
    ],
)
def test_a_plan_that_cannot_work_is_refused(plan: Plan, expected: str) -> None:
    assert refusal(plan, *table.HEADER, "c")[0] == expected


def test_a_chosen_column_that_is_there_twice_is_refused() -> None:
    assert refusal(table.plan(), *table.HEADER, "total") == ("doubled_column", {"columns": "“total”"})


def test_a_plan_comes_back_as_it_was_kept() -> None:
    plan = table.plan(cancel_prefix="C", skip_bad_rows=True)

    assert Plan.load(plan.stored()) == plan
