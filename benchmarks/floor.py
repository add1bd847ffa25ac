"""The floor under the batch path: the same rows in the same tables, written with nothing but SQL.

``read`` takes what one batch of the real path wrote out of the tables and gives it to other accounts
under fresh ids and keys; ``write`` puts it in with one transaction, plain rows by COPY, balances and
tallies by ``INSERT … SELECT unnest … ON CONFLICT``. Documents are text already. PostgreSQL only.
"""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeAlias
from uuid import UUID

from django.db import connection, models, transaction

from loyalty import ids
from loyalty.models import Balance, Decision, Entry, Event, Lot, Order, OrderLine, Tally

Rows = list[tuple[Any, ...]]
Column: TypeAlias = "models.Field[Any, Any]"
# In the order in which they refer to each other; each is found by the batch's instant of recording.
COPIED: tuple[tuple[type[models.Model], str], ...] = (
    (Event, "id IN (SELECT id FROM batch)"),
    (Order, "event_id IN (SELECT id FROM batch)"),
    (OrderLine, "order_id IN (SELECT o.id FROM loyalty_order o JOIN batch ON o.event_id = batch.id)"),
    (Decision, "event_id IN (SELECT id FROM batch)"),
    (Entry, "event_id IN (SELECT id FROM batch)"),
    (Lot, "entry_id IN (SELECT e.id FROM loyalty_entry e JOIN batch ON e.event_id = batch.id)"),
)
BATCH = "CREATE TEMP TABLE batch AS SELECT id, account_id, occurred_on FROM loyalty_event WHERE recorded_at = %s"
PURSE, DAY = ("account_id", "currency_id"), ("account_id", "metric_id", "day")


@dataclass(slots=True)
class Written:
    """What a batch wrote: rows to copy by table and columns, and the columns of what is upserted."""

    copied: list[tuple[type[models.Model], Rows]] = field(default_factory=list)
    balances: list[list[Any]] = field(default_factory=list)
    tallies: list[list[Any]] = field(default_factory=list)

    def count(self) -> int:
        upserted = sum(len(columns[0]) for columns in (self.balances, self.tallies) if columns)
        return sum(len(rows) for _, rows in self.copied) + upserted


def columns_of(model: type[models.Model]) -> "list[Column]":
    """Every column but those the database numbers itself."""
    return [column for column in model._meta.local_concrete_fields if not isinstance(column, models.AutoField)]


def names_of(columns: "list[Column]") -> list[str]:
    return [column.column or "" for column in columns]


def read(recorded_at: datetime, twins: Mapping[int, int]) -> Written:
    """What the batch recorded at that instant wrote, as rows of the accounts' twins."""
    found = Written()
    fresh: dict[UUID, UUID] = defaultdict(ids.uuid7)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(BATCH, [recorded_at])
        for model, where in COPIED:
            columns = columns_of(model)
            picks = ", ".join(_pick(column) for column in columns)
            cursor.execute(f"SELECT {picks} FROM {model._meta.db_table} WHERE {where} ORDER BY id")  # noqa: S608  # ours
            found.copied.append((model, [_twin(columns, row, twins, fresh) for row in cursor.fetchall()]))
        found.balances = _upserted(cursor, Balance, "account_id IN (SELECT account_id FROM batch)", twins)
        days = "(account_id, day) IN (SELECT account_id, occurred_on FROM batch)"
        found.tallies = _upserted(cursor, Tally, days, twins)
        cursor.execute("DROP TABLE batch")
    return found


def _pick(column: "Column") -> str:
    return f"{column.column}::text" if isinstance(column, models.JSONField) else str(column.column)


def _twin(
    columns: "list[Column]", row: tuple[Any, ...], twins: Mapping[int, int], fresh: dict[UUID, UUID]
) -> tuple[Any, ...]:
    """The same row for another account: fresh ids, and business keys of the same length."""
    values: list[Any] = []
    for column, value in zip(columns, row, strict=True):
        if column.column == "account_id":
            values.append(twins[value])
        elif isinstance(value, UUID):
            values.append(fresh[value])
        elif column.column in ("key", "external_id"):
            values.append(f"{value[:-1]}{chr(ord(value[-1]) + 40)}")
        else:
            values.append(value)
    return tuple(values)


def _upserted(cursor: Any, model: type[models.Model], where: str, twins: Mapping[int, int]) -> list[list[Any]]:
    names = ", ".join(names_of(columns_of(model)))
    cursor.execute(f"SELECT {names} FROM {model._meta.db_table} WHERE {where} ORDER BY id")  # noqa: S608  # ours
    rows = [(twins[account], *rest) for account, *rest in cursor.fetchall()]
    return [list(column) for column in zip(*rows, strict=True)]


def write(written: Written) -> None:
    """One transaction; what any programme in this language has to do at least."""
    with transaction.atomic(), connection.cursor() as cursor:
        for model, rows in written.copied:
            names = ", ".join(names_of(columns_of(model)))
            with cursor.copy(f"COPY {model._meta.db_table} ({names}) FROM STDIN") as copy:
                for row in rows:
                    copy.write_row(row)
        replaced = upsert(Balance, PURSE, '"{0}" = excluded."{0}"', _unnested(Balance))
        cursor.execute(replaced, written.balances)
        added = upsert(Tally, DAY, '"{0}" = loyalty_tally."{0}" + excluded."{0}"', _unnested(Tally))
        cursor.execute(added, written.tallies)


def upsert(model: type[models.Model], key: tuple[str, ...], change: str, source: str) -> str:
    """``INSERT``, or where ``key`` is there the ``change`` of each other column (``{0}``)."""
    names = names_of(columns_of(model))
    changes = ", ".join(change.format(name) for name in names if name not in key)
    return (
        f"INSERT INTO {model._meta.db_table} ({', '.join(names)}) {source} "
        f"ON CONFLICT ({', '.join(key)}) DO UPDATE SET {changes}"
    )


def placeholders(rows: int, columns: int) -> str:
    one = f"({', '.join(['%s'] * columns)})"
    return ", ".join([one] * rows)


def _unnested(model: type[models.Model]) -> str:
    return f"SELECT * FROM unnest({', '.join(f'%s::{type_of(column)}[]' for column in columns_of(model))})"  # noqa: S608  # ours


def type_of(column: "Column") -> str:
    return (column.rel_db_type if column.is_relation else column.db_type)(connection) or "text"
