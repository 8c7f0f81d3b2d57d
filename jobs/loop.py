"""The contract of a loop: one thread runs it, anybody may stop it, a crash is logged and it runs again."""

import threading
import time
from collections.abc import Callable
from typing import Protocol

import log

# Seconds before a crashed loop runs again: doubled a crash, and from the start after a good spell. Most crashes are
# those of a server that recovers within a second, which traders should not wait for twice.
FIRST_PAUSE, LONGEST_PAUSE, GOOD_SPELL = 0.1, 2.0, 10.0


class Loop(Protocol):
    """Something that works until it is told to stop.

    ``run`` blocks until ``stop`` was called and may be called again after it raised. ``stop`` may come from
    any thread, before ``run`` and more than once; a loop that was stopped stays stopped.
    """

    name: str

    def run(self) -> None:
        """Works until stopped."""

    def stop(self) -> None:
        """Asks ``run`` to end soon; returns at once."""


class Steady:
    """A loop that does one ``step`` every so many seconds, without drifting and without catching up."""

    name = "steady"
    every = 1.0

    def __init__(self) -> None:
        self.stopping = threading.Event()

    def run(self) -> None:
        """Steps until stopped; what ``step`` raises ends it, after ``close``."""
        try:
            due = time.monotonic()
            while not self.stopping.wait(max(0.0, due - time.monotonic())):
                self.step()
                due = max(due + self.every, time.monotonic())
        finally:
            self.close()

    def stop(self) -> None:
        """Asks the loop to end after its present step."""
        self.stopping.set()

    def step(self) -> None:
        """The work of one round."""

    def close(self) -> None:
        """Lets go of what ``step`` took; also after a crash, also when nothing was taken."""


def patience(refusals: int, first: float, longest: float) -> float:
    """Seconds to leave a vendor alone after so many refusals in a row: doubled with each, up to the longest."""
    return min(longest, first * 2.0 ** min(refusals - 1, 20))  # unbounded, a float is too small for it in some weeks


def supervise(loop: Loop, stopped: Callable[[], bool], wait: Callable[[float], object] = time.sleep) -> None:
    """Runs a loop again and again until ``stopped`` says so; a crash is logged and pauses it a while."""
    pause = 0.0
    while not stopped():
        began = time.monotonic()
        try:
            loop.run()
        except Exception as error:  # noqa: BLE001 - a loop must outlive whatever goes wrong in it
            log.get(__name__).exception("A loop ended", extra={"loop": loop.name, "error": str(error)})
        if stopped():
            return
        good = time.monotonic() - began > GOOD_SPELL
        pause = FIRST_PAUSE if good else min(max(pause * 2, FIRST_PAUSE), LONGEST_PAUSE)
        wait(pause)
