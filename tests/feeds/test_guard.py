"""Impossible, late and repeated ticks are dropped, counted by name, and leave no trace."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.frames import Rows, row_type
from feeds.guard import REASONS, Guard
from feeds.simulator import Simulator
from tests.feeds.listings import SHARES, universe

MARKET = universe()
NOW = MARKET.opened + 3_600_000
SHARE = SHARES[0]
CLOSE = int(MARKET.prev_close[MARKET.row[SHARE]])


def tick(**changes: object) -> Rows:
    """A good tick of one share at its previous close, changed."""
    row = np.zeros(1, row_type())
    good: dict[str, object] = {
        "instrument": SHARE, "last_price": CLOSE, "open": CLOSE, "high": CLOSE, "low": CLOSE, "prev_close": CLOSE,
        "volume": 1_000, "exchange_time": NOW,
        "bid_price": [CLOSE - 5, CLOSE - 10, 0, 0, 0], "bid_quantity": [10, 20, 0, 0, 0], "bid_orders": [1, 2, 0, 0, 0],
        "ask_price": [CLOSE + 5, CLOSE + 10, 0, 0, 0], "ask_quantity": [10, 20, 0, 0, 0], "ask_orders": [1, 2, 0, 0, 0],
    }  # fmt: skip
    for name, value in (good | changes).items():
        row[name] = value
    return row


BAD = [
    ("unknown_instrument", {"instrument": 99_999}),
    ("unknown_instrument", {"instrument": -1}),
    ("not_positive", {"last_price": 0}),
    ("not_positive", {"last_price": -1}),
    ("not_positive", {"low": 0}),
    ("not_positive", {"bid_price": [CLOSE - 5, -10, 0, 0, 0]}),
    ("impossible_quantity", {"volume": -1}),
    ("impossible_quantity", {"oi": -5}),
    ("impossible_quantity", {"ask_quantity": [-10, 20, 0, 0, 0]}),
    ("crossed_depth", {"bid_price": [CLOSE + 5, CLOSE, 0, 0, 0]}),
    ("crossed_depth", {"bid_price": [CLOSE - 10, CLOSE - 5, 0, 0, 0]}),
    ("crossed_depth", {"ask_price": [CLOSE + 5, CLOSE + 5, 0, 0, 0]}),
    ("crossed_depth", {"ask_price": [CLOSE + 5, 0, CLOSE + 10, 0, 0]}),
    ("beyond_band", {"last_price": CLOSE * 12 // 10}),
    ("beyond_band", {"last_price": CLOSE * 8 // 10}),
    ("from_the_future", {"exchange_time": NOW + 60_000}),
    ("late", {"exchange_time": NOW - 60_000}),
]


@pytest.mark.parametrize(("reason", "changes"), BAD)
def test_a_bad_tick_is_dropped_under_its_name(reason: str, changes: dict[str, object]) -> None:
    guard = Guard(MARKET)
    assert not len(guard.check(tick(**changes), NOW))
    assert guard.dropped == {reason: 1}
    # Nothing of it is remembered: the next good tick passes.
    assert len(guard.check(tick(), NOW)) == 1


def test_a_tenfold_jump_is_dropped_where_no_band_says_so_before() -> None:
    index = 1
    good = {"instrument": index, "volume": 0, "open": 2_500_000, "high": 2_500_000, "low": 2_500_000,
            "prev_close": 2_500_000, "last_price": 2_500_000}  # fmt: skip
    guard = Guard(MARKET)
    assert len(guard.check(tick(**good), NOW))
    for price in (25_000_000, 250_000):
        assert not len(guard.check(tick(**good | {"last_price": price, "exchange_time": NOW + 1}), NOW + 1))
    assert guard.dropped == {"tenfold_jump": 2}


def test_the_same_tick_twice_counts_once() -> None:
    guard = Guard(MARKET)
    assert len(guard.check(np.concatenate([tick(), tick()]), NOW)) == 1
    assert not len(guard.check(tick(), NOW))
    assert guard.dropped == {"duplicate": 2}


def test_an_older_tick_never_moves_the_price_back() -> None:
    guard = Guard(MARKET)
    guard.check(tick(exchange_time=NOW), NOW)
    assert not len(guard.check(tick(exchange_time=NOW - 1_000, last_price=CLOSE - 5), NOW))
    assert guard.dropped == {"out_of_order": 1}


def test_volume_that_falls_is_impossible() -> None:
    guard = Guard(MARKET)
    guard.check(tick(), NOW)
    assert not len(guard.check(tick(volume=999, exchange_time=NOW + 1), NOW + 1))
    assert guard.dropped == {"impossible_quantity": 1}


def test_of_several_good_ticks_the_newest_stands() -> None:
    ticks = [tick(exchange_time=NOW + n, last_price=CLOSE + 5 * n, volume=1_000 + n) for n in (2, 0, 1)]
    (kept,) = Guard(MARKET).check(np.concatenate(ticks), NOW)
    assert kept["last_price"] == CLOSE + 10


def test_a_simulated_market_passes_untouched() -> None:
    guard, simulator = Guard(MARKET), Simulator(MARKET, seed=4)
    for n in range(200):
        rows = simulator.next_rows(NOW + n * 250)
        assert guard.check(rows, NOW + n * 250).tobytes() == rows.tobytes()
    assert not guard.dropped


@settings(max_examples=150, deadline=None)
@given(st.binary(min_size=0, max_size=20 * row_type().itemsize), st.integers(0, 2**45))
def test_no_bytes_whatever_break_the_guard(noise: bytes, clock: int) -> None:
    size = row_type().itemsize
    rows = np.frombuffer(noise[: len(noise) // size * size], row_type()).copy()
    rows["instrument"][::2] = SHARE
    guard = Guard(MARKET)
    kept = guard.check(rows, clock)
    assert len(kept) + sum(guard.dropped.values()) <= len(rows)
    assert set(guard.dropped) <= set(REASONS)
    assert (kept["last_price"] > 0).all()
    assert len(np.unique(kept["instrument"])) == len(kept)
