"""The floor of ``serving``: a bare DRF view on the product's own server, which writes the same rows.

It asks nobody who is calling, judges nothing and keeps no promise. It reads the JSON, knows from
``bare.json`` in the state folder what rows one order comes to (``template`` noted them from a real
one), and writes them for the account in its address by raw SQL in one transaction.
"""

import json
import uuid
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from django.conf import settings
from django.db import connection, models, transaction
from django.urls import path
from rest_framework.parsers import JSONParser
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from benchmarks.floor import Written, columns_of, names_of, placeholders, upsert
from loyalty.models import Balance, Entry, IdempotencyKey, PartnerCall, RateCounter, Tally
from loyalty.urls import urlpatterns as product

FILE = settings.VAR / "bare.json"
Table = dict[str, Any]


def template(written: Written, answer: str) -> None:
    """Notes what rows one order came to, its ids numbered, for the view to write again and again."""
    fresh: dict[uuid.UUID, int] = {}
    tables = []
    for model, rows in written.copied:
        names = names_of(columns_of(model))
        kept = [[_slot(name, value, fresh) for name, value in zip(names, row, strict=True)] for row in rows]
        tables.append({"table": model._meta.db_table, "columns": names, "rows": kept})
    upserted = {
        model._meta.db_table: [list(map(str, row)) for row in zip(*columns, strict=True)]
        for model, columns in ((Balance, written.balances), (Tally, written.tallies))
    }
    FILE.write_text(json.dumps({"tables": tables, "upserted": upserted, "ids": len(fresh), "answer": answer}))


def _slot(name: str, value: Any, fresh: dict[uuid.UUID, int]) -> Any:
    """What to fill in, or the value as text for the database to read."""
    if isinstance(value, uuid.UUID):
        return {"id": fresh.setdefault(value, len(fresh))}
    if name in ("account_id", "key", "external_id", "version"):
        return {name: str(value)}
    return None if value is None else str(value)


@lru_cache(maxsize=1)
def noted() -> dict[str, Any]:
    told: dict[str, Any] = json.loads(FILE.read_text())
    return told


class Bare(APIView):
    """``POST /bare/<account>``: the same body as ``/api/v1/events``."""

    authentication_classes = ()
    permission_classes = ()
    parser_classes = (JSONParser,)
    renderer_classes = (JSONRenderer,)

    def post(self, request: Request, account: int) -> Response:
        told = noted()
        body: Any = request.data
        order_id = body["data"]["order_id"]
        fresh = [str(uuid.uuid4()) for _ in range(told["ids"])]
        with transaction.atomic(), connection.cursor() as cursor:
            versions = self._upsert(cursor, told["upserted"], account)
            for table in told["tables"]:
                self._insert(cursor, table, account, order_id, fresh, versions)
            self._keep(cursor, order_id, request, told["answer"])
        return Response(json.loads(told["answer"]), status=201)

    def _upsert(self, cursor: Any, upserted: Mapping[str, list[list[str]]], account: int) -> dict[str, int]:
        """Balances and tallies are added to; returns the version before, by currency."""
        rows: list[list[Any]] = [[account, *row[1:]] for row in upserted[Balance._meta.db_table]]
        cursor.execute(*_statement(Balance, ("account_id", "currency_id"), rows, "RETURNING currency_id, version"))
        after = {str(currency): version for currency, version in cursor.fetchall()}
        more = {row[1]: int(row[names_of(columns_of(Balance)).index("version")]) for row in rows}
        days = [[account, *row[1:]] for row in upserted[Tally._meta.db_table]]
        cursor.execute(*_statement(Tally, ("account_id", "metric_id", "day"), days, ""))
        return {currency: version - more[currency] for currency, version in after.items()}

    def _insert(
        self,
        cursor: Any,
        table: Table,
        account: int,
        order_id: str,
        fresh: list[str],
        versions: dict[str, int],
    ) -> None:
        given = {"account_id": account, "key": f"bare:order.paid:{order_id}", "external_id": order_id}
        rows = [[_filled(value, given, fresh) for value in row] for row in table["rows"]]
        if table["table"] == Entry._meta.db_table:
            currency, version = table["columns"].index("currency_id"), table["columns"].index("version")
            for row in rows:
                versions[row[currency]] += 1
                row[version] = versions[row[currency]]
        marks = placeholders(len(rows), len(table["columns"]))
        cursor.execute(
            f"INSERT INTO {table['table']} ({', '.join(table['columns'])}) VALUES {marks}",  # noqa: S608  # ours
            [value for row in rows for value in row],
        )

    def _keep(self, cursor: Any, order_id: str, request: Request, answer: str) -> None:
        """What a call leaves behind: its answer under its key, its count, and its line in the log."""
        cursor.execute(
            f"INSERT INTO {IdempotencyKey._meta.db_table} (partner_id, key, fingerprint, status, answer, created_at) "  # noqa: S608  # ours
            "VALUES ((SELECT min(id) FROM loyalty_partner), %s, %s, 201, %s, now())",
            [f"bare-{order_id}", "0" * 64, answer],
        )
        cursor.execute(
            f"INSERT INTO {RateCounter._meta.db_table} AS c (bucket, \"window\", hits) VALUES ('bare', 0, 1) "  # noqa: S608  # ours
            'ON CONFLICT (bucket, "window") DO UPDATE SET hits = c.hits + 1'
        )
        cursor.execute(
            f"INSERT INTO {PartnerCall._meta.db_table} "  # noqa: S608  # ours
            "(partner_id, request_id, method, path, status, body, answer, took_ms, called_at) "
            "VALUES ((SELECT min(id) FROM loyalty_partner), %s, 'POST', %s, 201, %s, %s, 1, now())",
            [uuid.uuid4().hex, request.path, json.dumps(request.data), answer],
        )


def _filled(value: Any, given: Mapping[str, Any], fresh: list[str]) -> Any:
    if not isinstance(value, dict):
        return value
    ((name, told),) = value.items()
    return fresh[told] if name == "id" else given.get(name, told)


def _statement(
    model: type[models.Model], key: tuple[str, ...], rows: list[list[Any]], tail: str
) -> tuple[str, list[Any]]:
    change = f'"{{0}}" = {model._meta.db_table}."{{0}}" + excluded."{{0}}"'
    source = f"VALUES {placeholders(len(rows), len(rows[0]))}"
    return f"{upsert(model, key, change, source)} {tail}", [value for row in rows for value in row]


urlpatterns = [path("bare/<int:account>", Bare.as_view()), *product]
