"""Conditions: "who" and "if", written once as a tree and compiled twice, to a predicate and to SQL.

``tree`` reads, ``vocabulary`` validates, ``predicate`` judges an event, ``query`` chooses members,
``sheet`` keeps a batch's tallies, ``codes`` and ``crowds`` know sets and segments, ``wording`` says it
in words. No eval anywhere; every tree is bounded. This page only gathers their doors.
"""

from loyalty.conditions.codes import Codes
from loyalty.conditions.crowds import Crowds
from loyalty.conditions.faults import ConditionError
from loyalty.conditions.predicate import Finding, Lookup, Predicate
from loyalty.conditions.predicate import compile_tree as compile  # noqa: A004 - conditions.compile(), like re.compile()
from loyalty.conditions.query import accounts, load_facts, where
from loyalty.conditions.sheet import Need, TallySheet, load_sheet, needs
from loyalty.conditions.tree import Leaf, facts
from loyalty.conditions.vocabulary import Vocabulary, catalogue, validate
from loyalty.conditions.windows import Window, bounds
from loyalty.conditions.wording import failure, sentence, subject, value

__all__ = [
    "Codes",
    "ConditionError",
    "Crowds",
    "Finding",
    "Leaf",
    "Lookup",
    "Need",
    "Predicate",
    "TallySheet",
    "Vocabulary",
    "Window",
    "accounts",
    "bounds",
    "catalogue",
    "compile",
    "facts",
    "failure",
    "load_facts",
    "load_sheet",
    "needs",
    "sentence",
    "subject",
    "validate",
    "value",
    "where",
]
