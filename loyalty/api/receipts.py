"""A decision told to a partner: what was given in each currency, and a plain sentence for each step."""

from collections.abc import Mapping, Sequence
from typing import Any

from loyalty import accounts, texts
from loyalty.deciding import sentences

Receipt = Mapping[str, Any]


def _of(receipt: Receipt) -> list[Mapping[str, Any]]:
    """The rules' steps, then what a refund took back."""
    return [*receipt.get("steps", ()), *receipt.get("reversal", {}).get("steps", ())]


def awards(receipt: Receipt) -> list[dict[str, Any]]:
    """What the receipt's steps give together, by currency."""
    totals: dict[str, int] = {}
    for step in _of(receipt):
        if step.get("currency"):
            totals[step["currency"]] = totals.get(step["currency"], 0) + _moved(step)
    return [{"currency": code, "amount": amount} for code, amount in totals.items()]


def steps(receipts: Sequence[Receipt]) -> list[list[dict[str, Any]]]:
    """The steps of each receipt with names and sentences. One query, however many receipts."""
    units = {code: currency.name for code, currency in accounts.currencies().items()}
    return [
        [
            _step(step, sentence)
            for step, sentence in zip(_of(receipt), sentences.of_receipt(receipt, units), strict=True)
        ]
        for receipt in receipts
    ]


def name_of(definition: Mapping[str, Any]) -> str:
    """A rule's name in the active language, as it was when the version was published."""
    return texts.pick(definition.get("name_zh") or "", definition.get("name_en") or "") or definition.get("code", "")


def _moved(step: Mapping[str, Any]) -> int:
    return int(-step["taken"] if "reverses" in step else step.get("awarded", 0))


def _step(step: Mapping[str, Any], sentence: str) -> dict[str, Any]:
    return {
        "rule": step.get("rule"),
        "version": step.get("number"),
        "name": name_of(step),
        "kind": "reversal" if "reverses" in step else step.get("kind", ""),
        "currency": step.get("currency"),
        "desired": step.get("desired"),
        "awarded": _moved(step) if step.get("currency") else None,
        "reason": step.get("reason") or None,
        "sentence": sentence,
    }
