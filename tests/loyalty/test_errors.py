"""What refusals say."""

import pytest

from loyalty.errors import LoyaltyError


class _Refused(LoyaltyError):
    sentence = "%(figure)s is too much for %(number)s."


@pytest.mark.parametrize(
    ("figure", "said"),
    [
        (1234567, "1,234,567 is too much for 12345."),
        (-2500, "-2,500 is too much for 12345."),
        (999, "999 is too much for 12345."),
        ("13800138000", "13800138000 is too much for 12345."),
        (True, "True is too much for 12345."),
    ],
)
def test_figures_are_grouped_and_what_is_called_number_is_a_name(figure: object, said: str) -> None:
    assert _Refused(figure=figure, number=12345).message == said
