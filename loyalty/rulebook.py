"""The versions in force, compiled. What is compiled is frozen, so it may stay in memory.

Where the configuration's stamp counts, the versions of a day and all later ones are kept by it, and the
book of any span of that time is found without a query.
"""

import json
from bisect import bisect_right
from collections.abc import Collection, Sequence
from datetime import UTC, date, datetime, time
from functools import lru_cache
from typing import Any

from django.db.models import Q, TextField
from django.db.models.functions import Cast

from loyalty import configuration, deciding
from loyalty.asking import Question
from loyalty.models import RuleVersion

_DEFINITION = Cast("definition", TextField())
_COLUMNS: tuple[Any, ...] = ("id", "rule_id", "number", _DEFINITION, "effective_from", "effective_until")
_IN_FORCE = Question(lambda since, until: RuleVersion.objects.in_force(since=since, until=until).values_list(*_COLUMNS))


_FROM = Question(
    lambda start: RuleVersion.objects.filter(Q(effective_until=None) | Q(effective_until__gt=start)).values_list(
        *_COLUMNS
    )
)


class _Era:
    """The versions of an instant and of all time after it; the book of each span is made once."""

    def __init__(self, rules: Sequence[deciding.CompiledRule]) -> None:
        self._rules = rules
        self._edges = sorted({edge for rule in rules for edge in (rule.since, rule.until) if edge is not None})
        self._books: dict[tuple[int, int], deciding.RuleBook] = {}

    def book(self, since: datetime, until: datetime) -> deciding.RuleBook:
        span = bisect_right(self._edges, since), bisect_right(self._edges, until)
        if span not in self._books:
            self._books[span] = deciding.RuleBook([rule for rule in self._rules if _meets(rule, since, until)])
        return self._books[span]


def _meets(rule: deciding.CompiledRule, since: datetime, until: datetime) -> bool:
    """Whether the version is in force at some instant of [since, until]."""
    return (rule.since is None or rule.since <= until) and (rule.until is None or rule.until > since)


@configuration.Kept
def _era(day: date) -> _Era:
    """The versions from the beginning of a day in UTC on. One query."""
    return _Era([_compile(*row) for row in _FROM(datetime.combine(day, time(), UTC))])


def in_force(*, since: datetime, until: datetime) -> deciding.RuleBook:
    """Every version in force at some instant of [since, until], ready to judge: at most one query."""
    if configuration.is_steady():
        return _era(since.astimezone(UTC).date()).book(since, until)
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
