"""What fires when: the watch against a naive one, and the cases a trader would ask about."""

import time
from datetime import UTC, datetime

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.frames import Frame, row_type
from core.gtt import TRANSITIONS, Gtt, GttStatus, Leg, check_step, fires, is_target
from core.gtt_watch import Armed, Hit, Trigger, Watch
from core.orders import IllegalStep, OrderType, Product, Side

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


def two_legs(lower: int, upper: int, side: Side) -> Gtt:
    legs = [
        Leg(n, side, OrderType.LIMIT, Product.CNC, 1, price, price, above)
        for n, price, above in ((1, lower, False), (2, upper, True))
    ]
    at = datetime(2026, 11, 23, tzinfo=UTC)
    return Gtt(1, 1, 7, GttStatus.ACTIVE, 100, at, at.date(), at, at, legs)


@given(
    st.integers(80, 99), st.integers(101, 120), st.sampled_from(tuple(Side)), prices, st.integers(0, 25),
    st.integers(0, 25),
)  # fmt: skip
def test_of_two_legs_the_watch_fires_the_one_that_the_rule_says(
    lower: int, upper: int, side: Side, last: int, under: int, over: int
) -> None:
    gtt, watch = two_legs(lower, upper, side), Watch()
    watch.show(frame(1, (7, 100, 100, 100)))
    triggers = tuple(Trigger(leg.leg, leg.trigger_price, leg.above, is_target(leg)) for leg in gtt.legs)
    watch.put(Armed(1, 1, 7, triggers, 10**9))
    low, high = min(100, last - under), max(100, last + over)
    least, most = min(low, last) if low < 100 else last, max(high, last) if high > 100 else last
    rule = fires(gtt, least, most, last)
    assert fired(watch.show(frame(2, (7, last, low, high)))) == ([(1, rule[0].leg, rule[1])] if rule else [])


def test_every_step_that_is_not_in_the_table_raises() -> None:
    legal = {
        (event, before, after) for event, moves in TRANSITIONS.items() for before in moves for after in moves[before]
    }
    for event in TRANSITIONS:
        for before in (None, *GttStatus):
            for after in GttStatus:
                if (event, before, after) in legal:
                    check_step(event, before, after)
                else:
                    with pytest.raises(IllegalStep):
                        check_step(event, before, after)


def test_fifty_thousand_that_wait_do_not_slow_a_frame() -> None:
    """A frame that reaches none of them costs about what it costs with none; the bound is wide for slow machines."""
    watch, instruments = Watch(), range(1, 501)
    for number in range(50_000):
        away = 20 + number % 60
        watch.put(single(number, 100 - away if number % 2 else 100 + away, number % 2 == 0, 1 + number % 500))
    best = float("inf")
    for number in range(1, 21):
        shown = frame(number, *((each, 100 + number % 3, 95, 105) for each in instruments))
        began = time.perf_counter()
        assert watch.show(shown) == []
        best = min(best, time.perf_counter() - began)
    assert len(watch) == 50_000
    assert best < 0.010
