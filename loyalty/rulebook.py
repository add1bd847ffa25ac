"""The versions in force, compiled. What is compiled is frozen, so it may stay in memory."""

import json
from collections.abc import Collection
from datetime import datetime
from functools import lru_cache
from typing import Any

from loyalty import deciding
from loyalty.models import RuleVersion

_COLUMNS = ("id", "rule_id", "number", "definition", "effective_from", "effective_until")


def in_force(*, since: datetime, until: datetime) -> deciding.RuleBook:
    """Every version in force at some instant of [since, until], ready to judge: one query."""
    rows = RuleVersion.objects.in_force(since=since, until=until)
    return deciding.RuleBook([_compiled(row) for row in rows.values_list(*_COLUMNS)])


def by_id(version_ids: Collection[int]) -> dict[int, deciding.CompiledRule]:
    """Versions by id, in force or not: what refunds judge again. One query, none for no ids."""
    if not version_ids:
        return {}
    rows = RuleVersion.objects.filter(id__in=version_ids)
    return {row[0]: _compiled(row) for row in rows.values_list(*_COLUMNS)}


def _compiled(row: tuple[Any, ...]) -> deciding.CompiledRule:
    version_id, rule_id, number, definition, since, until = row
    return _compile(version_id, rule_id, number, json.dumps(definition, sort_keys=True), since, until)


@lru_cache(maxsize=1024)
def _compile(
    version_id: int, rule_id: int, number: int, definition: str, since: datetime, until: datetime | None
) -> deciding.CompiledRule:
    return deciding.compile_rule(version_id, rule_id, number, json.loads(definition), since=since, until=until)
