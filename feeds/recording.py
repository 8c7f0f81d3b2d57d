"""A recorded day, played again frame by frame: the rows that were stored, under the numbers that they had."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from core.frames import DEPTH, Frame, Rows, row_type
from feeds import recording_files as files
from feeds.crowd import Hours
from feeds.packing import pack, unpack
from feeds.recording_files import Identity, Wounds
from feeds.universe import IST, Universe

Ints = npt.NDArray[np.int64]

DAY_MS = 24 * 3_600_000
KEPT = np.dtype([("instrument", "<i4"), ("last", "<i4")])


@dataclass(slots=True)
class Recording:
    """One recorded date. ``listed`` are all instruments that it ever named, by the number its frames use."""

    day: date
    folder: Path
    listed: dict[int, Identity] = field(default_factory=dict)
    first: int = 0

    def frames(self, after: int = 0, wounds: Wounds | None = None) -> Iterator[Frame]:
        """Its frames with a number above ``after``, in the order in which they were stored.

        What is damaged is counted in ``wounds`` and left out; so is a frame whose number had been there, which
        comes about when a server lost its last frames in a crash.
        """
        wounds = wounds if wounds is not None else Wounds()
        begin = after
        for path in files.parts(self.folder):
            for record in files.records(path, wounds, begin):
                if record.kind != files.FRAME:
                    continue
                if record.number <= after:
                    wounds.repeated += 1
                    continue
                try:
                    rows = files.rows_of(record)
                except ValueError:
                    wounds.torn += 1
                    continue
                after = record.number
                yield Frame("", record.number, record.exchange_time, rows)


def recorded_days(path: Path | None) -> dict[date, Path]:
    """The recorded dates at a path: a date's own folder, or one that holds such folders. Empty for all else."""
    if path is None or not path.is_dir():
        return {}
    found = {_date(one.name): one for one in (path, *path.iterdir()) if one.is_dir() and files.parts(one)}
    return {day: one for day, one in sorted(found.items(), key=str) if day is not None}


def _date(name: str) -> date | None:
    try:
        return date.fromisoformat(name)
    except ValueError:
        return None


def opened(day: date, folder: Path) -> Recording:
    """What a recorded date has; reads the heads of its records and inflates no frame."""
    made = Recording(day, folder)
    for path in files.parts(folder):
        for record in files.records(path, Wounds(), after=1 << 62):
            for one in files.identities_of(record):
                made.listed[one.id] = one
        made.first = made.first or int(path.stem.split("-")[1])
    return made


class Recorded:
    """Plays a recording as the feed of a trading date, ``speed`` times as fast as it was.

    ``own`` says which instrument of this installation each recorded one is; rows of others are left out. Each call
    of ``next_rows`` gives one recorded frame, if its time has come, so that what follows from frame and order
    follows again; ``due`` says whether another waits. Where the trading date is another than the recorded one all
    times are moved by the days between them and nothing else is changed.
    """

    name = "recording"

    def __init__(
        self,
        universe: Universe,
        recording: Recording,
        own: Mapping[int, int],
        speed: float = 1.0,
        resume: Mapping[str, Any] | None = None,
    ) -> None:
        self._universe, self._recording, self._speed = universe, recording, speed
        self._shift = (universe.trading_date - recording.day).days * DAY_MS
        self._theirs = np.array(sorted(own), np.int64)
        self._ours = np.array([own[one] for one in self._theirs.tolist()], np.int64)
        self._same = bool((self._theirs == self._ours).all())
        resume = resume or {}
        same_date = resume.get("trading_date") == universe.trading_date.isoformat()
        self.number = int(resume.get("number", 0)) if same_date else 0
        self.left_out: set[int] = set()
        self._wounds = Wounds()
        self._last = universe.prev_close.copy()
        self._frames = recording.frames(self.number, self._wounds)
        self._next = next(self._frames, None)
        self._clock = int(resume.get("clock", 0)) if self.number else self._begins()
        self._given = self._clock
        self._wall: int | None = None
        if self.number:
            self._take_up(unpack(resume.get("last"), KEPT))

    def _begins(self) -> int:
        if self._next is not None:
            return self._next.exchange_time + self._shift
        return int(datetime.combine(self._universe.trading_date, time(9), IST).timestamp() * 1000)

    def _take_up(self, kept: npt.NDArray[np.void]) -> None:
        """Where prices stood when an earlier one was let go."""
        at = np.minimum(np.searchsorted(self._universe.id, kept["instrument"]), max(0, len(self._universe) - 1))
        there = self._universe.id[at] == kept["instrument"] if len(self._universe) else np.zeros(len(kept), np.bool_)
        self._last[at[there]] = kept["last"][there]

    def clock(self, now_ms: int) -> int:
        """Exchange time: that of the frame whose turn it is, else what has passed since the last, at this speed."""
        at = self._passed(now_ms)
        if self._next is not None:
            at = min(at, self._next.exchange_time + self._shift)
        self._given = at
        return at

    def _passed(self, now_ms: int) -> int:
        if self._wall is None:
            self._wall = now_ms
        return self._clock + int((now_ms - self._wall) * self._speed)

    def due(self, now_ms: int) -> bool:
        """Whether a frame waits to be asked for."""
        return self._next is not None and self._next.exchange_time + self._shift <= self._passed(now_ms)

    def next_rows(self, now_ms: int) -> Rows:
        """The rows of the next recorded frame, if it is due; its time is what ``clock`` says before this call."""
        if not self.due(now_ms):
            return np.zeros(0, row_type(DEPTH))
        assert self._next is not None
        frame, self._next = self._next, next(self._frames, None)
        self.number = frame.number
        rows = self._translated(frame.rows)
        self._note(rows)
        return rows

    def _translated(self, rows: Rows) -> Rows:
        """The recorded rows under the numbers and the date of here; the very bytes where both are the same."""
        at = np.minimum(np.searchsorted(self._theirs, rows["instrument"]), max(0, len(self._theirs) - 1))
        known = (
            self._theirs[at] == rows["instrument"] if len(self._theirs) else np.zeros(len(rows), np.bool_)
        )  # fmt: skip
        if not known.all():
            self.left_out.update(rows["instrument"][~known].tolist())
            rows, at = rows[known], at[known]
        if self._same and not self._shift:
            return rows
        moved = rows.copy()
        moved["instrument"] = self._ours[at]
        moved["exchange_time"] += self._shift
        return moved if self._same else moved[np.argsort(moved["instrument"], kind="stable")]

    def _note(self, rows: Rows) -> None:
        self._last[np.searchsorted(self._universe.id, rows["instrument"])] = rows["last_price"]

    def want(self, ids: Collection[int]) -> None:
        """What was recorded is what there is."""

    def keep_hours(self, hours: Hours) -> None:
        """The recorded day kept its own."""

    def strike(self, kind: str, trades: Mapping[int, tuple[int, int]], now_ms: int) -> Rows:
        """Nothing: what the exchange struck on that day is among its frames."""
        return np.zeros(0, row_type(DEPTH))

    def closes(self, now_ms: int) -> tuple[Ints, Ints]:
        """The price that each instrument stands at."""
        priced = self._last > 0
        return self._universe.id[priced], self._last[priced]

    def state(self) -> dict[str, Any]:
        """Says plainly that these are prices of another day, and what is missing of it."""
        day, played = self._recording.day, self._universe.trading_date
        return {
            "feed": self.name,
            "past_day": day.isoformat(),
            "label": f"Recording of {day.isoformat()}" + (f" played as {played.isoformat()}" if day != played else ""),
            "speed": self._speed,
            "recorded_frame": self.number,
            "left_out": len(self.left_out),
            "torn": self._wounds.torn,
        }

    def resume(self) -> dict[str, Any]:
        """Where the day stands."""
        return {
            "trading_date": self._universe.trading_date.isoformat(),
            "past_day": self._recording.day.isoformat(),
            "number": self.number,
            "clock": self._given,
            "last": pack(np.array(list(zip(self._universe.id, self._last, strict=True)), KEPT)),
        }
