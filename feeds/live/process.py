"""A line in a process of its own, where all stays that its vendor's client does to threads and memory."""

import contextlib
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import IO

import numpy as np
import numpy.typing as npt
import orjson

import log
from feeds.live import pipe
from feeds.live.line import LineState, LineStatus, SegmentState
from feeds.live.ticks import HIGHEST, TICK, Ticks
from feeds.live.vendors import vendor

PROJECT = Path(__file__).resolve().parents[2]
# Seconds: for a child to end by itself, of silence that prove it stuck, between two lives of one that dies.
GRACE, MUTE, LEAST, MOST = 8.0, 15.0, 1.0, 60.0

Lot = tuple[npt.NDArray[np.int32], npt.NDArray[np.void]]


class LineProcess:
    """A ``Line`` whose work is done by ``python -m feeds.live.child``.

    ``credentials`` reach the child by a pipe; they are kept for as long as this object is, because a child that
    dies is made again. ``expires_at`` is ms since the epoch, 0 for never.
    """

    def __init__(
        self, name: str, credentials: Mapping[str, str], expires_at: int = 0, *, log_level: str = "info",
        environment: Mapping[str, str] | None = None,
    ) -> None:  # fmt: skip
        self.vendor = vendor(name)
        self.name = self.vendor.name
        self._setup = {
            "vendor": name, "credentials": dict(credentials), "expires_at": expires_at, "log_level": log_level,
        }  # fmt: skip
        self._environment = environment
        self._lock = threading.Lock()
        self._over = threading.Event()
        self._wake = threading.Event()
        self._thread: threading.Thread | None = None
        self._child: subprocess.Popen[bytes] | None = None
        self._wish: bytes = b"[[],[],[]]"
        self._room = 0
        self._before = 0  # reconnections in the lives of earlier children
        self._said_at = 0.0
        self._names: list[str] = []
        self._lots: list[Lot] = []
        self._status = LineStatus(self.name, LineState.STOPPED, f"Not connected to {self.vendor.title}.")
        self._segments: dict[str, SegmentState] = {}

    def start(self) -> None:
        """Begin, or begin again after a refusal."""
        if self._thread is not None and self._thread.is_alive():
            if self._status.state in (LineState.REFUSED, LineState.TOKEN_EXPIRED):
                self.stop()
            else:
                return
        self._over = threading.Event()
        self._status = replace(self._status, state=LineState.CONNECTING, sentence=f"Connecting to {self.vendor.title}.")
        self._said_at = time.monotonic()
        self._thread = threading.Thread(target=self._live, args=(self._over,), daemon=True, name=f"line {self.name}")
        self._thread.start()

    def stop(self) -> None:
        """End it, by force if it must be; at most ten seconds."""
        self._over.set()
        self._wake.set()
        thread = self._thread
        if thread is not None:
            thread.join(GRACE)
            child = self._child
            if thread.is_alive() and child is not None:
                child.kill()
                thread.join(1)
        self._status = replace(self._status, state=LineState.STOPPED, sentence=f"Not connected to {self.vendor.title}.")

    def want(self, full: Sequence[str], last: Sequence[str] = (), greeks: Sequence[str] = ()) -> None:
        """The newest wish replaces the one before."""
        wish = orjson.dumps([list(full), list(last), list(greeks)])
        if wish == self._wish:
            return
        self._wish = wish
        self._wake.set()

    def drain(self) -> Ticks:
        """One row a key, newest."""
        self._watch_over()
        with self._lock:
            lots, self._lots = self._lots, []
            names = self._names
            self._room += len(lots)
        if not lots:
            return Ticks()
        self._wake.set()
        slots = np.concatenate([slots for slots, _ in lots])
        rows = np.concatenate([rows for _, rows in lots])
        if len(lots) > 1:
            slots, rows = newest(slots, rows)
        return Ticks([names[slot] for slot in slots.tolist()], rows)

    def segments(self) -> Mapping[str, SegmentState]:
        """What the vendor last said of each."""
        return self._segments

    def segment_of(self, key: str) -> str:
        """The segment of a vendor's key."""
        return self.vendor.segment_of(key)

    def status(self) -> LineStatus:
        """As the child said last, at most half a second ago."""
        self._watch_over()
        return self._status

    # -- how -----------------------------------------------------------------------------------

    def _live(self, over: threading.Event) -> None:
        """One life of a child after another, until somebody ends it."""
        wait = LEAST
        while not over.is_set():
            began = time.monotonic()
            try:
                self._one_life(over)
            except Exception:  # noqa: BLE001 - a line outlives whatever goes wrong in a life of its process
                log.get(__name__).exception("A line's process cannot be made or understood", extra={"line": self.name})
            if over.is_set():
                return
            if time.monotonic() - began > MOST:
                wait = LEAST
            sentence = f"The process that listens to {self.vendor.title} ended and is started again."
            log.get(__name__).warning("A line's process ended", extra={"line": self.name, "again_in_s": wait})
            self._status = replace(
                self._status, state=LineState.BACKING_OFF, sentence=sentence, reconnects=self._status.reconnects + 1
            )
            self._before = self._status.reconnects
            over.wait(wait)
            wait = min(MOST, 2 * wait)

    def _one_life(self, over: threading.Event) -> None:
        with self._lock:
            self._names, self._lots, self._room = [], [], 0
        child = subprocess.Popen(
            [sys.executable, "-m", "feeds.live.child"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=PROJECT,
            env=None if self._environment is None else dict(self._environment),
        )  # fmt: skip
        self._child, self._said_at = child, time.monotonic()
        assert child.stdin is not None
        assert child.stdout is not None
        ended = threading.Event()
        writer = threading.Thread(target=self._write, args=(child.stdin, over, ended), daemon=True, name="to a line")
        try:
            writer.start()
            while (piece := pipe.receive(child.stdout)) is not None:
                self._take(*piece)
        finally:
            ended.set()
            self._wake.set()
            child.kill()
            child.wait()
            self._child = None
            child.stdout.close()
        writer.join(1)

    def _write(self, stdin: IO[bytes], over: threading.Event, ended: threading.Event) -> None:
        """Tells the child what to do. A thread of its own: a child that is stuck must not hold up who asks."""
        asked = b""
        try:
            pipe.send(stdin, pipe.SETUP, orjson.dumps(self._setup))
            while not ended.is_set():
                if over.is_set():
                    pipe.send(stdin, pipe.END)
                    ended.wait()
                    break
                if self._wish != asked:
                    asked = self._wish
                    pipe.send(stdin, pipe.WANT, asked)
                with self._lock:
                    room, self._room = self._room, 0
                if room:
                    pipe.send(stdin, pipe.ROOM, b"%d" % room)
                self._wake.wait()
                self._wake.clear()
        except (OSError, ValueError):
            log.get(__name__).debug("A line's process takes no more words", extra={"line": self.name})
        finally:
            with contextlib.suppress(OSError):
                stdin.close()

    def _take(self, kind: bytes, data: bytes) -> None:
        self._said_at = time.monotonic()
        if kind == pipe.TICKS:
            count = len(data) // (4 + TICK.itemsize)
            lot = np.frombuffer(data, "<i4", count), np.frombuffer(data, TICK, count, 4 * count)
            with self._lock:
                self._lots.append(lot)
        elif kind == pipe.NAMES:
            with self._lock:
                self._names.extend(orjson.loads(data))
        elif kind == pipe.STATUS:
            told = orjson.loads(data)
            self._segments = {name: SegmentState(state) for name, state in told["segments"].items()}
            status = told["status"]
            if not self._over.is_set():
                made = {"state": LineState(status["state"]), "reconnects": status["reconnects"] + self._before}
                self._status = LineStatus(**status | made)

    def _watch_over(self) -> None:
        """A child that says nothing at all is stuck; its end makes another."""
        child = self._child
        if child is not None and time.monotonic() - self._said_at > MUTE:
            log.get(__name__).warning("A line's process is stuck and is ended", extra={"line": self.name})
            self._said_at = time.monotonic()
            child.kill()


def newest(
    slots: npt.NDArray[np.int32], rows: npt.NDArray[np.void]
) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.void]]:
    """Of several rows of a key the last, which says all that was known when it was made, with how far prices went in
    all of them."""
    order = np.argsort(slots, kind="stable")
    ordered = slots[order]
    begins = np.flatnonzero(np.append(True, ordered[1:] != ordered[:-1]))
    kept = rows[order[np.append(begins[1:], len(order)) - 1]]
    kept["highest"] = np.maximum.reduceat(rows["highest"][order], begins)
    low = rows["lowest"][order]
    low = np.minimum.reduceat(np.where(low > 0, low, HIGHEST), begins)
    kept["lowest"] = np.where(low < HIGHEST, low, 0)
    return ordered[begins], kept
