"""A frame: one instant of a market, as a structured array of the instruments that changed.

Prices are paise in 32 bits (up to two crore rupees), quantities 32 bits, cumulative volume 64 bits.
``exchange_time`` is milliseconds since the epoch, per row, because a vendor's rows carry their own.
An absent level has price 0 and quantity 0. The array's bytes are what the tape stores.
"""

from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt

DEPTH = 5
Rows = npt.NDArray[np.void]


@cache
def row_type(levels: int = DEPTH) -> np.dtype[np.void]:
    """The row of a frame with so many levels of depth (5 in full mode, 1 in last-price mode)."""
    level = (levels,)
    return np.dtype(
        [
            ("instrument", "<i4"),
            ("last_price", "<i4"),
            ("open", "<i4"),
            ("high", "<i4"),
            ("low", "<i4"),
            ("prev_close", "<i4"),
            ("volume", "<i8"),
            ("oi", "<i8"),
            ("exchange_time", "<i8"),
            ("bid_price", "<i4", level),
            ("bid_quantity", "<i4", level),
            ("bid_orders", "<i4", level),
            ("ask_price", "<i4", level),
            ("ask_quantity", "<i4", level),
            ("ask_orders", "<i4", level),
        ]
    )


@dataclass(frozen=True, slots=True)
class Frame:
    """``number`` rises by one a stored frame of the market; ``exchange_time`` is ms since the epoch."""

    market: str
    number: int
    exchange_time: int
    rows: Rows

    @property
    def levels(self) -> int:
        """Levels of depth that every row has."""
        return int(self.rows.dtype["bid_price"].shape[0])


@dataclass(frozen=True, slots=True)
class Renewed:
    """Rows to write to the latest quotes with a frame. By row the number of the frame that said it, and how many ms
    ago that was stored; ``through`` is the frame up to which all that was said is in the quotes then, None for all."""

    rows: Rows
    frames: npt.NDArray[np.int64]
    ages: npt.NDArray[np.int32]
    through: int | None = None


def renewed_by(frame: Frame) -> Renewed:
    """All that a frame says, at once."""
    count = len(frame.rows)
    return Renewed(frame.rows, np.full(count, frame.number, np.int64), np.zeros(count, np.int32))


def decode(data: bytes, levels: int) -> Rows:
    """The rows of a stored frame. Raises ValueError when the bytes are not whole rows."""
    return np.frombuffer(data, dtype=row_type(levels))
