"""The versions in force, compiled. What is compiled is frozen, so it may stay in memory."""

import json
from collections.abc import Collection
from datetime import datetime
from functools import lru_cache
from typing import Any

from django.db.models import TextField
from django.db.models.functions import Cast

from loyalty import deciding
from loyalty.asking import Question
from loyalty.models import RuleVersion

_DEFINITION = Cast("definition", TextField())
_COLUMNS: tuple[Any, ...] = ("id", "rule_id", "number", _DEFINITION, "effective_from", "effective_until")
_IN_FORCE = Question(lambda since, until: RuleVersion.objects.in_force(since=since, until=until).values_list(*_COLUMNS))


def in_force(*, since: datetime, until: datetime) -> deciding.RuleBook:
    """Every version in force at some instant of [since, until], ready to judge: one query."""
    return _book(tuple(_compile(*row) for row in _IN_FORCE(since, until)))


def by_id(version_ids: Collection[int]) -> dict[int, deciding.CompiledRule]:
    """Versions by id, in force or not: what refunds judge again. One query, none for no ids."""
    if not version_ids:
        return {}
    rows = RuleVersion.objects.filter(id__in=version_ids)
    return {row[0]: _compile(*row) for row in rows.values_list(*_COLUMNS)}


@lru_cache(maxsize=64)
def _book(rules: tuple[deciding.CompiledRule, ...]) -> deciding.RuleBook:
    return deciding.RuleBook(rules)


@lru_cache(maxsize=1024)
def _compile(
    version_id: int, rule_id: int, number: int, definition: str, since: datetime, until: datetime | None
) -> deciding.CompiledRule:
    return deciding.compile_rule(version_id, rule_id, number, json.loads(definition), since=since, until=until)
