"""Confirming a redemption."""

from django import forms

from loyalty.web.forms import OperationForm


class RedeemForm(OperationForm):
    """``key`` makes a second press the same redemption; ``price`` is what the member was shown."""

    key = forms.RegexField(r"^[0-9a-f]{32}$", widget=forms.HiddenInput)
    price = forms.IntegerField(min_value=1, max_value=10**9, widget=forms.HiddenInput)
