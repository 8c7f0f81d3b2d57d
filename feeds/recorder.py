"""Writes down the frames of a market while somebody wants it, without ever making the market wait.

A thread of its own deflates and writes. Where it cannot keep up, or the disk or the bound on all recordings is full,
frames are left out, counted, and it is said why: a day with a gap says so instead of passing for a whole one.
"""

import contextlib
import os
import queue
import threading
import time
from collections.abc import Iterable
from io import FileIO
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

import log
from core.frames import Frame
from feeds import recording_files as files
from feeds.recording_files import Identity
from feeds.universe import Universe

Ints = npt.NDArray[np.int64]
Given = Frame | Universe | list[Identity]
# Frames that may wait for the thread; seconds between two looks at the bound, between two summaries, and for an end.
WAITING, LOOK_EVERY, SUM_EVERY, LAST_WORDS = 256, 30.0, 2.0, 10.0


def identities(universe: Universe, places: Iterable[int] | None = None) -> list[Identity]:
    """The instruments of a universe, or those at some places of it, as a recording names them, with the terms that
    were told of them by now."""
    listings = universe.listings
    lower, upper = universe.order_bands
    out = []
    for place in range(len(listings)) if places is None else places:
        one = listings[place].instrument
        on = universe.row.get(one.underlying_id or 0)
        out.append(
            Identity(
                one.id, one.key, one.kind.value, one.isin or "", "" if on is None else listings[on].instrument.key,
                one.expiry.isoformat() if one.expiry else "", one.strike or 0, one.lot, one.tick,
                int(universe.prev_close[place]), int(lower[place]), int(upper[place]),
            )
        )  # fmt: skip
    return out


class Recorder:
    """Records one market below ``root``. One thread calls it; what it writes is written by another."""

    def __init__(self, root: Path, market: str, most_megabytes: int) -> None:
        self._root, self._market, self._most = root, market, most_megabytes << 20
        self._queue: queue.Queue[Given | None] = queue.Queue(WAITING)
        self._thread: threading.Thread | None = None
        self._writer: _Writer | None = None
        self._universe: Universe | None = None
        self._owed: Universe | None = None
        self._early: list[Frame] | None = []  # what came before it was known whether to record; None where it is
        self.lost = 0

    def follow(self, wanted: bool, universe: Universe) -> None:
        """Begins or ends as wanted; the frames put from here on are those of this universe."""
        early: list[Frame] = self._early or []
        self._early = None
        if not wanted:
            self.close()
            self._early = None
            return
        if self._thread is None:
            self._queue = queue.Queue(WAITING)
            self._writer = _Writer(self._root, self._market, self._most)
            self._thread = threading.Thread(
                target=_write_all, args=(self._queue, self._writer), name=f"recorder {self._market}", daemon=True
            )
            self._thread.start()
            self._universe = None
        if universe is not self._universe:
            self._universe = self._owed = universe
        for frame in early:
            self.put(frame)

    def learn(self, places: Ints) -> None:
        """Terms of the date were told after it was opened, of what stands at these places of its universe."""
        if self._thread is not None and self._universe is not None and self._owed is None:
            with contextlib.suppress(queue.Full):  # a frame is lost then as well, and counted
                self._queue.put_nowait(identities(self._universe, places.tolist()))

    def put(self, frame: Frame) -> None:
        """Hands a stored frame over; never blocks, and does nothing where nothing is recorded."""
        if self._thread is None:
            if self._early is not None:
                self._early = [*self._early[-7:], frame]
            return
        try:
            if self._owed is not None:
                self._queue.put_nowait(self._owed)
                self._owed = None
            self._queue.put_nowait(frame)
        except queue.Full:
            self.lost += 1

    def close(self) -> None:
        """Writes what waits and closes the files; safe to repeat."""
        self._early = []
        thread, self._thread = self._thread, None
        if thread is None:
            return
        try:
            self._queue.put(None, timeout=LAST_WORDS)
        except queue.Full:
            log.get(__name__).error("A recording could not be ended in time", extra={"market": self._market})
        thread.join(LAST_WORDS)

    def state(self) -> dict[str, Any]:
        """What whoever watches over the market may want to know; empty where nothing is recorded."""
        writer = self._writer
        if writer is None or self._thread is None:
            return {}
        lost = self.lost + writer.lost
        told: dict[str, Any] = {"frames": writer.frames, "lost": lost, "megabytes": round(writer.written / 2**20, 1)}
        return told | ({"trouble": writer.trouble} if writer.trouble else {})


def _write_all(waiting: "queue.Queue[Given | None]", writer: "_Writer") -> None:
    while (given := waiting.get()) is not None:
        try:
            writer.take(given)
        except Exception:  # noqa: BLE001 - a recording that goes wrong must not end those that come after it
            log.get(__name__).exception("A frame could not be recorded")
            writer.lost += 1
    writer.close()


class _Writer:
    """Writes parts. After a failure it begins another one, because the end of the last may be torn."""

    def __init__(self, root: Path, market: str, most: int) -> None:
        self._root, self._market, self._most = root, market, most
        self._file: FileIO | None = None
        self._day: Path | None = None
        self._universe: Universe | None = None
        self._looked_at = -LOOK_EVERY
        self._summed_at = -SUM_EVERY
        self._others = 0  # bytes of all recordings at the last look
        self._since = 0  # bytes written since
        self._part = {"frames": 0, "first": 0, "last": 0, "lost": 0}
        self.frames = self.lost = self.written = 0
        self.trouble = ""

    def take(self, given: Given) -> None:
        """Writes it, or says why not."""
        try:
            if isinstance(given, Universe):
                self._turn(given)
            elif isinstance(given, list):
                if self._file is not None:  # else they are named where the next part begins
                    self._append(self._file, files.instruments_record(given))
            elif self._room():
                self._write(given)
            else:
                self._lose()
        except OSError as error:
            if isinstance(given, Frame):
                self._lose()
            self._say(f"Nothing is recorded: {error.strerror or error}.")
            self._looked_at = time.monotonic()
            self._let_go()

    def close(self) -> None:
        """Ends the part and sums the day up."""
        try:
            self._sum_up()
        except OSError as error:
            self._say(f"The recording could not be summed up: {error.strerror or error}.")
        self._let_go()

    def _lose(self) -> None:
        self.lost += 1
        self._part["lost"] += 1

    def _turn(self, universe: Universe) -> None:
        day = files.folder(self._root, self._market, universe.trading_date.isoformat())
        if day != self._day:
            self._sum_up()
            self._let_go()
            self._day, self._part["lost"] = day, 0
        self._universe = universe
        if self._file is not None:
            self._append(self._file, files.instruments_record(identities(universe)))

    def _write(self, frame: Frame) -> None:
        file = self._file or self._begin(frame)
        self._append(file, files.frame_record(frame))
        self.frames += 1
        self._part["frames"] += 1
        self._part["last"] = frame.number
        self.trouble = ""
        if time.monotonic() - self._summed_at >= SUM_EVERY:
            self._sum_up()

    def _begin(self, frame: Frame) -> FileIO:
        assert self._day is not None
        assert self._universe is not None
        self._day.mkdir(parents=True, exist_ok=True, mode=0o700)
        before = files.parts(self._day)
        ordinal = int(before[-1].name.split("-")[0]) + 1 if before else 1
        path = self._day / f"{ordinal:04d}-{frame.number}{files.SUFFIX}"
        # Unbuffered: what a killed process leaves are whole records, and one torn one at most.
        self._file = file = path.open("xb", buffering=0)
        self._part = {"frames": 0, "first": frame.number, "last": 0, "lost": self._part["lost"]}
        self._append(file, files.MAGIC + files.instruments_record(identities(self._universe)))
        return file

    def _append(self, file: FileIO, data: bytes) -> None:
        """One call a record, all of it or none that counts."""
        if file.write(data) != len(data):
            raise OSError(28, "the disk is full")
        self.written += len(data)
        self._since += len(data)

    def _room(self) -> bool:
        now = time.monotonic()
        if now - self._looked_at >= LOOK_EVERY:
            self._looked_at, self._since = now, 0
            self._others = sum(path.stat().st_size for path in self._root.rglob(f"*{files.SUFFIX}"))
            if self._file is not None:
                os.fsync(self._file.fileno())
        elif self.trouble and self._file is None:
            return False  # until the next look
        if self._others + self._since < self._most:
            return True
        self._say(
            f"All recordings together may take {self._most >> 20} MB (KAGAZ_RECORD_MB). Delete the folder of a day"
            f" in {self._root}, or allow more, to record on."
        )
        self._sum_up()
        self._let_go()
        return False

    def _say(self, why: str) -> None:
        if why != self.trouble:
            log.get(__name__).warning(why, extra={"market": self._market})
        self.trouble = why

    def _sum_up(self) -> None:
        """What a list of recordings shows without reading them."""
        self._summed_at = time.monotonic()
        if self._file is not None:
            whose = {**self._part, "market": self._market}  # also where the folder goes elsewhere
            files.write_whole(Path(self._file.name).with_suffix(".json"), whose)

    def _let_go(self) -> None:
        file, self._file = self._file, None
        if file is not None:
            file.close()
