"""Ticks on their way from a vendor's wire to a feed: taken in one by one, handed on in arrays, newest first.

A vendor says some fields of an instrument at a time. What it does not say is not known to have changed, so
that each field keeps the newest value said since the connection was made.
"""

import threading
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from core.frames import DEPTH

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

NAN = float("nan")
GREEKS = ("delta", "theta", "gamma", "vega", "rho", "iv")
PRICES = ("last_price", "prev_close", "open", "high", "low")
SIDES = ("bid_price", "bid_quantity", "bid_orders", "ask_price", "ask_quantity", "ask_orders")
# The order in which ``Board.take`` takes a tick's numbers, each float or NaN; the depth's columns follow level by
# level within a side's column, and the greeks end it.
LEADING = (
    "last_price", "trade_time", "prev_close", "snapshot", "sent", "received", "open", "high", "low", "volume", "oi",
)  # fmt: skip
_AT = {name: number for number, name in enumerate(LEADING)}
_DEPTH_AT = {name: len(LEADING) + number * DEPTH for number, name in enumerate(SIDES)}
_GREEKS_AT = len(LEADING) + len(SIDES) * DEPTH
WIDTH = _GREEKS_AT + len(GREEKS)
NO_DEPTH = (NAN,) * (len(SIDES) * DEPTH)
NO_GREEKS = (NAN,) * len(GREEKS)
_OF_A_DAY = [_AT[name] for name in ("open", "high", "low", "volume")]
_SHORT = 6  # of LEADING, what the last-price mode says

# What of a row is known. Without its bit a field of a row is 0 and means nothing.
LAST, CLOSE, DAY, VOLUME, OI, BOOK, TRADED_AT, OPTION = (1 << number for number in range(8))
_BITS = (
    (LAST, _AT["last_price"]), (CLOSE, _AT["prev_close"]), (DAY, _AT["open"]), (VOLUME, _AT["volume"]),
    (OI, _AT["oi"]), (BOOK, _DEPTH_AT["bid_price"]), (TRADED_AT, _AT["trade_time"]), (OPTION, _GREEKS_AT),
)  # fmt: skip

TICK = np.dtype(
    [
        ("known", "<u4"),
        ("snapshot", "<u1"),  # the newest word was the picture that a vendor sends to whoever subscribes
        ("last_price", "<i4"), ("prev_close", "<i4"), ("open", "<i4"), ("high", "<i4"), ("low", "<i4"),
        ("volume", "<i8"), ("oi", "<i8"),
        ("trade_time", "<i8"), ("sent", "<i8"), ("received", "<i8"),
        *[(name, "<i4", (DEPTH,)) for name in SIDES],
        ("greeks", "<f4", (len(GREEKS),)),
    ]
)  # fmt: skip
HIGHEST = 2**31 - 1
HIGHEST_RUPEES = 2e7  # what 32 bits of paise hold
IST_MS, DAY_MS = 19_800_000, 86_400_000
AHEAD_MS = 600_000  # a word from further in the future would make every later one look old


@dataclass(frozen=True, slots=True)
class Ticks:
    """``rows`` of ``TICK``, one for each of ``keys``. Prices are paise, times ms since the epoch."""

    keys: list[str] = field(default_factory=list)
    rows: npt.NDArray[np.void] = field(default_factory=lambda: np.zeros(0, TICK))

    def __len__(self) -> int:
        return len(self.keys)


class Board:
    """The newest word of each key. Written by a vendor's thread, drained by another.

    ``take`` only appends; the arrays are brought up to date when somebody drains, or when so much has piled up
    that memory would grow.
    """

    PILE = 20_000

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._slots: dict[str, int] = {}
        self._keys: list[str] = []
        self._short: list[tuple[float, ...]] = []
        self._long: list[tuple[float, ...]] = []
        self._takes: list[tuple[int, int]] = []
        self._values: Floats = np.full((256, WIDTH), NAN)
        self._dirty = np.zeros(256, np.bool_)
        self.ticks = 0
        self.garbage = 0
        self.late = 0

    def slot(self, key: str) -> int:
        """The number under which ``take`` knows a key."""
        slot = self._slots.get(key)
        if slot is None:
            with self._lock:
                slot = self._slots[key] = len(self._keys)
                self._keys.append(key)
                if slot >= len(self._values):
                    more = len(self._values)
                    self._values = np.concatenate([self._values, np.full((more, WIDTH), NAN)])
                    self._dirty = np.concatenate([self._dirty, np.zeros(more, np.bool_)])
        return slot

    def take(self, short: Sequence[tuple[float, ...]] = (), whole: Sequence[tuple[float, ...]] = ()) -> None:
        """Takes in what a message said, each tuple beginning with a slot; rupees, and NaN for what is not said.

        ``short`` goes on with the first six of ``LEADING`` (what the last-price mode says), ``whole`` with all
        of them, the depth and the greeks.
        """
        with self._lock:
            self._short += short
            self._long += whole
            self._takes.append((len(short), len(whole)))
            if len(self._short) + len(self._long) > self.PILE:
                self._fold()

    def forget(self) -> None:
        """Nothing is known any more: a new connection begins with its own pictures."""
        with self._lock:
            self._short, self._long, self._takes = [], [], []
            self._values[:] = NAN
            self._dirty[:] = False

    def drain(self) -> Ticks:
        """One row a key that said something since the last call."""
        slots, rows = self.drain_slots()
        return Ticks([self._keys[slot] for slot in slots.tolist()], rows) if len(slots) else Ticks()

    def drain_slots(self) -> tuple[Ints, npt.NDArray[np.void]]:
        """The same by slot; ``keys_from`` tells their names."""
        with self._lock:
            self._fold()
            slots = np.flatnonzero(self._dirty)
            self._dirty[slots] = False
            values = self._values[slots]
        return slots, _rows(values)

    def keys_from(self, first: int) -> list[str]:
        """The keys of the slots from ``first`` on."""
        return self._keys[first:]

    def heard(self) -> int:
        """How many keys have said something since the connection was made."""
        with self._lock:
            self._fold()
            return int(np.count_nonzero(~np.isnan(self._values[:, _AT["sent"]])))

    def _fold(self) -> None:
        short, self._short = self._short, []
        long, self._long = self._long, []
        takes, self._takes = self._takes, []
        self.ticks += len(short) + len(long)
        few = np.array(short, float).reshape(-1, _SHORT + 1)
        many = np.array(long, float).reshape(-1, WIDTH + 1)
        if short and long and np.isin(few[:, 0], many[:, 0]).any():
            # A key that changed its mode: both piles as one, in the order in which they came.
            padded = np.full((len(few), WIDTH + 1), NAN)
            padded[:, : _SHORT + 1] = few
            counts = np.array(takes)
            came = [np.repeat(np.arange(len(counts)), counts[:, kind]) for kind in (0, 1)]
            order = np.argsort(np.concatenate(came), kind="stable")
            self._learn(np.concatenate([padded, many])[order])
            return
        for pile in (few, many):
            if len(pile):
                self._learn(pile)

    def _learn(self, pile: Floats) -> None:
        slots, said = pile[:, 0].astype(np.int64), self._cleaned(pile[:, 1:])
        width = said.shape[1]
        for turn in _turns(slots):
            at, fresh = slots[turn], said[turn]
            # A word that was sent before the one that is known is no news.
            newer = ~(fresh[:, _AT["sent"]] < self._values[at, _AT["sent"]]) & ~np.isnan(fresh[:, _AT["received"]])
            self.late += int(np.count_nonzero(~newer))
            at, fresh = at[newer], fresh[newer]
            days = (fresh[:, _AT["trade_time"]] + IST_MS) // DAY_MS
            dated = days > (self._values[at, _AT["trade_time"]] + IST_MS) // DAY_MS
            self._values[np.ix_(at[dated], _OF_A_DAY)] = NAN  # yesterday's range and volume
            self._values[at, :width] = np.where(np.isnan(fresh), self._values[at, :width], fresh)
            self._dirty[at] = True

    def _cleaned(self, said: Floats) -> Floats:
        """Numbers that are none, or no price, become what was not said."""
        with np.errstate(invalid="ignore"):
            bad = np.isinf(said) | (np.abs(said) > 2**53)
            prices = said[:, [_AT["last_price"], _AT["prev_close"]]]
            ahead = said[:, _AT["sent"]] - said[:, _AT["received"]] > AHEAD_MS
            wrong = ahead | bad.any(axis=1) | (np.abs(prices) > HIGHEST_RUPEES).any(axis=1)
        if wrong.any():
            self.garbage += int(np.count_nonzero(wrong))
            said = said.copy()
            said[wrong] = NAN
        return said


def _turns(slots: Ints) -> list[Ints]:
    """Row numbers in rounds, each with a slot at most once, so that of several words each takes its turn."""
    if len(np.unique(slots)) == len(slots):
        return [np.arange(len(slots))]
    order = np.argsort(slots, kind="stable")
    ordered = slots[order]
    first = np.append(True, ordered[1:] != ordered[:-1])
    begins = np.maximum.accumulate(np.where(first, np.arange(len(slots)), 0))
    nth = np.empty(len(slots), np.int64)
    nth[order] = np.arange(len(slots)) - begins
    return [np.flatnonzero(nth == number) for number in range(int(nth.max()) + 1)]


def _rows(values: Floats) -> npt.NDArray[np.void]:
    out = np.zeros(len(values), TICK)
    said = ~np.isnan(values)
    known = np.zeros(len(values), np.uint32)
    for bit, column in _BITS:
        known |= np.where(said[:, column], bit, 0).astype(np.uint32)
    out["known"] = known
    whole = np.where(said, values, 0.0)
    out["snapshot"] = whole[:, _AT["snapshot"]] > 0
    for name in PRICES:
        out[name] = _paise(whole[:, _AT[name]])
    for name in ("volume", "oi", "trade_time", "sent", "received"):
        out[name] = whole[:, _AT[name]].astype(np.int64)
    for name, begin in _DEPTH_AT.items():
        side = whole[:, begin : begin + DEPTH]
        out[name] = _paise(side) if name.endswith("price") else np.clip(side, -1, HIGHEST).astype(np.int64)
    out["greeks"] = values[:, _GREEKS_AT:]
    return out


def _paise(rupees: Floats) -> Ints:
    return np.clip(np.rint(rupees * 100), -HIGHEST, HIGHEST).astype(np.int64)
