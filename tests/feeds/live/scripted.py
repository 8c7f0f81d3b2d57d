"""A vendor without a wire, for the tests of a line's worker and its process: what it does is named by its token."""

import os
import signal
import threading
import time
from collections.abc import Mapping

import numpy as np

from core.vendor_limits import Limits
from feeds.live.line import SegmentState
from feeds.live.link import Ear, Segments, Told
from feeds.live.plan import Plan
from feeds.live.supervisor import Denied, Lost, Opened, Rules
from feeds.live.ticks import NAN
from feeds.live.vendors import Vendor


class ScriptedLink:
    """``token`` is a mood: good, refused, drops, raises, silent, dies, stuck, leaks."""

    def __init__(self, credentials: Mapping[str, str], ear: Ear) -> None:
        self.mood, self.ear = credentials["token"], ear
        self.plan = Plan()
        self.closed = threading.Event()

    def open(self) -> None:
        if self.mood == "raises":
            raise OSError("no route to the host of token raises")
        threading.Thread(target=self._talk, daemon=self.mood != "leaks").start()

    def subscribe(self, plan: Plan) -> None:
        self.plan = plan

    def close(self) -> None:
        self.closed.set()
        if self.mood == "leaks":
            time.sleep(600)

    def _talk(self) -> None:
        if self.mood == "refused":
            self.ear.tell(Denied("wrong token refused"))
            return
        self.ear.tell(Opened())
        self.ear.tell(Segments({"NSE_EQ": SegmentState.OPEN}))
        for number in range(10**9):
            if self.mood != "leaks" and self.closed.wait(0.01):
                return
            now = time.time() * 1000
            board, keys = self.ear.board, (*self.plan.full, *self.plan.last)
            board.take([(board.slot(key), 100 + number % 50, now, NAN, 0.0, now, now) for key in keys])
            self.ear.heard(now, np.zeros(1))
            if self.mood == "drops" and number == 5:
                self.ear.tell(Lost("dropped"))
                return
            if self.mood == "silent":
                return
            if self.mood == "dies" and number == 5:
                print("printed by a client of a vendor")
                os._exit(3)
            if self.mood == "stuck" and number == 5:
                os.kill(os.getpid(), signal.SIGSTOP)
            if number == 3:
                self.ear.tell(Told("unknown key X"))


VENDOR = Vendor(
    "scripted", "Scripted", ScriptedLink, lambda _: Limits(full=3, last=5), lambda key: key.split("|", maxsplit=1)[0],
    missing=lambda: "", rules=Rules(base=50, least=20, quiet=60_000, dead=120_000),
)  # fmt: skip
