"""Words the operator writes in two languages: ``name_zh`` and ``name_en``, read as ``name``.

A leaf. A model declares two columns and one :class:`Bilingual`; reading it gives the text of the
active language, or the other one where that is empty.
"""

from typing import Any

from django.utils.translation import get_language


def pick(zh: str, en: str) -> str:
    """Of two texts the one for the active language, or the one that is there."""
    chinese = (get_language() or "zh").startswith("zh")
    first, second = (zh, en) if chinese else (en, zh)
    return first or second


class Bilingual:
    """Descriptor that reads ``<stem>_zh`` / ``<stem>_en`` of its instance."""

    def __init__(self, stem: str) -> None:
        self.stem = stem

    def __get__(self, instance: Any, owner: type | None = None) -> str:
        if instance is None:
            return self.stem
        return pick(getattr(instance, f"{self.stem}_zh"), getattr(instance, f"{self.stem}_en"))
