"""Which rows of the latest quotes are written with a frame, where a market says more than is worth writing twice.

What follows the market reads the tape, which has every frame whole. The table of latest quotes costs twenty times as
much a row and is asked for single prices. So a frame renews so many rows at most: those first that were not renewed
for the longest time, so that what speaks seldom is written at once, and what speaks ten times a second by turns.
"""

import time
from collections.abc import Callable, Collection

import numpy as np
import numpy.typing as npt

from core.frames import DEPTH, Frame, Renewed, Rows, row_type

Ints = npt.NDArray[np.int64]

# Rows a frame: at ten frames a second 6,500 instruments that never rest are renewed within nine tenths of one.
MOST = 800
# By so many seconds sooner comes the turn of what somebody orders, holds or looks at.
SOONER = 0.5


class Renewal:
    """The rows that wait for their turn. ``offer`` and then ``stored``, once what was offered is in the database."""

    def __init__(self, most: int = MOST, clock: Callable[[], float] = time.monotonic) -> None:
        self._most, self._clock = most, clock
        self._rows: Rows = np.zeros(0, row_type(DEPTH))
        self._frames: Ints = np.zeros(0, np.int64)
        self._firsts: Ints = self._frames  # the first frame of which the quotes do not know
        self._ats: npt.NDArray[np.float64] = np.zeros(0)  # when the row was stored
        # By instrument id: when it was renewed last, less what it may come sooner.
        self._turns: npt.NDArray[np.float64] = np.zeros(0)
        self._wanted: Ints = self._frames
        self._kept: tuple[npt.NDArray[np.bool_], Ints, float] | None = None
        self._offered: tuple[Rows, Ints, Ints, npt.NDArray[np.float64]] | None = None

    def __len__(self) -> int:
        return len(self._rows)

    def prefer(self, wanted: Collection[int]) -> None:
        """These are renewed sooner than others from here on."""
        self._wanted = np.array(sorted(wanted), np.int64)

    def hold(self, frame: Frame, ago: float) -> None:
        """A frame that was stored so many seconds ago, and of which the quotes may not know."""
        self._offered = self._with(frame.rows, frame.number, self._clock() - ago)
        self._kept = (np.zeros(len(self._offered[0]), np.bool_), np.zeros(0, np.int64), 0.0)
        self.stored()

    def offer(self, frame: Frame | None, everything: bool = False) -> Renewed:
        """What to write with a frame, or between two: the rows whose turn it is, or all that there are."""
        now = self._clock()
        if frame is None:
            self._offered = (self._rows, self._frames, self._firsts, self._ats)
        else:
            self._offered = self._with(frame.rows, frame.number, now)
        rows, frames, firsts, ats = self._offered
        ids = rows["instrument"].astype(np.int64)
        self._make_room(int(ids.max(initial=0)))
        chosen = np.ones(len(rows), np.bool_)
        if len(rows) > self._most and not everything:
            turns = self._turns[ids]
            turns[np.isin(ids, self._wanted)] -= SOONER
            chosen[np.argpartition(turns, self._most)[self._most :]] = False
        at = np.flatnonzero(chosen)
        at = at[np.argsort(ids[at])]  # as the table has them
        self._kept = chosen, ids[at], now
        behind = firsts[~chosen]
        ages = np.clip((now - ats[at]) * 1000, 0, 2**31 - 1).astype(np.int32)
        return Renewed(rows[at], frames[at], ages, int(behind.min()) - 1 if len(behind) else None)

    def stored(self) -> None:
        """What was offered is written."""
        assert self._offered is not None
        assert self._kept is not None
        chosen, ids, now = self._kept
        rows, frames, firsts, ats = self._offered
        self._rows, self._frames = rows[~chosen], frames[~chosen]
        self._firsts, self._ats = firsts[~chosen], ats[~chosen]
        self._turns[ids] = now
        self._offered = self._kept = None

    def _with(self, rows: Rows, number: int, at: float) -> tuple[Rows, Ints, Ints, npt.NDArray[np.float64]]:
        """What waits with a frame's rows in it: the newest of each instrument."""
        count = len(rows)
        frames, firsts, ats = np.full(count, number, np.int64), np.full(count, number, np.int64), np.full(count, at)
        if not len(self._rows):
            return rows, frames, firsts, ats
        self._make_room(int(max(rows["instrument"].max(initial=0), self._rows["instrument"].max())))
        place = np.full(len(self._turns), -1, np.int64)
        place[rows["instrument"]] = np.arange(count)
        at_new = place[self._rows["instrument"]]
        again = at_new >= 0
        firsts[at_new[again]] = self._firsts[again]
        return (
            np.concatenate([self._rows[~again], rows]), np.concatenate([self._frames[~again], frames]),
            np.concatenate([self._firsts[~again], firsts]), np.concatenate([self._ats[~again], ats]),
        )  # fmt: skip

    def _make_room(self, highest: int) -> None:
        if highest >= len(self._turns):
            self._turns = np.concatenate([self._turns, np.zeros(2 * highest + 1 - len(self._turns))])
