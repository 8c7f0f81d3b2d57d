"""Words that people read of rules: round sums, what a refusal is called, what may mark an order."""

import pytest

from core import tags
from core.money import round_sum
from core.reasons import Reason, title


@pytest.mark.parametrize(
    ("paise", "told"),
    [
        (1_000_000_000_000, "₹1,000 Cr"),
        (25_000_000_000, "₹25 Cr"),
        (1_050_000_000, "₹1.05 Cr"),
        (25_000_000, "₹2.5 L"),
        (5_000_000, "₹50,000"),
        (12_345_650, "₹1,23,456.50"),
        (1_000_000_001, "₹1,00,00,000.01"),
        (-25_000_000, "−₹2.5 L"),
        (0, "₹0"),
    ],
)
def test_a_round_sum_is_as_short_as_it_stays_exact(paise: int, told: str) -> None:
    assert round_sum(paise) == told


def test_what_a_refusal_is_called_is_what_people_say() -> None:
    assert title(Reason.NOT_ENOUGH_FUNDS) == "Not enough funds"
    assert title(Reason.KILLED) == "Kill switch pressed"
    assert title(Reason.GTT_EXPIRED) == "GTT expired"
    assert title(Reason.TOO_MANY_GTTS) == "Too many GTTs"
    told = [title(reason) for reason in Reason]
    assert len(set(told)) == len(told), "two rules of one name"
    assert not [each for each in told if "_" in each or not each[0].isupper()]


@pytest.mark.parametrize(
    ("text", "fits"),
    [
        ("breakout", True),
        ("Iron condor 2:1", True),
        ("9", True),
        ("x" * 20, True),
        ("x" * 21, False),
        (" breakout", False),
        ("-1", False),
        ("<b>", False),
        ("पेपर", False),
        ("", False),
    ],
)
def test_a_tag_is_short_and_plain(text: str, fits: bool) -> None:
    assert tags.fits(text) is fits
