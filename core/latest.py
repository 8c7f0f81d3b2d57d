"""The newest row of every instrument of a market, by the instrument's id."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from core.frames import DEPTH, Rows, row_type

PLAIN = ("instrument", "last_price", "open", "high", "low", "prev_close", "volume", "oi", "exchange_time")
LEVELS = ("bid_price", "bid_quantity", "bid_orders", "ask_price", "ask_quantity", "ask_orders")
Ids = npt.NDArray[np.int64]


class Latest:
    """``rows`` has a place for every id; those that never came are zeros."""

    def __init__(self) -> None:
        self.rows: Rows = np.zeros(0, row_type(DEPTH))

    def make_room(self, room: int) -> None:
        """Have places for ids below ``room``; what is known keeps its row."""
        if room > len(self.rows):
            grown = np.zeros(room, self.rows.dtype)
            grown[: len(self.rows)] = self.rows
            self.rows = grown

    def take(self, rows: Rows) -> Ids:
        """Take in the rows of a frame; the ids that have a place."""
        ids = rows["instrument"].astype(np.int64)
        inside = (ids > 0) & (ids < len(self.rows))
        if not inside.all():
            ids, rows = ids[inside], rows[inside]
        if rows.dtype == self.rows.dtype:
            self.rows[ids] = rows
            return ids
        for name in PLAIN:
            self.rows[name][ids] = rows[name]
        levels = min(DEPTH, rows.dtype["bid_price"].shape[0])
        for name in LEVELS:
            column = np.zeros((len(rows), DEPTH), np.int32)
            column[:, :levels] = rows[name][:, :levels]
            self.rows[name][ids] = column
        return ids

    def load(self, quotes: Mapping[int, Mapping[str, Any]]) -> Ids:
        """Take in quotes as they are stored; the ids that have a place."""
        known = [each for each in quotes if 0 < each < len(self.rows)]
        for number in known:
            quote, row = quotes[number], self.rows[number]
            for name in PLAIN[1:-1]:
                row[name] = quote[name]
            row["instrument"] = number
            row["exchange_time"] = int(quote["exchange_time"].timestamp() * 1000)
            for side in ("bid", "ask"):
                levels = np.zeros(DEPTH * 3, np.int32)
                flat = quote[f"{side}s"][: DEPTH * 3]
                levels[: len(flat)] = flat
                for n, what in enumerate(("price", "quantity", "orders")):
                    row[f"{side}_{what}"] = levels[n::3]
        return np.array(known, np.int64)
