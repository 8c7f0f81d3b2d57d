"""The strip's words through a day, a night, a holiday and a weekend."""

import pytest

from core.phases import phase
from tests.core.test_calendar import ALWAYS, NSE, at


@pytest.mark.parametrize(
    ("instant", "words", "until", "prints"),
    [
        ("2026-11-23 08:00", "Closed. Opens 09:00", "2026-11-23 09:00", False),
        ("2026-11-23 09:01", "Pre-open, orders until 09:10", "2026-11-23 09:05", True),
        ("2026-11-23 09:06", "Pre-open, limit only until 09:10", "2026-11-23 09:10", True),
        ("2026-11-23 09:11", "Opening auction is matched, trading from 09:15", "2026-11-23 09:15", False),
        ("2026-11-23 09:13", "Trading from 09:15", "2026-11-23 09:15", False),
        ("2026-11-23 11:00", "Open, closing auction follows", "2026-11-23 15:15", True),
        ("2026-11-23 15:16", "Closing auction from 15:20", "2026-11-23 15:20", True),
        ("2026-11-23 15:21", "Closing auction, orders until 15:30", "2026-11-23 15:25", True),
        ("2026-11-23 15:26", "Closing auction, limit only", "2026-11-23 15:30", True),
        ("2026-11-23 15:31", "Closing auction is matched, post-close from 15:50", "2026-11-23 15:50", True),
        ("2026-11-23 15:45", "Post-close from 15:50", "2026-11-23 15:50", False),
        ("2026-11-23 15:55", "Post-close, at the closing price", "2026-11-23 16:00", True),
        ("2026-11-23 17:00", "Closed. Opens Wed 09:00", "2026-11-25 09:00", False),
        ("2026-11-24 11:00", "Closed: Guru Nanak Jayanti. Opens Wed 09:00", "2026-11-25 09:00", False),
        ("2026-11-28 11:00", "Closed. Opens Mon 09:00", "2026-11-30 09:00", False),
        ("2026-11-08 14:00", "Open", "2026-11-08 14:45", True),
        ("2026-07-31 11:00", "Open", "2026-07-31 15:30", True),
    ],
)
def test_the_phase_in_words(instant: str, words: str, until: str, prints: bool) -> None:
    found = phase(NSE, at(instant))
    assert found
    assert (found.words, found.until, found.prints) == (words, at(until), prints)


def test_nobody_reads_the_random_close_here() -> None:
    closing = NSE.under("nse", "sim")
    for minute in range(25, 28):
        found = phase(closing, at(f"2026-11-23 15:{minute}"))
        assert found
        assert found.until == at("2026-11-23 15:30")


def test_a_market_that_never_closes_has_none() -> None:
    assert phase(ALWAYS, at("2026-11-23 11:00")) is None
