"""The process of one line: it runs one worker and ends with its parent, whatever the vendor's client does."""

import os
import random
import signal
import threading
import time
from collections import deque
from dataclasses import asdict
from typing import IO, Any

import numpy as np
import orjson

import heap
import log
from feeds.live import pipe
from feeds.live.line import LineState, SegmentState
from feeds.live.vendors import OPEN, vendor
from feeds.live.worker import Worker

# Seconds between two steps, two lots of ticks, two words on how the line is, two times that memory is given back.
STEP, LOT, STATUS, TIDY = 0.02, 0.02, 0.5, 30.0
# Lots that may be under way: enough that a caller who takes them every half a second never finds the rest waiting here.
WINDOW = 32
# Bytes that a pipe holds, where the system lets us say so: a lot of a thousand rows goes through in one piece.
ROOM = 1 << 20


class Child:
    """Speaks with the parent over two pipes."""

    def __init__(self, incoming: IO[bytes], outgoing: IO[bytes], setup: dict[str, Any]) -> None:
        self._in, self._out = incoming, outgoing
        self._worker = Worker(
            vendor(setup["vendor"]), setup["credentials"], setup["expires_at"], luck=random.SystemRandom().random
        )
        self._room = threading.Semaphore(WINDOW)
        # One place, because a wish that is taken out must not take along one that has just come.
        self._wishes: deque[tuple[list[str], list[str], list[str]]] = deque(maxlen=1)
        self._over = threading.Event()
        self._named = 0
        self._told = self._how()

    def run(self) -> None:
        """Until the parent says so, or is gone."""
        threading.Thread(target=self._listen, daemon=True, name="parent").start()
        self._worker.start()
        status_at = lot_at = tidy_at = 0.0
        while not self._over.wait(STEP):
            if self._wishes:
                self._worker.want(*self._wishes.pop())
            self._worker.step()
            now = time.monotonic()
            # How the line is goes before what it heard: of a line that is not known to be live no depth is shown, and
            # the picture of an instrument that hardly trades comes once, in the moment after it was asked for.
            if now - status_at >= STATUS or self._how() != self._told:
                status_at = now
                self._tell_status()
            if now - lot_at >= LOT:
                lot_at = now
                self._tell_ticks()
            if now - tidy_at >= TIDY:
                tidy_at = now
                heap.give_back()
        self._worker.stop()
        self._tell_status()

    def _listen(self) -> None:
        try:
            self._obey()
        except Exception:  # noqa: BLE001 - whatever it is, it is told and ends the process
            log.get(__name__).exception("A line's process fell")
        # The parent is gone, or is not understood; a client's thread that never ends must not keep us.
        os._exit(0)

    def _obey(self) -> None:
        while (piece := pipe.receive(self._in)) is not None:
            kind, data = piece
            if kind == pipe.WANT:
                full, last, greeks = orjson.loads(data)
                self._wishes.append((full, last, greeks))
            elif kind == pipe.ROOM:
                for _ in range(orjson.loads(data)):
                    self._room.release()
            elif kind == pipe.END:
                self._over.set()

    def _tell_ticks(self) -> None:
        """Nothing while the parent has not taken what was sent: what comes meanwhile merges here."""
        if not self._room.acquire(blocking=False):
            return
        slots, rows = self._worker.board.drain_slots()
        if not len(slots):
            self._room.release()
            return
        names = self._worker.board.keys_from(self._named)
        if names:
            self._named += len(names)
            pipe.send(self._out, pipe.NAMES, orjson.dumps(names))
        pipe.send(self._out, pipe.TICKS, slots.astype("<i4").tobytes() + np.ascontiguousarray(rows).tobytes())

    def _how(self) -> tuple[LineState, dict[str, SegmentState]]:
        """What decides whether prices may be traded at."""
        return self._worker.state, dict(self._worker.segments)

    def _tell_status(self) -> None:
        self._told = self._how()
        segments = {name: str(state) for name, state in self._worker.segments.items()}
        told = {"status": asdict(self._worker.status()), "segments": segments}
        pipe.send(self._out, pipe.STATUS, orjson.dumps(told))


def main() -> None:
    """Takes what to do, secrets among it, from the pipe: arguments and environments are read by others."""
    heap.one_for_all()
    incoming = os.fdopen(os.dup(0), "rb", buffering=0)
    outgoing = os.fdopen(os.dup(1), "wb")
    pipe.widen(outgoing, ROOM)
    # What a vendor's client prints goes to the log and not between our pieces.
    os.dup2(2, 1)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    # A person's Ctrl-C reaches every process of the terminal; this one ends with its parent.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    piece = pipe.receive(incoming)
    if piece is None or piece[0] != pipe.SETUP:
        return
    setup = orjson.loads(piece[1])
    log.configure(setup["log_level"])
    for name, secret in setup["credentials"].items():
        if name not in OPEN:
            log.hide(secret)
    try:
        Child(incoming, outgoing, setup).run()
    except BrokenPipeError:
        pass
    except Exception:  # noqa: BLE001 - told here, because the process ends without a word of its own
        log.get(__name__).exception("A line's process fell")
    finally:
        # A client's threads that are no daemons would keep the process for ever.
        os._exit(0)


if __name__ == "__main__":
    main()
