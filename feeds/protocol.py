"""What a feed is to the rest of the house: something that is asked for rows and answers for them."""

from collections.abc import Collection, Mapping
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from core.frames import Rows
from feeds.crowd import Hours


class Feed(Protocol):
    """One source of prices for one trading date of one market.

    A feed is built from a ``Universe`` and what an earlier one left in ``resume()``; a new trading date
    is a new feed. It is pulled, never pushes, and is not thread-safe: one loop owns it.
    """

    name: str

    def clock(self, now_ms: int) -> int:
        """Exchange time (ms since the epoch) when the wall clock shows ``now_ms``."""

    def next_rows(self, now_ms: int) -> Rows:
        """The instruments that changed since the last call; empty when nothing did. Never raises for data."""

    def want(self, ids: Collection[int]) -> None:
        """Instruments somebody looks at, holds or orders; what else a feed prices is its own affair."""

    def keep_hours(self, hours: Hours) -> None:
        """What the rows of the universe do until told otherwise."""

    def strike(self, kind: str, trades: Mapping[int, tuple[int, int]], now_ms: int) -> Rows:
        """Take in what an auction struck, (price, quantity) by instrument, once; the rows that tell of it."""

    def closes(self, now_ms: int) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
        """Instrument ids and a price in paise for each that the feed can price, quoted or not."""

    def state(self) -> dict[str, Any]:
        """Counters and words for whoever watches over the feed."""

    def resume(self) -> dict[str, Any]:
        """What a later feed needs to go on without a jump; JSON."""
