"""What a live market displays depth of, so that nothing stays on offer that its vendor does not stand behind any more.

A frame names what changed. What it does not name stays as it was shown last, in the database also after the process
that showed it has crashed: whoever shows something must therefore be able to take it back.
"""

from collections.abc import Collection, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from core.frames import DEPTH, Rows, row_type
from feeds.live.ticks import SIDES

Ints = npt.NDArray[np.int64]
_PLAIN = ("last_price", "open", "high", "low", "prev_close", "volume", "oi")


class Display:
    """The last row of each instrument as it was stored; ``quotes`` are those of the database, by instrument."""

    def __init__(self, quotes: Mapping[int, Mapping[str, Any]]) -> None:
        self._rows = np.zeros(0, row_type(DEPTH))
        self.know(quotes)
        self.show(_stored(quotes))

    def know(self, ids: Collection[int]) -> None:
        """These instruments may be shown besides."""
        before = self._rows
        self._id: Ints = np.union1d(before["instrument"], np.array(list(ids), np.int64))
        self._rows = np.zeros(len(self._id), row_type(DEPTH))
        self._rows["instrument"] = self._id
        self._shown = np.zeros(len(self._id), np.bool_)
        self.show(before)

    def show(self, rows: Rows) -> None:
        """Rows that were stored."""
        at = np.searchsorted(self._id, rows["instrument"])
        self._rows[at] = rows
        self._shown[at] = ((rows["bid_quantity"] > 0) | (rows["ask_quantity"] > 0)).any(axis=1)

    def with_doubted(self, said: Rows, passed: Rows, clock_ms: int) -> Rows:
        """What passed, and of what was said and is not believed that which is on display: as it was, without depth.

        What is wrong with such a word is not known. That the depth before it still stands is not known either.
        """
        if len(said) == len(passed):
            return passed
        doubted = np.setdiff1d(said["instrument"], passed["instrument"])
        at = np.flatnonzero(np.isin(self._id, doubted) & self._shown)
        if not len(at):
            return passed
        both = np.concatenate([passed, self._back(at, clock_ms)])
        return both[np.argsort(both["instrument"], kind="stable")]

    def all_back(self, clock_ms: int) -> Rows:
        """Everything that is on display, without depth: whoever shows prices from here on has not named it."""
        return self._back(np.flatnonzero(self._shown), clock_ms)

    def _back(self, at: Ints, clock_ms: int) -> Rows:
        rows = self._rows[at].copy()
        for name in SIDES:
            rows[name] = 0
        rows["exchange_time"] = np.maximum(rows["exchange_time"] + 1, clock_ms)
        return rows


def _stored(quotes: Mapping[int, Mapping[str, Any]]) -> Rows:
    """Rows of quotes as the database has them, by instrument."""
    rows = np.zeros(len(quotes), row_type(DEPTH))
    for row, (instrument, quote) in zip(rows, sorted(quotes.items()), strict=True):
        row["instrument"] = instrument
        for name in _PLAIN:
            row[name] = quote[name]
        row["exchange_time"] = int(quote["exchange_time"].timestamp() * 1000)
        for side, name in (("bid", "bids"), ("ask", "asks")):
            book = np.array(quote[name] or np.zeros(3 * DEPTH), np.int64).reshape(-1, 3)[:DEPTH]
            for column, what in enumerate(("price", "quantity", "orders")):
                row[f"{side}_{what}"][: len(book)] = book[:, column]
    return rows
