"""A line in a process of its own: it hands on, it is stopped in time, and it outlives what its client does."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import psutil
import pytest

from feeds.live import process
from feeds.live.child import WINDOW
from feeds.live.line import LineState
from feeds.live.process import PROJECT, LineProcess, newest
from feeds.live.ticks import TICK
from tests.feeds.live import slow
from tests.patience import PATIENCE

SCRIPTED = "tests.feeds.live.scripted"
KEYS = ["NSE_EQ|A", "NSE_EQ|B"]


@pytest.fixture
def line_of() -> Iterator[Callable[[str], LineProcess]]:
    made: list[LineProcess] = []

    def make(mood: str) -> LineProcess:
        line = LineProcess(SCRIPTED, {"token": mood})
        made.append(line)
        line.want(KEYS)
        line.start()
        return line

    yield make
    for line in made:
        line.stop()
    assert not [child for child in psutil.Process().children() if "feeds.live.child" in command_of(child)]


def command_of(child: psutil.Process) -> list[str]:
    """Nothing where it has ended, which it may do while it is asked."""
    try:
        return child.cmdline()
    except psutil.Error:
        return []


def until(holds: Callable[[], bool], seconds: float = PATIENCE) -> None:
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.02)


def test_rows_come_over_the_pipe_and_the_newest_wish_wins(line_of: Callable[[str], LineProcess]) -> None:
    line = line_of("good")
    seen: set[str] = set()
    until(lambda: bool(seen.update(line.drain().keys)) or seen == set(KEYS))
    until(lambda: line.status().state is LineState.LIVE and line.status().confirmed == 2)
    line.want([], ["NSE_EQ|C"])
    until(lambda: "NSE_EQ|C" in line.drain().keys)
    until(lambda: line.drain().keys == ["NSE_EQ|C"])
    assert line.segments() == {"NSE_EQ": "OPEN"}


def test_nobody_drains_and_the_child_merges(line_of: Callable[[str], LineProcess]) -> None:
    line = line_of("good")
    until(lambda: len(line._lots) >= WINDOW)
    time.sleep(0.3)
    assert len(line._lots) == WINDOW
    got = line.drain()
    assert sorted(got.keys) == sorted(KEYS)
    sent = got.rows["sent"].max()
    until(lambda: (ticks := line.drain()).keys != [] and ticks.rows["sent"].min() > sent)


def test_a_child_that_dies_is_started_again(line_of: Callable[[str], LineProcess]) -> None:
    line = line_of("dies")
    until(lambda: line.status().state is LineState.BACKING_OFF)
    assert "started again" in line.status().sentence
    first = line.status().reconnects
    until(lambda: line.status().state is LineState.LIVE or line.status().reconnects > first)


def test_a_child_that_cannot_be_made_or_understood_is_tried_again(
    line_of: Callable[[str], LineProcess], monkeypatch: pytest.MonkeyPatch
) -> None:
    failing = [OSError("no process can be made"), OSError("nor now")]
    make = subprocess.Popen

    def scarce(*given: object, **named: object) -> object:
        if failing:
            raise failing.pop()
        return make(*given, **named)  # type: ignore[call-overload]

    monkeypatch.setattr(process, "LEAST", 0.05)
    monkeypatch.setattr(process.subprocess, "Popen", scarce)
    line = line_of("good")
    until(lambda: line.status().state is LineState.LIVE)
    assert line.status().reconnects >= 2
    child = line._child
    assert child is not None
    taking = line._take

    def garbled(kind: bytes, data: bytes) -> None:
        line._take = taking  # type: ignore[method-assign]
        raise ValueError("a piece that nobody can read")

    line._take = garbled  # type: ignore[method-assign]
    until(lambda: child.poll() is not None)
    until(lambda: line.status().state is LineState.LIVE and line._child is not child)


def test_why_a_child_fell_is_in_the_log(capfd: pytest.CaptureFixture[str]) -> None:
    line = LineProcess(SCRIPTED, {"token": "good"}, log_level="info")
    line._wish = b'["no", "wish"]'
    line.start()
    until(lambda: line.status().state is LineState.BACKING_OFF)
    line.stop()
    assert "A line's process fell" in capfd.readouterr().err


def test_a_child_that_is_stuck_is_ended(line_of: Callable[[str], LineProcess], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process, "MUTE", 2.0)
    line = line_of("stuck")
    until(lambda: line.status().state is LineState.BACKING_OFF)
    monkeypatch.setattr(process, "MUTE", 10 * PATIENCE)
    began = time.monotonic()
    line.want([f"NSE_EQ|{n}" for n in range(20_000)])  # more than a pipe holds
    line.drain()
    assert time.monotonic() - began < PATIENCE, "who asks is held up by nobody"


def test_a_child_speaks_while_its_client_loads_and_is_not_taken_for_stuck(tmp_path: Path) -> None:
    gate = tmp_path / "loaded"
    line = LineProcess("tests.feeds.live.slow", {"token": "good"}, environment={**os.environ, slow.GATE: str(gate)})
    line.want(KEYS)
    line.start()
    try:
        until(lambda: line.status().since > 0)
        said = line._said_at
        until(lambda: line._said_at > said)
        assert line.status().state is LineState.CONNECTING
        gate.touch()
        until(lambda: bool(line.drain().keys))
        assert line.status().state is LineState.LIVE, "how a line is comes before what it heard, or no depth is shown"
        assert line.segments() == {"NSE_EQ": "OPEN"}
        assert line.status().reconnects == 0
    finally:
        line.stop()


def test_a_client_whose_thread_never_ends_keeps_no_process(line_of: Callable[[str], LineProcess]) -> None:
    line = line_of("leaks")
    until(lambda: line.status().state is LineState.LIVE)
    began = time.monotonic()
    line.stop()
    assert time.monotonic() - began < PATIENCE
    assert line.status().state is LineState.STOPPED
    line.stop()


PARENT = """
import sys, time
from feeds.live.process import LineProcess
line = LineProcess("tests.feeds.live.scripted", {"token": "leaks"})
line.want(["NSE_EQ|A"])
line.start()
while not line.status().is_live:
    time.sleep(0.05)
print(line._child.pid, flush=True)
time.sleep(600)
"""


def test_a_line_ends_with_its_parent_whatever_end_that_is() -> None:
    with subprocess.Popen([sys.executable, "-c", PARENT], stdout=subprocess.PIPE, text=True, cwd=PROJECT) as parent:
        child = psutil.Process(int(parent.stdout.readline()))
        assert child.is_running()
        parent.kill()
    until(lambda: not child.is_running() or child.status() == psutil.STATUS_ZOMBIE)


def test_a_refused_line_stays_so_until_it_is_started(line_of: Callable[[str], LineProcess]) -> None:
    line = line_of("refused")
    until(lambda: line.status().state is LineState.REFUSED)
    assert line.status().sentence == "Scripted refused the login: wrong token ***"
    line.start()
    until(lambda: line.status().state is LineState.REFUSED)


def test_of_several_lots_the_newest_row_of_a_key_stands_and_all_their_swings() -> None:
    rows = np.zeros(5, TICK)
    rows["last_price"], rows["highest"], rows["lowest"] = (1, 2, 3, 4, 5), (9, 0, 7, 4, 5), (3, 0, 0, 4, 5)
    slots, kept = newest(np.array([7, 2, 7, 3, 2], np.int32), rows)
    assert slots.tolist() == [2, 3, 7]
    assert [kept[name].tolist() for name in ("last_price", "highest", "lowest")] == [[5, 4, 3], [5, 4, 9], [5, 4, 3]]
