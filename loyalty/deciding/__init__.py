"""What an event is worth, and why: the pure engine behind every point.

No database, no clock. ``decide`` judges an event, ``explain`` tells what became of every rule,
``refund_targets`` what a refund takes back, ``compile_rule`` makes a rule out of a definition.
"""

from loyalty.deciding.judge import decide, explain
from loyalty.deciding.model import (
    Award,
    CompiledRule,
    Context,
    Decided,
    EventView,
    Policy,
    Verdict,
)
from loyalty.deciding.refunds import Target, reduced, refund_targets
from loyalty.deciding.rulebook import RuleBook
from loyalty.deciding.versions import compile_rule, policy_of, tender_of

__all__ = [
    "Award",
    "CompiledRule",
    "Context",
    "Decided",
    "EventView",
    "Policy",
    "RuleBook",
    "Target",
    "Verdict",
    "compile_rule",
    "decide",
    "explain",
    "policy_of",
    "reduced",
    "refund_targets",
    "tender_of",
]
