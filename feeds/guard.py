"""What an impossible, late or repeated tick meets: it is dropped, counted by name, and fills nothing."""

from collections import Counter
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from core.frames import Rows
from feeds.protocol import Feed
from feeds.universe import Universe

Ints = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]

# A tick this much older than the feed's clock moves nothing any more; one from the future is a broken clock.
LATE_MS = 5_000
FUTURE_MS = 2_000
JUMP = 10

REASONS = (
    "unknown_instrument", "not_positive", "impossible_quantity", "crossed_depth", "beyond_band", "tenfold_jump",
    "beyond_range", "from_the_future", "late", "out_of_order", "duplicate",
)  # fmt: skip


class Guard:
    """Remembers the last good tick of each instrument of one universe and judges the next by it."""

    def __init__(self, universe: Universe) -> None:
        self._universe = universe
        self._last = np.where(universe.prev_close > 0, universe.prev_close, 0)
        self._time = np.zeros(len(universe), np.int64)
        self._volume = np.zeros(len(universe), np.int64)
        self.crossing = np.zeros(len(universe), bool)  # rows whose book is an auction's, which crosses
        self.dropped: Counter[str] = Counter()
        self.passed = 0

    def begin_anew(self) -> None:
        """Another source speaks from here on: its clock and its count of the day's volume are its own."""
        self._time[:] = 0
        self._volume[:] = 0

    def check(self, rows: Rows, clock_ms: int) -> Rows:
        """The rows worth believing, at most one an instrument, the newest. Never raises for their content.

        A row is counted under the first of ``REASONS`` that it fails.
        """
        if not len(rows):
            return rows
        at, known = self._find(rows["instrument"])
        for reason in REASONS:
            bad = _FAULTS[reason](self, rows, at, known, clock_ms)
            wrong = int(np.count_nonzero(bad))
            if wrong:
                self.dropped[reason] += wrong
                rows, at, known = rows[~bad], at[~bad], known[~bad]
        rows, at = _newest(rows, at)
        self._last[at] = rows["last_price"]
        self._time[at] = rows["exchange_time"]
        self._volume[at] = rows["volume"]
        self.passed += len(rows)
        return rows

    def _find(self, ids: npt.NDArray[np.integer[Any]]) -> tuple[Ints, Mask]:
        listed = self._universe.id
        if not len(listed):
            return np.zeros(len(ids), np.int64), np.zeros(len(ids), bool)
        at = np.minimum(np.searchsorted(listed, ids), len(listed) - 1)
        return at, listed[at] == ids

    def _unknown(self, rows: Rows, at: Ints, known: Mask, clock_ms: int) -> Mask:
        return ~known

    def _not_positive(self, rows: Rows, at: Ints, known: Mask, clock_ms: int) -> Mask:
        negative = (rows["bid_price"] < 0).any(axis=1) | (rows["ask_price"] < 0).any(axis=1)
        prices = np.stack([rows[name] for name in ("last_price", "open", "high", "low", "prev_close")])
        return np.asarray(negative | (prices <= 0).any(axis=0))

    def _impossible_quantity(self, rows: Rows, at: Ints, known: Mask, clock_ms: int) -> Mask:
        bad = (rows["volume"] < self._volume[at]) | (rows["oi"] < 0) | (rows["volume"] < 0)
        for name in ("bid_quantity", "bid_orders", "ask_quantity", "ask_orders"):
            bad |= (rows[name] < 0).any(axis=1)
        return np.asarray(bad)

    def _crossed(self, rows: Rows, at: Ints, known: Mask, clock_ms: int) -> Mask:
        """Depth that no book can show: bid at or above ask, or a side that is not in order of price."""
        bid, ask = rows["bid_price"], rows["ask_price"]
        bad = (bid[:, 0] > 0) & (ask[:, 0] > 0) & (bid[:, 0] >= ask[:, 0]) & ~self.crossing[at]
        bad |= ((bid[:, 1:] > 0) & (bid[:, 1:] >= bid[:, :-1])).any(axis=1)
        bad |= ((ask[:, 1:] > 0) & ((ask[:, 1:] <= ask[:, :-1]) | (ask[:, :-1] == 0))).any(axis=1)
        return np.asarray(bad)

    def _beyond_band(self, rows: Rows, at: Ints, known: Mask, clock_ms: int) -> Mask:
        low, high, price = self._universe.lower[at], self._universe.upper[at], rows["last_price"]
        return np.asarray(((low > 0) & (price < low)) | ((high > 0) & (price > high)))

    def _jump(self, rows: Rows, at: Ints, known: Mask, clock_ms: int) -> Mask:
        """Ten times the last price, or a tenth. A cheap option does that honestly, so it is not judged."""
        last, price = self._last[at], rows["last_price"].astype(np.int64)
        judged = (last > 0) & ~self._universe.is_option[at]
        return np.asarray(judged & ((price >= JUMP * last) | (price * JUMP <= last)))

    def _beyond_range(self, rows: Rows, at: Ints, known: Mask, clock_ms: int) -> Mask:
        """Of a live market (``feeds.live.guard``); elsewhere bands are known."""
        return np.zeros(len(rows), np.bool_)

    def closes(self, feed: Feed, now_ms: int) -> tuple[Ints, Ints]:
        """The feed's own; of a live one nothing at a price that cannot be."""
        return feed.closes(now_ms)

    def doubted(self) -> list[dict[str, Any]]:
        """Prices that are not believed at present; none but in a live market."""
        return []

    def _future(self, rows: Rows, at: Ints, known: Mask, clock_ms: int) -> Mask:
        return np.asarray(rows["exchange_time"] > clock_ms + FUTURE_MS)

    def _late(self, rows: Rows, at: Ints, known: Mask, clock_ms: int) -> Mask:
        return np.asarray(rows["exchange_time"] < clock_ms - LATE_MS)

    def _out_of_order(self, rows: Rows, at: Ints, known: Mask, clock_ms: int) -> Mask:
        return np.asarray(rows["exchange_time"] < self._time[at])

    def _duplicate(self, rows: Rows, at: Ints, known: Mask, clock_ms: int) -> Mask:
        """The very tick that was taken last, or the same twice in one batch."""
        again = (
            (rows["exchange_time"] == self._time[at])
            & (rows["last_price"] == self._last[at])
            & (rows["volume"] == self._volume[at])
        )
        if (at[1:] > at[:-1]).all():
            return np.asarray(again)  # each instrument once, as nearly all batches are
        what = np.stack([at, rows["exchange_time"], rows["last_price"], rows["volume"]], axis=1)
        _, first = np.unique(what, axis=0, return_index=True)
        repeated = np.ones(len(rows), bool)
        repeated[first] = False
        return np.asarray(again | repeated)


class Believing(Guard):
    """For rows that a guard let through once, when they were recorded: what one found good another, who has not seen
    what went before, might not. Only what is not listed is dropped."""

    def check(self, rows: Rows, clock_ms: int) -> Rows:
        """The rows of instruments that are known."""
        _, known = self._find(rows["instrument"])
        strangers = len(rows) - int(np.count_nonzero(known))
        if strangers:
            self.dropped["unknown_instrument"] += strangers
            rows = rows[known]
        self.passed += len(rows)
        return rows


def _newest(rows: Rows, at: Ints) -> tuple[Rows, Ints]:
    """One row an instrument: of several that are all good, the newest."""
    if (at[1:] > at[:-1]).all() or len(np.unique(at)) == len(at):
        return rows, at
    order = np.lexsort((rows["exchange_time"], at))
    rows, at = rows[order], at[order]
    last = np.append(at[1:] != at[:-1], True)
    return rows[last], at[last]


_FAULTS: dict[str, Callable[[Guard, Rows, Ints, Mask, int], Mask]] = {
    "unknown_instrument": Guard._unknown,
    "not_positive": Guard._not_positive,
    "impossible_quantity": Guard._impossible_quantity,
    "crossed_depth": Guard._crossed,
    "beyond_band": Guard._beyond_band,
    "tenfold_jump": Guard._jump,
    "beyond_range": lambda guard, *given: guard._beyond_range(*given),  # by whichever guard it is
    "from_the_future": Guard._future,
    "late": Guard._late,
    "out_of_order": Guard._out_of_order,
    "duplicate": Guard._duplicate,
}
