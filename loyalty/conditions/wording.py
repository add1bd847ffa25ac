"""A condition in plain words, in the active language: for the rule editor, receipts and "why not".

Whole phrases are translated, never glued from words, since Chinese puts the period first and English
last.
"""

from collections.abc import Callable
from datetime import date
from typing import Any

from babel.numbers import format_decimal
from django.utils import formats
from django.utils.dates import MONTHS
from django.utils.translation import get_language, ngettext, pgettext, to_locale
from django.utils.translation import gettext as _

from loyalty import money
from loyalty.conditions import tree
from loyalty.conditions.operators import CURRENT
from loyalty.conditions.predicate import Finding
from loyalty.conditions.tree import Group, Leaf, Node
from loyalty.conditions.vocabulary import Term, Vocabulary
from loyalty.conditions.windows import Window
from loyalty.registry import EventKind, Fact, ValueType, registry


def sentence(raw: Any, *, kind: str | None = None, currency: str = "CNY", vocabulary: Vocabulary | None = None) -> str:
    """The condition in words. ``kind`` tells which event's fields are meant, ``currency`` what money is.

    A fact that is no longer known is called by its code. Raises a ``ConditionError`` where the tree
    can't be read. At most one query for metrics and one for each fact with choices; who says many conditions
    hands the same ``vocabulary`` on, and they are asked once.
    """
    node = tree.read(raw)
    return _("always") if node is None else _Words(vocabulary or Vocabulary(kind), currency).node(node, nested=False)


def failure(finding: Finding, *, kind: str | None = None, currency: str = "CNY") -> str:
    """What a comparison asked and what was found: "spend is at least ¥100 (found: ¥88)"."""
    words = _Words(Vocabulary(kind), currency)
    asked = words.leaf(finding.leaf)
    if finding.negated:
        asked = _("not: %(condition)s") % {"condition": asked}
    found = words.actual(finding.leaf, finding.actual)
    return _("%(condition)s (found: %(found)s)") % {"condition": asked, "found": found}


def subject(leaf: Leaf, *, currency: str = "CNY") -> str:
    """What a comparison is about, with its period: "spend in the last 30 days"."""
    return _Words(Vocabulary(), currency).named(leaf)


def value(leaf: Leaf, number: Any, *, currency: str = "CNY") -> str:
    """A figure as the comparison's fact is written: "¥320", "3"."""
    return _Words(Vocabulary(), currency).actual(leaf, number)


class _Words:
    def __init__(self, vocabulary: Vocabulary, currency: str) -> None:
        self.vocabulary = vocabulary
        self.currency = currency

    def node(self, node: Node, *, nested: bool) -> str:
        if isinstance(node, Leaf):
            return self.leaf(node)
        words = self.group(node)
        bare = not nested or (len(node.children) == 1 and node.way not in {"none", tree.AT_LEAST})
        return words if bare else pgettext("group inside a sentence", "(%s)") % words

    def group(self, group: Group) -> str:
        parts = [self.node(child, nested=len(group.children) > 1) for child in group.children]
        if group.way == "all":
            return pgettext("between conditions", ", and ").join(parts)
        if group.way == "any":
            return pgettext("between conditions", ", or ").join(parts)
        if group.way == tree.AT_LEAST:
            listed = pgettext("between conditions", "; ").join(parts)
            text = ngettext(
                "at least %(count)s of these: %(conditions)s",
                "at least %(count)s of these: %(conditions)s",
                group.least,
            )
            return text % {"count": group.least, "conditions": listed}
        if len(parts) == 1:
            return _("not: %(condition)s") % {"condition": parts[0]}
        return _("none of these: %(conditions)s") % {"conditions": pgettext("between conditions", "; ").join(parts)}

    def leaf(self, leaf: Leaf) -> str:
        term = self.term(leaf)
        return PHRASES[leaf.op](self.named(leaf), leaf.value, lambda value: self.value(leaf, term, value))

    def named(self, leaf: Leaf) -> str:
        term = self.term(leaf)
        label = str(term.label) if term else leaf.fact
        return _counted(label, leaf.window) if leaf.window else label

    def term(self, leaf: Leaf) -> Term | None:
        """The term named; without a kind, the first event field of that name."""
        found = self.vocabulary.find(leaf)
        if found is None and leaf.source == "event" and self.vocabulary.kind is None:
            fields = (term for kind in registry.all(EventKind) for term in Vocabulary(kind.code).fields())
            return next((term for term in fields if term.code == leaf.fact), None)
        return found

    def value(self, leaf: Leaf, term: Term | None, value: Any) -> str:
        """A value as its type is written: money with its sign, a date in full, a choice by its name."""
        if isinstance(value, date):
            return formats.date_format(value, "DATE_FORMAT")
        if isinstance(value, int) and not isinstance(value, bool):
            counts_days = leaf.window is not None and leaf.window.counts_days
            if term and term.type is ValueType.MONEY and not counts_days:
                return money.show(value, self.currency, short=True)
            return format_decimal(value, locale=_locale())  # Django groups Chinese digits by four
        names = dict(self.vocabulary.choices(term) or ()) if term else {}
        return str(names[value]) if value in names else _("“%(text)s”") % {"text": value}

    def actual(self, leaf: Leaf, value: Any) -> str:
        if value is None or value in ("", (), []):
            return _("nothing")
        if isinstance(value, bool):
            return _("yes") if value else _("no")
        term = self.term(leaf)
        if isinstance(value, list | tuple):
            return pgettext("between values", ", ").join(self.value(leaf, term, item) for item in value)
        return self.value(leaf, term, value)


Say = Callable[[Any], str]
Phrase = Callable[[str, Any, Say], str]


def _locale() -> str:
    return to_locale(get_language() or "zh-hans")


def _counted(label: str, window: Window) -> str:
    """A metric with its period: "spend in the last 30 days"."""
    if window.counts_days:
        label = _("days with %(metric)s") % {"metric": label}
    match window.unit:
        case "days":
            text = ngettext("%(metric)s in the last %(days)s day", "%(metric)s in the last %(days)s days", window.days)
            return text % {"metric": label, "days": window.days}
        case "month":
            return _("%(metric)s this month") % {"metric": label}
        case "quarter":
            return _("%(metric)s this quarter") % {"metric": label}
        case "year":
            return _("%(metric)s this year") % {"metric": label}
        case "since":
            return _("%(metric)s since: %(date)s") % {"metric": label, "date": _anchor(window)}
        case "anniversary":
            return _("%(metric)s since the last anniversary of: %(date)s") % {"metric": label, "date": _anchor(window)}
        case _:
            return _("%(metric)s so far") % {"metric": label}


def _anchor(window: Window) -> str:
    fact = registry.find(Fact, window.anchor)
    return str(fact.label) if fact else window.anchor


def _one(phrase: Callable[[], str]) -> Phrase:
    return lambda fact, value, say: phrase() % {"fact": fact, "value": say(value)}


def _bare(phrase: Callable[[], str]) -> Phrase:
    return lambda fact, _value, _say: phrase() % {"fact": fact}


def _many(phrase: Callable[[], str]) -> Phrase:
    def words(fact: str, values: tuple[str, ...], say: Say) -> str:
        return phrase() % {"fact": fact, "values": pgettext("between values", ", ").join(map(say, values))}

    return words


def _days(phrase: Callable[[int], str]) -> Phrase:
    return lambda fact, days, _say: phrase(days) % {"fact": fact, "days": days}


def _between(fact: str, value: tuple[int, int], say: Say) -> str:
    return _("%(fact)s is from %(low)s to %(high)s") % {"fact": fact, "low": say(value[0]), "high": say(value[1])}


def _month(fact: str, month: int | str, _say: Say) -> str:
    if month == CURRENT:
        return _("%(fact)s is this month") % {"fact": fact}
    return _("%(fact)s is in %(month)s") % {"fact": fact, "month": MONTHS[int(month)]}


PHRASES: dict[str, Phrase] = {
    "eq": _one(lambda: _("%(fact)s is %(value)s")),
    "ne": _one(lambda: _("%(fact)s is not %(value)s")),
    "gt": _one(lambda: _("%(fact)s is more than %(value)s")),
    "gte": _one(lambda: _("%(fact)s is at least %(value)s")),
    "lt": _one(lambda: _("%(fact)s is less than %(value)s")),
    "lte": _one(lambda: _("%(fact)s is at most %(value)s")),
    "between": _between,
    "contains": _one(lambda: _("%(fact)s contains %(value)s")),
    "starts_with": _one(lambda: _("%(fact)s starts with %(value)s")),
    "in": _many(lambda: _("%(fact)s is one of %(values)s")),
    "not_in": _many(lambda: _("%(fact)s is none of %(values)s")),
    "has_any": _many(lambda: _("%(fact)s: any of %(values)s")),
    "has_all": _many(lambda: _("%(fact)s: all of %(values)s")),
    "has_none": _many(lambda: _("%(fact)s: none of %(values)s")),
    "before": _one(lambda: _("%(fact)s is before %(value)s")),
    "after": _one(lambda: _("%(fact)s is after %(value)s")),
    "on": _one(lambda: _("%(fact)s is on %(value)s")),
    "in_last_days": _days(
        lambda n: ngettext("%(fact)s is within the last %(days)s day", "%(fact)s is within the last %(days)s days", n)
    ),
    "not_in_last_days": _days(
        lambda n: ngettext(
            "%(fact)s is not within the last %(days)s day", "%(fact)s is not within the last %(days)s days", n
        )
    ),
    "in_next_days": _days(
        lambda n: ngettext("%(fact)s is within the next %(days)s day", "%(fact)s is within the next %(days)s days", n)
    ),
    "on_day": _bare(lambda: _("%(fact)s is today")),
    "within_days": _days(
        lambda n: ngettext(
            "%(fact)s comes within the next %(days)s day", "%(fact)s comes within the next %(days)s days", n
        )
    ),
    "month_is": _month,
    "is_true": _bare(lambda: _("%(fact)s: yes")),
    "is_false": _bare(lambda: _("%(fact)s: no")),
    "empty": _bare(lambda: _("%(fact)s is not filled in")),
    "not_empty": _bare(lambda: _("%(fact)s is filled in")),
}
