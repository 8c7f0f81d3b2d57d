"""What fires when: the watch against a naive one, and the cases a trader would ask about."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.frames import Frame, row_type
from core.gtt_watch import Armed, Hit, Trigger, Watch

Row = tuple[int, int, int, int]
"""Instrument, last price, day's low, day's high."""


def frame(number: int, *rows: Row) -> Frame:
    array = np.zeros(len(rows), dtype=row_type())
    for target, (instrument, last, low, high) in zip(array, rows, strict=True):
        target["instrument"], target["last_price"] = instrument, last
        target["low"], target["high"] = low, high
    return Frame("sim", number, 1_000 + number, array)


def single(number: int, price: int, above: bool, instrument: int = 7, seen_at: int = 10**9) -> Armed:
    return Armed(number, 1, instrument, (Trigger(1, price, above),), seen_at)


def fired(hits: list[Hit]) -> list[tuple[int, int, int]]:
    return [(hit.gtt_id, hit.leg, hit.price) for hit in hits]


@pytest.mark.parametrize(
    ("price", "above", "row", "expected"),
    [
        pytest.param(110, True, (7, 110, 90, 110), 110, id="the last price reaches a trigger above"),
        pytest.param(110, True, (7, 115, 90, 115), 115, id="the last price jumps over a trigger above"),
        pytest.param(90, False, (7, 90, 90, 105), 90, id="the last price falls to a trigger below"),
        pytest.param(110, True, (7, 100, 90, 112), 112, id="a new high printed between two displays"),
        pytest.param(90, False, (7, 100, 88, 105), 88, id="a new low printed between two displays"),
        pytest.param(110, True, (7, 109, 90, 109), None, id="one tick short above"),
        pytest.param(90, False, (7, 91, 91, 105), None, id="one tick short below"),
        pytest.param(110, True, (8, 200, 90, 200), None, id="another instrument"),
    ],
)
def test_one_trigger_against_the_next_display(price: int, above: bool, row: Row, expected: int | None) -> None:
    watch = Watch()
    watch.show(frame(1, (7, 100, 95, 105)))
    assert watch.put(single(1, price, above)) == []
    hits = watch.show(frame(2, row))
    assert fired(hits) == ([(1, 1, expected)] if expected else [])
    assert len(watch) == (0 if expected else 1)


def test_an_extreme_from_before_it_came_fires_nothing() -> None:
    watch = Watch()
    watch.show(frame(1, (7, 100, 80, 120)))
    watch.put(single(1, 110, above=True))
    watch.put(single(2, 90, above=False))
    assert watch.show(frame(2, (7, 101, 80, 120))) == []


def test_what_printed_after_its_price_was_looked_at_fires_it_when_it_comes() -> None:
    watch = Watch()
    watch.show(frame(1, (7, 112, 95, 112)))
    assert watch.put(single(1, 110, above=True, seen_at=2_000)) == []
    assert fired(watch.put(single(2, 110, above=True, seen_at=500)))[-1] == (2, 1, 112)


def test_of_two_legs_reached_at_once_the_stop_goes_first() -> None:
    watch = Watch()
    watch.show(frame(1, (7, 100, 95, 105)))
    watch.put(Armed(1, 1, 7, (Trigger(1, 90, above=False), Trigger(2, 110, above=True, target=True)), 10**9))
    assert fired(watch.show(frame(2, (7, 100, 89, 111)))) == [(1, 1, 89)]
    assert len(watch) == 0


def test_of_two_legs_the_one_the_last_price_is_beyond_goes_first() -> None:
    watch = Watch()
    watch.show(frame(1, (7, 100, 95, 105)))
    watch.put(Armed(1, 1, 7, (Trigger(1, 90, above=False), Trigger(2, 110, above=True, target=True)), 10**9))
    assert fired(watch.show(frame(2, (7, 111, 89, 111)))) == [(1, 2, 111)]


def test_a_taken_gtt_fires_nothing_and_a_frame_that_comes_again_neither() -> None:
    watch = Watch()
    watch.put(single(1, 110, above=True))
    watch.put(single(2, 110, above=True))
    watch.take(1)
    watch.take(1)
    assert fired(watch.show(frame(3, (7, 111, 1, 111)))) == [(2, 1, 111)]
    watch.put(single(3, 50, above=False))
    assert watch.show(frame(3, (7, 40, 1, 111))) == []
    assert watch.show(frame(2, (7, 40, 1, 111))) == []


prices = st.integers(80, 120)
Put = tuple[int, int, int, bool]
Show = tuple[int, int, int, int, str]
puts = st.tuples(st.integers(1, 6), st.sampled_from((7, 9)), prices, st.booleans())
shows = st.tuples(st.sampled_from((7, 9)), prices, st.integers(0, 5), st.integers(0, 5), st.just("show"))
steps = st.lists(st.one_of(puts, shows), max_size=60)


@given(steps)
def test_the_arrays_fire_what_a_plain_loop_fires(acts: list[Put | Show]) -> None:
    """Day's extremes only widen; a plain list of triggers is looked through at every display."""
    watch, number = Watch(), 0
    plain: dict[int, tuple[int, int, bool, int]] = {}
    shown: dict[int, tuple[int, int, int]] = {}
    for act in acts:
        if len(act) == 4:
            gtt_id, instrument, price, above = act
            at = shown[instrument][2] if instrument in shown else 0
            plain[gtt_id] = (instrument, price, above, at)
            assert watch.put(single(gtt_id, price, above, instrument)) == []
            continue
        instrument, last, under, over, _show = act
        number += 1
        before = shown.get(instrument)
        low = min(last - under, before[0] if before else 10**6)
        high = max(last + over, before[1] if before else 0)
        least = min(low, last) if before and low < before[0] else last
        most = max(high, last) if before and high > before[1] else last
        expected = set()
        for gtt_id, (of, price, above, at) in plain.items():
            now = last >= price if above else last <= price
            unseen = at < number and (most >= price if above else least <= price)
            if of == instrument and (now or unseen):
                expected.add(gtt_id)
        shown[instrument] = (low, high, number)
        assert {hit.gtt_id for hit in watch.show(frame(number, (instrument, last, low, high)))} == expected
        for gtt_id in expected:
            del plain[gtt_id]
    assert set(watch.armed) == set(plain)
