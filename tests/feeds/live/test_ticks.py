"""Words of a vendor pile up, and each key's newest value of each field comes out once."""

import threading

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from feeds.live import ticks
from feeds.live.ticks import NAN, NO_DEPTH, NO_GREEKS, Board

NOW = 1_795_000_000_000.0


def short(slot: int, price: float = 100.0, sent: float = NOW, **more: float) -> tuple[float, ...]:
    return (slot, price, more.get("traded", NAN), more.get("close", NAN), more.get("snapshot", 0.0), sent, sent + 5)


def whole(slot: int, price: float = 100.0, sent: float = NOW, depth: tuple[float, ...] = NO_DEPTH) -> tuple[float, ...]:
    return (*short(slot, price, sent), 99.0, 101.5, 98.05, 1_000.0, NAN, *depth, *NO_GREEKS)


def test_of_several_words_the_newest_stands_and_is_told_once() -> None:
    board = Board()
    slots = [board.slot(key) for key in ("A", "B")]
    board.take([short(slots[0], 100.0), short(slots[1], 50.05), short(slots[0], 100.35, NOW + 1)])
    got = board.drain()
    assert got.keys == ["A", "B"]
    assert got.rows["last_price"].tolist() == [10_035, 5_005]
    assert got.rows["sent"].tolist() == [NOW + 1, NOW]
    assert not len(board.drain())


def test_what_is_not_said_keeps_what_was_known() -> None:
    board = Board()
    slot = board.slot("A")
    depth = (99.9, 99.8, 0, 0, 0, 10, 20, 0, 0, 0, 1, 2, 0, 0, 0, 100.1, 0, 0, 0, 0, 7, 0, 0, 0, 0, 1, 0, 0, 0, 0)
    board.take(whole=[whole(slot, depth=depth)])
    board.take(short=[short(slot, 101.0, NOW + 1, close=95.0)])
    (row,) = board.drain().rows
    assert row["last_price"] == 10_100
    assert row["prev_close"] == 9_500
    assert row["low"] == 9_805
    assert row["bid_price"].tolist() == [9_990, 9_980, 0, 0, 0]
    assert row["ask_quantity"].tolist() == [7, 0, 0, 0, 0]
    assert row["known"] == ticks.LAST | ticks.CLOSE | ticks.DAY | ticks.VOLUME | ticks.BOOK
    board.forget()
    board.take([short(slot, 102.0)])
    (row,) = board.drain().rows
    assert row["known"] == ticks.LAST
    assert row["bid_price"].tolist() == [0] * 5


def test_a_new_day_forgets_the_range_and_volume_of_the_day_before() -> None:
    board = Board()
    slot = board.slot("A")
    yesterday = NOW - 86_400_000
    row = whole(slot)
    board.take(whole=[(*row[:2], yesterday, *row[3:])])
    board.take(short=[short(slot, 101.0, NOW + 1, traded=NOW)])
    (row,) = board.drain().rows
    assert not row["known"] & (ticks.DAY | ticks.VOLUME)


def test_a_key_that_changes_its_mode_between_two_looks_keeps_the_newest() -> None:
    for first, second in ((whole, short), (short, whole)):
        board = Board()
        slot, other = board.slot("A"), board.slot("B")
        for number, make in enumerate((first, second)):
            rows = [make(slot, 100.0 + number, NOW + number), make(other, 50.0, NOW + number)]
            board.take(**{"whole" if make is whole else "short": rows})
        got = board.drain().rows
        assert got["last_price"].tolist() == [10_100, 5_000]
        assert (got["low"] == 9_805).all()


def test_an_older_word_moves_nothing_back() -> None:
    board = Board()
    slot = board.slot("A")
    board.take([short(slot, 100.0, NOW), short(slot, 90.0, NOW - 1_000)])
    assert board.drain().rows["last_price"].tolist() == [10_000]
    assert board.late == 1


@pytest.mark.parametrize("price", [float("inf"), -float("inf"), 1e300, 2.1e7])
def test_what_is_no_price_is_counted_and_left_out(price: float) -> None:
    board = Board()
    slot = board.slot("A")
    board.take([short(slot, 100.0), short(slot, price, NOW + 1)])
    assert board.drain().rows["last_price"].tolist() == [10_000]
    assert board.garbage == 1


def test_a_word_from_the_far_future_does_not_make_the_others_old() -> None:
    board = Board()
    slot = board.slot("A")
    far = NOW + 86_400_000
    board.take([(slot, 90.0, NAN, NAN, 0.0, far, NOW), short(slot, 100.0, NOW + 1)])
    assert board.drain().rows["last_price"].tolist() == [10_000]


def test_nobody_drains_and_memory_does_not_grow() -> None:
    board = Board()
    slots = [board.slot(str(number)) for number in range(600)]
    for sent in range(100):
        board.take([short(slot, 100.0, NOW + sent) for slot in slots])
        assert sum(map(len, board._pile)) <= Board.PILE
    got = board.drain()
    assert len(got) == 600
    assert (got.rows["sent"] == NOW + 99).all()
    assert board.ticks == 60_000


def test_a_thread_may_write_while_another_drains() -> None:
    board, done = Board(), threading.Event()
    slots = [board.slot(str(number)) for number in range(50)]

    def write() -> None:
        for sent in range(400):
            board.take([short(slot, 100.0, NOW + sent) for slot in slots])
        done.set()

    writer = threading.Thread(target=write)
    writer.start()
    newest: dict[str, int] = {}
    while not done.is_set():
        got = board.drain()
        newest.update(zip(got.keys, got.rows["sent"].tolist(), strict=True))
    writer.join()
    got = board.drain()
    newest.update(zip(got.keys, got.rows["sent"].tolist(), strict=True))
    assert set(newest.values()) == {int(NOW) + 399}
    assert board.ticks == 400 * 50


def test_a_row_has_no_padding_that_would_cross_a_pipe() -> None:
    assert np.zeros(1, ticks.TICK).nbytes == ticks.TICK.itemsize
    assert len(whole(0)) == ticks.WIDTH + 1


def test_what_came_and_went_between_two_looks_is_told() -> None:
    board = Board()
    slot, other = board.slot("A"), board.slot("B")
    board.take([short(slot, 100.0 + swing, NOW + number) for number, swing in enumerate((0, 5, -3, 1))])
    board.take([short(other, 50.0, snapshot=1.0)])
    got = board.drain().rows
    assert (got["last_price"][0], got["highest"][0], got["lowest"][0]) == (10_100, 10_500, 9_700)
    assert (got["highest"][1], got["lowest"][1]) == (0, 0)  # a picture is no trade
    board.take([short(slot, 100.5, NOW + 9)])
    (row,) = board.drain().rows
    assert (row["highest"], row["lowest"]) == (10_050, 10_050)


@given(st.lists(st.tuples(st.integers(0, 3), st.booleans(), st.integers(-2, 8)), min_size=1, max_size=30))
def test_many_words_at_once_leave_what_each_by_itself_would(said: list[tuple[int, bool, int]]) -> None:
    together, apart = Board(), Board()
    for board in (together, apart):
        for name in "ABCD":
            board.slot(name)
    rows = [
        whole(slot, 100.0 + number, NOW + number + shift, depth=(1.0 + number,) * 30 if deep else NO_DEPTH)
        for number, (slot, deep, shift) in enumerate(said)
    ]
    together.take(whole=rows)
    for row in rows:
        apart.take(whole=[row])
        apart.heard()
    one, other = together.drain(), apart.drain()
    assert one.keys == other.keys
    for name in set(ticks.TICK.names or ()) - {"highest", "lowest"}:  # which do not mind a word that is a little late
        np.testing.assert_array_equal(one.rows[name], other.rows[name])
    assert (together.ticks, together.late) == (apart.ticks, apart.late)
