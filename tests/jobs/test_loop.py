"""The contract of loops, and the hand-over of frames between them."""

import threading

import numpy as np
import pytest

from core.frames import Frame, row_type
from jobs.bus import Bus, merge
from jobs.loop import LONGEST_PAUSE, Steady, patience, supervise
from tests.patience import PATIENCE


class Counting(Steady):
    """Counts its steps, and stops itself or breaks at a given one."""

    name = "counting"
    every = 0.0

    def __init__(self, last: int, broken: frozenset[int] = frozenset()) -> None:
        super().__init__()
        self.last, self.broken, self.steps, self.closes = last, broken, 0, 0

    def step(self) -> None:
        self.steps += 1
        if self.steps >= self.last:
            self.stop()
        if self.steps in self.broken:
            raise ValueError(f"step {self.steps}")

    def close(self) -> None:
        self.closes += 1


@pytest.mark.parametrize(("refusals", "seconds"), [(1, 30), (2, 60), (5, 480), (6, 480), (5_000, 480)])
def test_who_refuses_is_left_alone_for_longer_each_time_and_never_for_good(refusals: int, seconds: float) -> None:
    assert patience(refusals, 30.0, 480.0) == seconds


def test_a_loop_steps_until_it_is_stopped_and_closes_once() -> None:
    loop = Counting(last=5)
    loop.run()
    assert (loop.steps, loop.closes) == (5, 1)


def test_a_loop_that_was_stopped_before_it_began_does_nothing() -> None:
    loop = Counting(last=5)
    loop.stop()
    loop.stop()
    loop.run()
    assert (loop.steps, loop.closes) == (0, 1)


def test_stop_from_another_thread_ends_a_loop_that_waits() -> None:
    loop = Counting(last=10**9)
    loop.every = 3600.0
    thread = threading.Thread(target=loop.run)
    thread.start()
    loop.stop()
    thread.join(PATIENCE)
    assert not thread.is_alive()
    assert loop.steps <= 1


def test_a_crash_is_logged_and_the_loop_runs_again_after_a_growing_pause(
    caplog: pytest.LogCaptureFixture,
) -> None:
    loop = Counting(last=9, broken=frozenset(range(1, 9)))
    pauses: list[float] = []
    supervise(loop, loop.stopping.is_set, pauses.append)
    assert loop.steps == 9
    assert loop.closes == 9
    assert pauses == sorted(pauses)
    assert pauses[0] < pauses[-1] <= LONGEST_PAUSE
    assert len(pauses) == 8


def test_what_was_stopped_is_not_started() -> None:
    loop = Counting(last=5)
    supervise(loop, lambda: True)
    assert (loop.steps, loop.closes) == (0, 0)


def frame(number: int, prices: dict[int, int]) -> Frame:
    rows = np.zeros(len(prices), row_type())
    rows["instrument"], rows["last_price"] = list(prices), list(prices.values())
    return Frame("sim", number, 1_000 * number, rows)


def as_prices(frame: Frame) -> dict[int, int]:
    return dict(zip(frame.rows["instrument"].tolist(), frame.rows["last_price"].tolist(), strict=True))


def test_a_reader_that_keeps_up_gets_each_frame_as_it_was() -> None:
    bus = Bus()
    first = frame(1, {1: 100})
    bus.publish(first)
    assert bus.take(0) is first
    assert bus.take(0) is None
    assert bus.merged == 0


def test_a_reader_that_falls_behind_gets_the_newest_of_each_instrument() -> None:
    bus = Bus()
    for one in (frame(1, {1: 100, 2: 200}), frame(2, {2: 210, 3: 300}), frame(3, {3: 310})):
        bus.publish(one)
    taken = bus.take(0)
    assert taken is not None
    assert (taken.number, taken.exchange_time) == (3, 3_000)
    assert as_prices(taken) == {1: 100, 2: 210, 3: 310}
    assert bus.merged == 2
    assert bus.take(0) is None


def test_frames_of_different_markets_or_depth_are_not_mixed() -> None:
    one_level = Frame("sim", 2, 2_000, np.zeros(1, row_type(1)))
    assert merge(frame(1, {1: 100}), one_level) is one_level


def test_a_wake_ends_one_wait_without_a_frame() -> None:
    bus = Bus()
    bus.wake()
    # Without the wake this would wait an hour, and the test's own limit would end it.
    assert bus.take(3600) is None
    assert bus.take(0) is None
