"""Prices as programs print them: digits that are a float's error are no digits of a price."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.reasons import Refusal
from gateway.form import price


@pytest.mark.parametrize(
    ("text", "paise"),
    [
        ("1500", 150_000),
        ("1500.0", 150_000),
        ("1500.5", 150_050),
        ("0.05", 5),
        ("1500.0500000", 150_005),
        ("1510.3500000000001", 151_035),
        ("1510.3499999999999", 151_035),
        ("99.94999999999999", 9_995),
        ("99.99999999999999", 10_000),
        ("0.15000000000000002", 15),
        ("0.30000000000000004", 30),
        ("26000.350000000002", 2_600_035),
        ("50.00000000000034", 5_000),
    ],
)
def test_a_price_is_read_as_it_was_meant(text: str, paise: int) -> None:
    assert price(text) == paise


@pytest.mark.parametrize(
    "text",
    [
        "1500.001", "1500.0000001", "1500.123456789012", "1500.0049999999999", "0.001", "1500.99999", "1.", ".5",
        "1500.3500000000001e0", "1510.35000000000010000000001", "1510.344999999999999", "30000000.0",
    ],
)  # fmt: skip
def test_what_is_no_price_is_refused(text: str) -> None:
    with pytest.raises(Refusal):
        price(text)


@given(ticks=st.integers(1, 400_000), tick=st.sampled_from([0.05, 0.1, 0.01, 1.0, 5.0]))
def test_a_price_rounded_to_its_tick_by_multiplying_is_that_price(ticks: int, tick: float) -> None:
    assert price(str(ticks * tick)) == ticks * round(tick * 100)


@given(paise=st.integers(1, 10**8), steps=st.integers(1, 50))
def test_a_price_that_was_reached_in_steps_is_that_price(paise: int, steps: int) -> None:
    level = paise / 100
    for _ in range(steps):
        level = level + 0.05
    assert price(str(level)) == paise + 5 * steps
