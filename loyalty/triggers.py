"""Database triggers that keep the books append-only, on SQLite and PostgreSQL alike.

A leaf. Entries, allocations, decisions, audit records and seals can be neither changed nor deleted; of a lot only
``remaining`` and ``activated_at`` may move, and lots can't be deleted. Installed by a migration;
a refused statement raises ``IntegrityError`` (SQLite) or ``InternalError`` (PostgreSQL) naming the
table.
"""

from collections.abc import Iterator
from typing import Any

FROZEN = ("loyalty_entry", "loyalty_allocation", "loyalty_decision", "loyalty_auditrecord", "loyalty_seal")
LOT_FIXED = ("id", "entry_id", "account_id", "currency_id", "amount", "earned_at", "available_at", "expires_at")


def names() -> list[tuple[str, str]]:
    """(trigger, table) pairs, for installing, removing and verifying."""
    frozen = [(f"{table}_no_{deed}", table) for table in FROZEN for deed in ("update", "delete")]
    return [*frozen, ("loyalty_lot_no_rewrite", "loyalty_lot"), ("loyalty_lot_no_delete", "loyalty_lot")]


def _standing(connection: Any) -> list[tuple[str, str]]:
    """The pairs whose table is there: an early migration knows fewer tables."""
    tables = set(connection.introspection.table_names())
    return [(trigger, table) for trigger, table in names() if table in tables]


def _sqlite(pairs: list[tuple[str, str]]) -> Iterator[str]:
    for trigger, table in pairs:
        deed = "DELETE" if trigger.endswith("delete") else "UPDATE"
        when = ""
        if trigger == "loyalty_lot_no_rewrite":
            when = " WHEN " + " OR ".join(f"OLD.{c} IS NOT NEW.{c}" for c in LOT_FIXED)
        yield (
            f"CREATE TRIGGER IF NOT EXISTS {trigger} BEFORE {deed} ON {table}{when} "
            f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
        )


def _postgresql(pairs: list[tuple[str, str]]) -> Iterator[str]:
    yield (
        "CREATE OR REPLACE FUNCTION loyalty_refuse() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME; END $$"
    )
    for trigger, table in pairs:
        deed = "DELETE" if trigger.endswith("delete") else "UPDATE"
        when = ""
        if trigger == "loyalty_lot_no_rewrite":
            when = " WHEN (" + " OR ".join(f"OLD.{c} IS DISTINCT FROM NEW.{c}" for c in LOT_FIXED) + ")"
        yield f"DROP TRIGGER IF EXISTS {trigger} ON {table}"
        yield (
            f"CREATE TRIGGER {trigger} BEFORE {deed} ON {table} FOR EACH ROW{when} EXECUTE FUNCTION loyalty_refuse()"
        )


def install(connection: Any) -> None:
    """Creates the triggers; doing it twice changes nothing."""
    pairs = _standing(connection)
    with connection.cursor() as cursor:
        for statement in _postgresql(pairs) if connection.vendor == "postgresql" else _sqlite(pairs):
            cursor.execute(statement)


def remove(connection: Any) -> None:
    """Drops the triggers: for taking the migration back, and for emptying test databases."""
    pairs = _standing(connection)
    with connection.cursor() as cursor:
        for trigger, table in pairs:
            on = f" ON {table}" if connection.vendor == "postgresql" else ""
            cursor.execute(f"DROP TRIGGER IF EXISTS {trigger}{on}")


def installed(connection: Any) -> set[str]:
    """The names of our triggers that are in the database now."""
    query = (
        "SELECT tgname FROM pg_trigger WHERE tgenabled <> 'D'"
        if connection.vendor == "postgresql"
        else "SELECT name FROM sqlite_master WHERE type = 'trigger'"
    )
    with connection.cursor() as cursor:
        cursor.execute(query)
        return {row[0] for row in cursor.fetchall()} & {name for name, _ in names()}
