"""The average price of a day and the range of its open interest, from rows that tell neither."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from core.day_figures import Day, DayFigures, of_quote
from core.frames import Rows, row_type

ONE = np.array([3], np.int64)


def row(last: int, volume: int, oi: int = 0, close: int = 100, high: int = 0, low: int = 0) -> Rows:
    found = np.zeros(1, row_type())
    found["instrument"], found["last_price"], found["volume"], found["oi"] = 3, last, volume, oi
    found["high"], found["low"], found["prev_close"] = high or last, low or last, close
    return found


def figures() -> DayFigures:
    found = DayFigures()
    found.make_room(2)
    found.make_room(5)
    return found


def told(found: DayFigures) -> tuple[int, ...]:
    return tuple(int(each[0]) for each in found.of(ONE))


def test_between_two_rows_so_much_was_traded_as_the_volume_rose():
    found = figures()
    found.take(row(100, 10, oi=5), ONE)
    found.take(row(200, 20, oi=9), ONE)
    found.take(row(130, 20, oi=7), ONE)  # no trade: the average stays
    assert told(found) == (150, 9, 5)


def test_what_was_traded_before_the_first_row_is_taken_at_the_mean_or_from_the_bars():
    found = figures()
    found.begin(row(120, 10, oi=4, high=130, low=110), ONE, {})
    assert told(found) == (120, 4, 4)
    known = figures()
    known.begin(row(120, 10, oi=4, high=130, low=110), ONE, {3: Day(125, 8, 2), 4: Day(1, 1, 1)})
    assert told(known) == (125, 8, 2)
    known.take(row(105, 20, oi=4), ONE)
    assert told(known) == (115, 8, 2)


def test_a_new_day_begins_anew_and_what_comes_late_counts_for_nothing():
    found = figures()
    found.take(row(100, 10, oi=5), ONE)
    found.take(row(300, 4, oi=1, close=110), ONE)
    assert told(found) == (300, 1, 1)
    found.take(row(100, 3, oi=1, close=110), ONE)  # of a moment before
    assert told(found) == (300, 1, 1)
    found.take(row(200, 1, oi=7, close=110), ONE)  # the same day once more
    assert told(found) == (200, 7, 7)
    found.take(row(100, 9, oi=2), ONE)  # or an older one
    assert told(found) == (100, 2, 2)


def test_without_a_trade_there_is_no_average():
    found = figures()
    found.take(row(100, 0, oi=0), ONE)
    assert told(found) == (0, 0, 0)
    assert of_quote(None, (100, 90, 95), 0, 3) == Day(0, 3, 3)
    assert of_quote(None, (120, 90, 90), 7, 3) == Day(100, 3, 3)
    assert of_quote(Day(101, 9, 4), (120, 90, 90), 7, 3) == Day(101, 9, 3)


@given(
    first=st.tuples(st.integers(1, 10**7), st.integers(1, 10**9)),
    steps=st.lists(st.tuples(st.integers(1, 10**7), st.integers(0, 10**6)), max_size=20),
)
def test_the_average_is_what_was_paid_by_what_was_bought(first: tuple[int, int], steps: list[tuple[int, int]]) -> None:
    found, (price, volume) = figures(), first
    found.take(row(price, volume), ONE)
    paid = price * volume
    for price, more in steps:
        volume, paid = volume + more, paid + price * more
        found.take(row(price, volume), ONE)
    assert told(found)[0] == paid // volume
    prices = [first[0], *(price for price, more in steps if more)]
    assert min(prices) <= told(found)[0] <= max(prices)
