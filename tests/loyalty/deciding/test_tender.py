"""Points that pay, line by line."""

from hypothesis import given
from hypothesis import strategies as st

from loyalty.deciding.lines import share_out
from loyalty.deciding.tender import TenderPolicy, quote, split

WAYS = st.sampled_from(["last", "largest"])


def test_the_last_line_is_never_paid_more_than_it_costs() -> None:
    """All but one fen of 21 is paid; the last line has room for one only."""
    offer = quote(asked=20, balance=20, order_minor=21, policy=TenderPolicy(1, 1))

    assert [part.value_minor for part in split(offer, [10, 10, 1], "last")] == [9, 10, 1]


@given(st.lists(st.integers(-50, 5000), min_size=1, max_size=6), st.integers(0, 20000), st.integers(1, 9), WAYS)
def test_parts_add_up_and_no_line_is_overpaid(amounts: list[int], asked: int, minor: int, way: str) -> None:
    order_minor = sum(max(amount, 0) for amount in amounts)
    offer = quote(asked=asked, balance=asked, order_minor=order_minor, policy=TenderPolicy(3, minor))

    parts = split(offer, amounts, way)

    assert sum(part.value_minor for part in parts) == offer.value_minor
    assert sum(part.points for part in parts) == offer.points
    assert min(part.left_minor for part in parts) >= 0
    assert sum(part.left_minor for part in parts) == order_minor - offer.value_minor


@given(st.integers(0, 9999), st.lists(st.integers(0, 5000), min_size=1, max_size=6), WAYS)
def test_a_split_adds_up_and_weightless_lines_get_nothing(total: int, weights: list[int], way: str) -> None:
    parts = share_out(total, weights, way)

    assert sum(parts) == total
    assert not sum(weights) or all(part == 0 for part, weight in zip(parts, weights, strict=True) if not weight)
    assert all(part >= total * weight // (sum(weights) or 1) for part, weight in zip(parts, weights, strict=True))
