"""What fires when: the triggers of a market's GTTs against what the market displays. Pure and deterministic.

A frame that fires nothing costs a few numpy statements, however many GTTs wait: the nearest trigger on either
side of an instrument is an array by *slot*, the dense number of an instrument, and only an instrument that
reached one is visited. As with stops, a trigger is reached by the last price, or by a new extreme of the day
that printed unseen between two displays since the GTT was there.
"""

from bisect import bisect_left, insort
from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np

from core.frames import Frame
from core.slots import Flags, Ints, Slots

NONE = np.iinfo(np.int64).max


@dataclass(frozen=True, slots=True)
class Trigger:
    """One trigger of a leg, in paise."""

    leg: int
    price: int
    above: bool
    target: bool = False


@dataclass(slots=True)
class Armed:
    """A GTT that waits. ``seen_at`` (ms) is the exchange time of the price its triggers were set against;
    ``attached`` is that of a target and stop, ``shown`` is the frame that displayed its instrument when it came."""

    gtt_id: int
    account_id: int
    instrument_id: int
    triggers: tuple[Trigger, ...]
    seen_at: int = 0
    attached: bool = False
    shown: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Hit:
    """A GTT that fires, by which leg and price (paise), and the frame that showed it (exchange time in ms)."""

    gtt_id: int
    account_id: int
    instrument_id: int
    leg: int
    price: int
    frame: int
    exchange_time: int


class _Lanes:
    """One instrument's triggers, nearest first: those that wait above as prices, those below as minus prices."""

    __slots__ = ("lanes",)

    def __init__(self) -> None:
        self.lanes: tuple[list[tuple[int, int, int]], list[tuple[int, int, int]]] = ([], [])


class Watch:
    """All triggers that wait in a market. What fires is taken out; whoever fires it puts back what still waits."""

    def __init__(self) -> None:
        self.slots = Slots()
        self.armed: dict[int, Armed] = {}
        self.attached: set[int] = set()
        self.latest = 0
        self._lanes: dict[int, _Lanes] = {}
        self._near: Ints = np.full((2, 0), NONE, dtype=np.int64)
        self._number: Ints = np.zeros(0, dtype=np.int64)
        self._shown_at = self._last = self._day_low = self._day_high = self._number

    def __len__(self) -> int:
        return len(self.armed)

    def put(self, one: Armed) -> list[Hit]:
        """Let a GTT wait, in place of what was known of it; what was displayed since its triggers were set may
        fire it at once."""
        self.take(one.gtt_id)
        slot = self.slots.one(one.instrument_id)
        self._fit()
        one.shown = int(self._number[slot])
        self.armed[one.gtt_id] = one
        if one.attached:
            self.attached.add(one.gtt_id)
        if slot not in self._lanes:
            self._lanes[slot] = _Lanes()
        for each in one.triggers:
            lane = 0 if each.above else 1
            insort(self._lanes[slot].lanes[lane], (each.price if each.above else -each.price, one.gtt_id, each.leg))
            self._bound(lane, slot)
        if one.shown and self._shown_at[slot] > one.seen_at:
            last = int(self._last[slot])
            return self._fire(slot, last, last, last)
        return []

    def take(self, gtt_id: int) -> None:
        """Let a GTT wait no longer; it is no error when it did not."""
        one = self.armed.pop(gtt_id, None)
        if one is None:
            return
        self.attached.discard(gtt_id)
        slot = self.slots.one(one.instrument_id)
        for each in one.triggers:
            lane = 0 if each.above else 1
            rows = self._lanes[slot].lanes[lane]
            del rows[bisect_left(rows, (each.price if each.above else -each.price, gtt_id, each.leg))]
            self._bound(lane, slot)

    def show(self, frame: Frame) -> list[Hit]:
        """Take in a frame; what fires, in the order of instruments and prices. One not newer is ignored."""
        if frame.number <= self.latest or not len(frame.rows):
            return []
        self.latest = frame.number
        rows = frame.rows
        slots = self.slots.of(rows["instrument"])
        self._fit()
        last = rows["last_price"].astype(np.int64)
        low, high = rows["low"].astype(np.int64), rows["high"].astype(np.int64)
        seen = self._number[slots] > 0
        furthest_low = np.where(seen & (low > 0) & (low < self._day_low[slots]), np.minimum(low, last), last)
        furthest_high = np.where(seen & (high > self._day_high[slots]), np.maximum(high, last), last)
        self._number[slots], self._shown_at[slots] = frame.number, frame.exchange_time
        self._last[slots], self._day_low[slots], self._day_high[slots] = last, low, high
        act: Flags = (self._near[0, slots] <= furthest_high) | (self._near[1, slots] <= -furthest_low)
        hits: list[Hit] = []
        for row in np.nonzero(act & (last > 0))[0].tolist():
            hits += self._fire(int(slots[row]), int(furthest_low[row]), int(furthest_high[row]), int(last[row]))
        return hits

    def _fire(self, slot: int, low: int, high: int, last: int) -> list[Hit]:
        """Take out the GTTs of an instrument that a price has reached."""
        reached: dict[int, list[tuple[bool, bool, Trigger, int]]] = {}
        for lane, furthest in ((0, high), (1, -low)):
            for key, gtt_id, number in self._lanes[slot].lanes[lane]:
                if key > furthest:
                    break
                one = self.armed[gtt_id]
                at_last = key <= (last if lane == 0 else -last)
                if not at_last and one.shown >= int(self._number[slot]):
                    continue  # what printed before it came does not fire it
                each = next(each for each in one.triggers if each.leg == number)
                price = last if at_last else abs(furthest)
                reached.setdefault(gtt_id, []).append((not at_last, each.target, each, price))
        hits: list[Hit] = []
        for gtt_id, found in reached.items():
            one = self.armed[gtt_id]
            _unseen, _target, each, price = min(found, key=lambda it: it[:2])
            who = (gtt_id, one.account_id, one.instrument_id)
            hits.append(Hit(*who, each.leg, price, int(self._number[slot]), int(self._shown_at[slot])))
        for hit in hits:
            self.take(hit.gtt_id)
        return hits

    def _bound(self, lane: int, slot: int) -> None:
        rows = self._lanes[slot].lanes[lane]
        self._near[lane, slot] = rows[0][0] if rows else NONE

    def _fit(self) -> None:
        known = len(self.slots)
        if known <= self._number.size:
            return
        more = max(256, 2 * known) - self._number.size
        self._near = np.pad(self._near, ((0, 0), (0, more)), constant_values=NONE)
        for name in ("_number", "_shown_at", "_last", "_day_low", "_day_high"):
            setattr(self, name, np.pad(getattr(self, name), (0, more)))


def put_all(watch: Watch, many: Iterable[Armed]) -> list[Hit]:
    """Let many GTTs wait, in the order of their numbers; what fires at once."""
    return [hit for one in sorted(many, key=lambda each: each.gtt_id) for hit in watch.put(one)]
