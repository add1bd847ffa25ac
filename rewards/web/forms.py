"""Confirming a redemption."""

from django import forms

from loyalty.web.forms import OperationForm


class RedeemForm(OperationForm):
    """``key`` makes a second press the same redemption; ``price`` is what the member was shown, ``benefit`` the
    one that pays.
    """

    key = forms.RegexField(r"^[0-9a-f]{32}$", widget=forms.HiddenInput)
    price = forms.IntegerField(min_value=0, max_value=10**9, widget=forms.HiddenInput)
    benefit = forms.SlugField(required=False, max_length=30, widget=forms.HiddenInput)
