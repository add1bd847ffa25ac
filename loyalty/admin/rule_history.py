"""The history of a rule in words instead of JSON."""

from typing import Any

from simple_history.template_utils import HistoricalRecordContextHelper

from loyalty import programme as programmes
from loyalty.admin.rule_forms import EDITED, EMPTY
from loyalty.admin.rule_words import Words


class RuleHistory(HistoricalRecordContextHelper):
    """Says each changed part as the editor's summary says it."""

    def prepare_delta_change_value(self, change: Any, value: Any) -> Any:
        prepared = super().prepare_delta_change_value(change, value)
        if change.field not in EDITED:
            return prepared
        kind = self.record.kind
        parts = Words(programmes.current()).parts({"kind": kind, change.field: value or EMPTY[change.field]})
        return next((part.text for part in parts if part.code == change.field), "–")
