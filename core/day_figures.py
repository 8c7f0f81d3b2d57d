"""What feeds do not tell of a day, worked out of what they do: the average price of what was traded, and how far open
interest went."""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from core.frames import Rows

Ids = npt.NDArray[np.int64]


class Day(NamedTuple):
    """The average price so far in paise, and the highest and lowest open interest."""

    average: int
    oi_high: int
    oi_low: int


def of_quote(known: Day | None, prices: tuple[int, int, int], volume: int, oi: int) -> Day:
    """A day's figures where its bars are ``known``; before its first bar by (high, low, last) and the open interest as
    it is. Without volume there is no average."""
    average = 0 if not volume else sum(prices) // 3 if known is None else known.average
    return Day(average, oi, oi) if known is None else Day(average, max(known.oi_high, oi), min(known.oi_low, oi))


class DayFigures:
    """The same kept up to date from row to row, by the instrument's id.

    Between two rows so much was traded as the volume rose, at the price of the later one; what was traded before the
    first row that is seen of a day is taken at the mean of its high, low and last price. A row whose volume is a little
    lower comes late and counts for nothing. Where it is far lower, or yesterday's close is another, a day begins: past
    days are played twice as well.
    """

    def __init__(self) -> None:
        self._close, self._volume, self._value, self._high, self._low = (np.zeros(0, np.int64) for _ in range(5))

    def make_room(self, room: int) -> None:
        """Have places for ids below ``room``; what is known stays."""
        more = max(0, room - len(self._volume))
        self._close, self._volume, self._value, self._high, self._low = (
            np.concatenate([kept, np.zeros(more, np.int64)])
            for kept in (self._close, self._volume, self._value, self._high, self._low)
        )

    def begin(self, rows: Rows, ids: Ids, known: Mapping[int, Day]) -> None:
        """Take in rows of a day that has begun, with what its bars say of it so far."""
        self.take(rows, ids)
        for number in known.keys() & set(ids.tolist()):
            day = known[number]
            self._value[number] = day.average * self._volume[number]
            self._high[number] = max(self._high[number], day.oi_high)
            self._low[number] = min(self._low[number], day.oi_low)

    def take(self, rows: Rows, ids: Ids) -> None:
        """Take in the next rows, at most one an instrument."""
        close = rows["prev_close"]
        anew = (close != self._close[ids]) | (2 * rows["volume"] < self._volume[ids])
        anew |= self._volume[ids] == 0
        before, oi = np.where(anew, 0, self._volume[ids]), rows["oi"]
        volume = np.maximum(rows["volume"], before)
        last = rows["last_price"].astype(np.int64)
        mean = (last + rows["high"] + rows["low"]) // 3
        self._value[ids] = np.where(anew, volume * mean, self._value[ids] + (volume - before) * last)
        self._volume[ids] = volume
        self._close[ids] = close
        self._high[ids] = np.where(anew, oi, np.maximum(self._high[ids], oi))
        self._low[ids] = np.where(anew, oi, np.minimum(self._low[ids], oi))

    def of(self, ids: Ids) -> tuple[Ids, Ids, Ids]:
        """(average price in paise, highest, lowest open interest) of instruments; 0 where nothing was traded."""
        return self._value[ids] // np.maximum(self._volume[ids], 1), self._high[ids], self._low[ids]
