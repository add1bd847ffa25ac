"""The family of refusals. One place says what went wrong; every face shows it.

A leaf. A refusal has a stable ``code``, a translated sentence that tells what to do next, and its
numbers as attributes. The API, a form and an admin message all print the same sentence.
"""

from typing import Any, ClassVar

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


def _grouped(name: str, value: Any) -> Any:
    """12,345 for a figure; what is called ``number`` is a name of something (#12345) and stays as it is."""
    return f"{value:,}" if type(value) is int and name != "number" else value


class LoyaltyError(Exception):
    """Base of every refusal.

    Args:
        param: dotted path of the input at fault (``lines.0.amount``), where there is one.
        numbers: figures named in the sentence, also kept as attributes.
    """

    code: ClassVar[str] = "refused"
    sentence: ClassVar[str | Promise] = _("This cannot be done.")
    status: ClassVar[int] = 422
    kind: ClassVar[str] = "business_rule"

    def __init__(self, *, param: str | None = None, **numbers: Any) -> None:
        super().__init__(self.code)
        self.param = param
        self.numbers = numbers
        for name, value in numbers.items():
            setattr(self, name, value)

    @property
    def message(self) -> str:
        """The sentence in the active language, figures filled in and grouped by thousands."""
        said = {name: _grouped(name, value) for name, value in self.numbers.items()}
        return str(self.sentence) % said if said else str(self.sentence)

    def __str__(self) -> str:
        return self.message


class InvalidInput(LoyaltyError):
    """Input that can't be read; children name the fault."""

    code = "invalid"
    sentence = _("This value cannot be read. Please check it.")
    status = 400
    kind = "invalid_request"


class Conflict(LoyaltyError):
    """The state of things does not allow it now."""

    code = "conflict"
    sentence = _("Somebody else changed this in the meantime. Please reload and try again.")
    status = 409
    kind = "conflict"


class NotFound(LoyaltyError):
    """Nothing of that name within the caller's reach."""

    code = "not_found"
    sentence = _("We could not find this.")
    status = 404
    kind = "not_found"
