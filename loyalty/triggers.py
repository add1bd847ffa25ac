"""Database triggers that keep the books append-only and watch the configuration, on both databases alike.

A leaf. Entries, allocations, decisions, audit records and seals can be neither changed nor deleted; of a lot only
``remaining`` and ``activated_at`` may move, its deadline may be put off (keeping the first one), a lot that waits for
an event gets its dates when it comes, and lots can't be deleted. Installed by a migration;
a refused statement raises ``IntegrityError`` (SQLite) or ``InternalError`` (PostgreSQL) naming the
table. The tables of the configuration are watched: each statement that changes one of them replaces the
stamp (``loyalty.configuration``).
"""

from collections.abc import Iterable, Iterator
from typing import Any

FROZEN = ("loyalty_entry", "loyalty_allocation", "loyalty_decision", "loyalty_auditrecord", "loyalty_seal")
LOT_FIXED = ("id", "entry_id", "account_id", "currency_id", "amount", "earned_at", "awaits", "origin_id")
_ASLEEP = "OLD.awaits <> '' AND OLD.activated_at IS NULL"
_LONGER = "OLD.expires_at IS NOT NULL AND NEW.expires_at > OLD.expires_at AND NEW.born_expires_at IS NOT NULL"
_FIRST = "OLD.born_expires_at IS NULL AND NEW.born_expires_at = OLD.expires_at"
LOT_UNLESS = {
    "available_at": f"({_ASLEEP})",
    "expires_at": f"({_ASLEEP}) OR ({_LONGER})",
    "born_expires_at": f"({_FIRST})",
}


def names() -> list[tuple[str, str]]:
    """(trigger, table) pairs, for installing, removing and verifying."""
    frozen = [(f"{table}_no_{deed}", table) for table in FROZEN for deed in ("update", "delete")]
    return [*frozen, ("loyalty_lot_no_rewrite", "loyalty_lot"), ("loyalty_lot_no_delete", "loyalty_lot")]


def _standing(connection: Any) -> list[tuple[str, str]]:
    """The pairs whose table is there: an early migration knows fewer tables."""
    tables = set(connection.introspection.table_names())
    return [(trigger, table) for trigger, table in names() if table in tables]


def _rewrite(columns: set[str], differs: str) -> str:
    """True where an update of a lot changes what may not change; of the columns that are there."""
    fixed = [f"OLD.{name} {differs} NEW.{name}" for name in LOT_FIXED if name in columns]
    if "awaits" not in columns:  # an early migration
        return " OR ".join([*fixed, *(f"OLD.{name} {differs} NEW.{name}" for name in ("available_at", "expires_at"))])
    moving = [f"(OLD.{name} {differs} NEW.{name} AND NOT ({unless}))" for name, unless in LOT_UNLESS.items()]
    return " OR ".join([*fixed, *moving])


def _sqlite(pairs: list[tuple[str, str]], columns: set[str]) -> Iterator[str]:
    for trigger, table in pairs:
        deed = "DELETE" if trigger.endswith("delete") else "UPDATE"
        when = ""
        if trigger == "loyalty_lot_no_rewrite":
            when = f" WHEN {_rewrite(columns, 'IS NOT')}"
        yield (
            f"CREATE TRIGGER IF NOT EXISTS {trigger} BEFORE {deed} ON {table}{when} "
            f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
        )


def _postgresql(pairs: list[tuple[str, str]], columns: set[str]) -> Iterator[str]:
    yield (
        "CREATE OR REPLACE FUNCTION loyalty_refuse() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME; END $$"
    )
    for trigger, table in pairs:
        deed = "DELETE" if trigger.endswith("delete") else "UPDATE"
        when = ""
        if trigger == "loyalty_lot_no_rewrite":
            when = f" WHEN ({_rewrite(columns, 'IS DISTINCT FROM')})"
        yield f"DROP TRIGGER IF EXISTS {trigger} ON {table}"
        yield (
            f"CREATE TRIGGER {trigger} BEFORE {deed} ON {table} FOR EACH ROW{when} EXECUTE FUNCTION loyalty_refuse()"
        )


def install(connection: Any) -> None:
    """Creates the triggers; doing it twice changes nothing."""
    pairs = _standing(connection)
    statements = _postgresql if connection.vendor == "postgresql" else _sqlite
    with connection.cursor() as cursor:
        found = connection.introspection.get_table_description(cursor, "loyalty_lot")
        for statement in statements(pairs, {column.name for column in found}):
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
    return _all(connection) & {name for name, _ in names()}


def _all(connection: Any) -> set[str]:
    """The names of all triggers that are there and on."""
    query = (
        "SELECT tgname FROM pg_trigger WHERE tgenabled <> 'D'"
        if connection.vendor == "postgresql"
        else "SELECT name FROM sqlite_master WHERE type = 'trigger'"
    )
    with connection.cursor() as cursor:
        cursor.execute(query)
        return {row[0] for row in cursor.fetchall()}


def watch(connection: Any, tables: Iterable[str]) -> None:
    """Sets the watch over those of the tables that are there and unwatched, and draws a new stamp if any was."""
    missing = unwatched(connection, tables)
    if not missing:
        return
    there = set(connection.introspection.table_names())
    missing = [each for each in missing if each[1] in there]
    if "loyalty_configurationstamp" not in there or not missing:
        return
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            _watch_postgresql(cursor, missing)
        else:
            _watch_sqlite(cursor, missing)


def watches(connection: Any, tables: Iterable[str]) -> list[tuple[str, str]]:
    """(trigger, table) pairs of the watch; SQLite has one trigger for each deed."""
    deeds = [""] if connection.vendor == "postgresql" else ["_insert", "_update", "_delete"]
    return [(f"{table}_watch{deed}", table) for table in tables for deed in deeds]


def unwatched(connection: Any, tables: Iterable[str]) -> list[tuple[str, str]]:
    """The pairs of the watch that are not there, or switched off."""
    standing = _all(connection)
    return [each for each in watches(connection, tables) if each[0] not in standing]


def _watch_postgresql(cursor: Any, missing: list[tuple[str, str]]) -> None:
    cursor.execute(
        "CREATE OR REPLACE FUNCTION loyalty_stamp() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN INSERT INTO loyalty_configurationstamp (id, stamp) VALUES (1, gen_random_uuid()::text) "
        "ON CONFLICT (id) DO UPDATE SET stamp = excluded.stamp; RETURN NULL; END $$"
    )
    for trigger, table in missing:
        cursor.execute(
            f"CREATE TRIGGER {trigger} AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION loyalty_stamp()"
        )
    cursor.execute(
        "INSERT INTO loyalty_configurationstamp (id, stamp) VALUES (1, gen_random_uuid()::text) "
        "ON CONFLICT (id) DO UPDATE SET stamp = excluded.stamp"
    )


def _watch_sqlite(cursor: Any, missing: list[tuple[str, str]]) -> None:
    """Deleting and inserting: an "or ignore" of the statement that is watched would hold for an upsert too."""
    stamp = (
        "DELETE FROM loyalty_configurationstamp",
        "INSERT INTO loyalty_configurationstamp (id, stamp) VALUES (1, lower(hex(randomblob(16))))",
    )
    for trigger, table in missing:
        deed = trigger.rpartition("_")[2].upper()
        cursor.execute(f"CREATE TRIGGER {trigger} AFTER {deed} ON {table} BEGIN {'; '.join(stamp)}; END")
    for statement in stamp:
        cursor.execute(statement)
