"""The expression of a ``SET`` fact: which codes the rows of an account name.

One object gives both forms. Selected, it is all codes at once for each account of a batch; asked, it is
an EXISTS over the same rows. Rows are tied to the account by ``OuterRef("pk")``.
"""

import json
from collections.abc import Collection
from typing import Any

from django.db.models import Exists, F, Field, Model, Q, QuerySet, Subquery
from django.db.models.sql.compiler import SQLCompiler


class CodesField(Field):
    """What the database gives, an array or a JSON text, as a sorted tuple."""

    def from_db_value(self, value: Any, _expression: Any, _connection: Any) -> tuple[str, ...]:
        return tuple(sorted(json.loads(value) if isinstance(value, str) else value or ()))


class Codes(Subquery):
    """The codes in ``column`` of ``rows``, each once; empty ones are left out."""

    template = "ARRAY(%(subquery)s)"

    def __init__(self, rows: "QuerySet[Model, Any]", column: str) -> None:
        self.rows = rows.filter(**{f"{column}__gt": ""}).order_by()
        self.column = column
        super().__init__(self.rows.values(a_code=F(column)).distinct(), output_field=CodesField())

    def as_sqlite(self, compiler: SQLCompiler, connection: Any, **context: Any) -> tuple[str, tuple[Any, ...]]:
        shape = "(SELECT json_group_array(a_code) FROM (%(subquery)s))"
        sql, parameters = self.as_sql(compiler, connection, template=shape, **context)
        return sql, tuple(parameters)

    def any_of(self, values: Collection[str]) -> Q:
        """Whether one of ``values`` is among them."""
        return Q(Exists(self.rows.filter(**{f"{self.column}__in": list(values)})))

    def all_of(self, values: Collection[str]) -> Q:
        """Whether each of ``values`` is among them."""
        found = Q()
        for value in dict.fromkeys(values):
            found &= Q(Exists(self.rows.filter(**{self.column: value})))
        return found

    def some(self) -> Q:
        """Whether there is any."""
        return Q(Exists(self.rows))
