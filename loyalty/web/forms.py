"""Forms in front of operations: a refusal is shown beside the field it is about."""

from typing import Any, ClassVar

from django import forms
from django.utils.translation import gettext_lazy as _

from loyalty.errors import LoyaltyError


class OperationForm(forms.Form):
    """``params`` maps an operation's parameter to the field that carries it, where names differ."""

    params: ClassVar[dict[str, str]] = {}
    refusal: LoyaltyError | None = None

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            if field.error_messages["required"] == forms.Field.default_error_messages["required"]:
                field.error_messages["required"] = _("Please fill this in.")

    @property
    def status(self) -> int:
        """The HTTP status of the page that shows the form: 200, or what its errors say."""
        if self.refusal is not None:
            return self.refusal.status
        return 422 if self.errors else 200

    def refuse(self, refusal: LoyaltyError) -> None:
        """Shows the sentence at its field, or above the form where it belongs to none."""
        self.refusal = refusal
        name = self.params.get(refusal.param or "", refusal.param)
        self.add_error(name if name in self.fields else None, refusal.message)
