"""What the judge saw, as the history keeps it."""

from datetime import date
from typing import Any

from loyalty.audit import plain
from loyalty.conditions import Finding
from members.climbing.stands import Verdict
from members.climbing.terms import Terms


def of(terms: Terms, verdict: Verdict, *, on: date) -> dict[str, Any]:
    """JSON: the version that judged, the day, and each comparison with the figure found."""
    return {
        "ladder": terms.ladder_code,
        "version": terms.number,
        "on": on.isoformat(),
        "outcome": verdict.outcome,
        "findings": [told(finding) for finding in verdict.findings],
    }


def told(finding: Finding) -> dict[str, Any]:
    """One comparison; ``key`` names fact and window."""
    leaf = finding.leaf
    return {
        "key": leaf.key,
        "op": leaf.op,
        "value": plain(leaf.value),
        "actual": plain(finding.actual),
        "ok": finding.ok,
    }
