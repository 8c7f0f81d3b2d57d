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
Said = Sequence[tuple[float, ...]] | Floats
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
DEPTH_AT = {name: len(LEADING) + number * DEPTH for number, name in enumerate(SIDES)}
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
    (OI, _AT["oi"]), (BOOK, DEPTH_AT["bid_price"]), (TRADED_AT, _AT["trade_time"]), (OPTION, _GREEKS_AT),
)  # fmt: skip

TICK = np.dtype(
    [
        ("known", "<u4"),
        ("snapshot", "<u1"),  # the newest word was the picture that a vendor sends to whoever subscribes
        ("last_price", "<i4"), ("prev_close", "<i4"), ("open", "<i4"), ("high", "<i4"), ("low", "<i4"),
        ("highest", "<i4"), ("lowest", "<i4"),  # last prices since the word before that was handed on; 0 for none
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
        self._pile: list[Floats] = []
        self._piled = 0
        self._values: Floats = np.full((256, WIDTH), NAN)
        self._dirty = np.zeros(256, np.bool_)
        self._swing: Floats = np.full((256, 2), NAN)  # the highest and the lowest last price since it was handed on
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
                    self._swing = np.concatenate([self._swing, np.full((more, 2), NAN)])
        return slot

    def take(self, short: Said = (), whole: Said = ()) -> None:
        """Takes in what messages said, each row beginning with a slot; rupees, and NaN for what is not said.

        ``short`` goes on with the first six of ``LEADING`` (what the last-price mode says), ``whole`` with all
        of them, the depth and the greeks. Of a slot's rows the later one is the newer.
        """
        piles = [np.asarray(said, float) for said in (short, whole) if len(said)]
        with self._lock:
            self._pile += piles
            self._piled += sum(map(len, piles))
            if self._piled > self.PILE:
                self._fold()

    def forget(self) -> None:
        """Nothing is known any more: a new connection begins with its own pictures."""
        with self._lock:
            self._pile, self._piled = [], 0
            self._values[:] = self._swing[:] = NAN
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
            values, swing = self._values[slots], self._swing[slots]
            self._swing[slots] = NAN
        rows = _rows(values)
        rows["highest"], rows["lowest"] = _paise(np.nan_to_num(swing)).T
        return slots, rows

    def keys_from(self, first: int) -> list[str]:
        """The keys of the slots from ``first`` on."""
        return self._keys[first:]

    def heard(self) -> int:
        """How many keys have said something since the connection was made."""
        with self._lock:
            self._fold()
            return int(np.count_nonzero(~np.isnan(self._values[:, _AT["sent"]])))

    def _fold(self) -> None:
        piles, self._pile = self._pile, []
        self.ticks += self._piled
        self._piled = 0
        few, many = ([pile for pile in piles if pile.shape[1] == width + 1] for width in (_SHORT, WIDTH))
        if few and many and np.isin(_slots(few), _slots(many)).any():
            # A key that changed its mode: both piles as one, in the order in which they came.
            few, many = [], [_padded(pile) for pile in piles]
        for same in (few, many):
            if same:
                self._learn(np.concatenate(same))

    def _learn(self, pile: Floats) -> None:
        slots, said = pile[:, 0].astype(np.int64), self._cleaned(pile[:, 1:])
        self._swung(slots, said)
        slots, said = self._together(slots, said)
        width = said.shape[1]
        for turn in turns(slots):
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

    def _swung(self, slots: Ints, said: Floats) -> None:
        """How far last prices went: what one word raises and the next one takes back is in no other field."""
        old = said[:, _AT["sent"]] < self._values[slots, _AT["sent"]]
        counts = ~old & ~(said[:, _AT["snapshot"]] > 0)
        at, last = slots[counts], said[counts, _AT["last_price"]]
        np.fmax.at(self._swing[:, 0], at, last)
        np.fmin.at(self._swing[:, 1], at, last)

    def _together(self, slots: Ints, said: Floats) -> tuple[Ints, Floats]:
        """All words of a slot as one, each field the newest that was said, where they came in the order in which they
        were sent and on one day; else as they are, to be learnt one after another."""
        order = np.argsort(slots, kind="stable")
        ordered = slots[order]
        same = ordered[1:] == ordered[:-1]
        if not same.any():
            return slots, said
        begins = np.flatnonzero(np.append(True, ~same))
        its = ordered[begins]
        sent, day = said[order, _AT["sent"]], (said[order, _AT["trade_time"]] + IST_MS) // DAY_MS
        in_order = ~same | (sent[1:] >= sent[:-1])
        before = self._values[its, _AT["sent"]]
        other_day = np.fmax.reduceat(day, begins) > np.fmin.reduceat(day, begins)
        if not in_order.all() or (sent[begins] < before).any() or other_day.any():
            return slots, said
        lengths = np.diff(begins, append=len(order))
        out, several = said[order[begins]], lengths > 1
        # Most slots say one word at a time; only what several say is looked through, field by field.
        words = said[order[np.repeat(several, lengths)]]
        begins = np.cumsum(lengths[several]) - lengths[several]
        number = np.where(np.isnan(words), -1, np.arange(len(words))[:, None])
        newest = np.maximum.reduceat(number, begins, axis=0)
        out[several] = np.where(newest < 0, NAN, words[newest, np.arange(words.shape[1])])
        return its, out

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


def _slots(piles: Sequence[Floats]) -> Floats:
    return np.concatenate([pile[:, 0] for pile in piles])


def _padded(pile: Floats) -> Floats:
    out = np.full((len(pile), WIDTH + 1), NAN)
    out[:, : pile.shape[1]] = pile
    return out


def turns(slots: Ints) -> list[Ints]:
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
    for name, begin in DEPTH_AT.items():
        side = whole[:, begin : begin + DEPTH]
        out[name] = _paise(side) if name.endswith("price") else np.clip(side, -1, HIGHEST).astype(np.int64)
    out["greeks"] = values[:, _GREEKS_AT:]
    return out


def _paise(rupees: Floats) -> Ints:
    return np.clip(np.rint(rupees * 100), -HIGHEST, HIGHEST).astype(np.int64)
