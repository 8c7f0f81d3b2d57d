"""What each instrument last displayed, and how much of it the users' fills have consumed since.

Everything is an array by slot (core.slots), so that a frame of any size is taken in by a few numpy
statements. Lane 0 is the bid side of the display, lane 1 the ask side. Nothing here is ever stored: a
new leader starts with an empty ``Depth`` and may match only against frames shown to it since.
"""

import numpy as np

from core.frames import DEPTH, Frame
from core.ladder import BUYS, SELLS
from core.slots import Flags, Ints, Slots


class Depth:
    """The displays of a market. ``number[slot]`` is the frame that showed the row, 0 before any did.

    ``usable`` is False for a row that may fill nothing: never shown, crossed, without any level, or shown
    while the market was closed or the feed stale. ``traded`` is the volume printed between the display
    and the one before, ``low`` and ``high`` the furthest prices known to have printed in that time.
    """

    def __init__(self, slots: Slots) -> None:
        self.slots = slots
        self.latest = 0
        self.number: Ints = np.zeros(0, dtype=np.int64)
        self.usable: Flags = np.zeros(0, dtype=np.bool_)
        self.shut: Flags = self.usable  # rows whose window of the day matches nothing continuously
        self.exchange_time = self.number
        self.last = self.number
        self.volume = self.number
        self.traded = self.number
        self.low = self.number
        self.high = self.number
        self.day_low = self.number
        self.day_high = self.number
        self.levels = self.number
        self.price: Ints = np.zeros((2, 0, DEPTH), dtype=np.int64)
        self.quantity: Ints = self.price
        self.consumed: Ints = self.price
        self.passed: Ints = np.zeros((2, 0), dtype=np.int64)
        self.queued: Ints = self.passed
        # By slot: the (order, price) pairs filled since the row was shown. One trade each, no second.
        self.filled: dict[int, set[tuple[int, int]]] = {}

    def fit(self) -> None:
        """Make room for every known slot."""
        known = len(self.slots)
        if known <= self.number.size:
            return
        more = max(256, 2 * known) - self.number.size
        by_slot = ("number", "usable", "shut", "exchange_time", "last", "volume", "traded", "low", "high", "levels")
        for name in (*by_slot, "day_low", "day_high"):
            setattr(self, name, np.pad(getattr(self, name), (0, more)))
        for name in ("price", "quantity", "consumed"):
            setattr(self, name, np.pad(getattr(self, name), ((0, 0), (0, more), (0, 0))))
        for name in ("passed", "queued"):
            setattr(self, name, np.pad(getattr(self, name), ((0, 0), (0, more))))

    def show(self, slots: Ints, frame: Frame) -> None:
        """Take in a frame: displays are replaced, what was consumed of the old ones is forgotten."""
        rows, levels = frame.rows, frame.levels
        self.latest = frame.number
        self.fit()
        volume, last = rows["volume"], rows["last_price"].astype(np.int64)
        day_low, day_high = rows["low"], rows["high"]
        seen = self.usable[slots]
        delta = volume - self.volume[slots]
        self.traded[slots] = np.where(seen & (delta > 0), delta, 0)
        fell = seen & (day_low > 0) & (day_low < self.day_low[slots])
        rose = seen & (day_high > self.day_high[slots])
        self.low[slots] = np.where(fell, np.minimum(day_low, last), last)
        self.high[slots] = np.where(rose, np.maximum(day_high, last), last)
        self.last[slots], self.volume[slots] = last, volume
        self.day_low[slots], self.day_high[slots] = day_low, day_high
        self.exchange_time[slots], self.number[slots] = rows["exchange_time"], frame.number
        self.levels[slots] = levels
        for lane, side in ((BUYS, "bid"), (SELLS, "ask")):
            price, quantity = rows[f"{side}_price"], rows[f"{side}_quantity"]
            there = (price > 0) & (quantity > 0)
            self.price[lane, slots, :levels] = np.where(there, price, 0)
            self.quantity[lane, slots, :levels] = np.where(there, quantity, 0)
            self.price[lane, slots, levels:] = 0
            self.quantity[lane, slots, levels:] = 0
        self.consumed[:, slots, :] = 0
        self.passed[:, slots] = 0
        self.queued[:, slots] = 0
        bid, ask = self.price[BUYS, slots, 0], self.price[SELLS, slots, 0]
        crossed = (bid > 0) & (ask > 0) & (bid >= ask)
        self.usable[slots] = (last > 0) & ((bid > 0) | (ask > 0)) & ~crossed & ~self.shut[slots]
        if self.filled:
            for slot in slots[np.isin(slots, list(self.filled))].tolist():
                del self.filled[slot]

    def shut_all(self, shut: Flags) -> None:
        """Say which slots match nothing now; what they displayed may fill nothing any more."""
        self.fit()
        self.shut[: shut.size] = shut
        self.usable &= ~self.shut

    def blank(self) -> None:
        """Forget that anything was displayed: the market closed or the feed fell silent.

        Volume printed across the gap moves no queue and fills nothing, because where it traded is unknown.
        """
        self.usable[:] = False

    def shown_at(self, lane: int, slot: int, price: int) -> int | None:
        """Units displayed at a price of one side; None when it lies deeper than the display reaches."""
        prices = self.price[lane, slot].tolist()
        if price in prices:
            return int(self.quantity[lane, slot, prices.index(price)])
        worst = prices[int(self.levels[slot]) - 1]
        deeper = price < worst if lane == BUYS else price > worst
        return None if worst > 0 and deeper else 0
