"""The feed over a line: a vendor's partial words become whole rows, and what is not fresh is never traded on."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np
import numpy.typing as npt

from core.frames import DEPTH, Rows, row_type
from feeds.crowd import Hours
from feeds.live.clock import VendorClock
from feeds.live.lag import LagMeter, LeastLag
from feeds.live.line import ENDED, Line, LineState, LineStatus, SegmentState
from feeds.live.ticks import BOOK, CLOSE, DAY, LAST, OI, SIDES, TRADED_AT, VOLUME, Ticks
from feeds.packing import pack, unpack
from feeds.universe import Universe

Ints = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

# What was sent so long ago is no word of now; a little sooner than the guard drops it.
LATE_MS = 4_500
# A picture sent at subscription is traded on only if the instrument traded within so long before it.
PICTURE_MS = 60_000
# An instrument nothing was said of for so long, while its segment is open, displays nothing any more.
STALE_MS = 30_000
MIDNIGHT_MS = 15 * 3_600_000 + 1_800_000  # from an Indian midnight to 15:30
KEPT = np.dtype([("instrument", "<i4"), ("last", "<i4"), ("close", "<i4")])


class LiveFeed:
    """One line as the feed of one trading date.

    A row's ``exchange_time`` is when the vendor sent the word, not when the instrument last traded: depth moves
    without a trade. ``keys`` are the vendor's keys by instrument id; an instrument without one is never priced.
    Instruments whose quote may not be traded on are shown without depth, which is what fills orders: after a
    loss of the line, after ``STALE_MS`` of silence, while their segment is not open, and while all that is known
    is a picture of an old trade.
    """

    def __init__(
        self, universe: Universe, line: Line, keys: Mapping[int, str], resume: Mapping[str, Any] | None = None
    ) -> None:
        self.name = line.name
        self._universe, self._line = universe, line
        self._key = {int(i): keys[int(i)] for i in universe.id if int(i) in keys}
        self._row_of = {key: universe.row[i] for i, key in self._key.items()}
        segments = [line.segment_of(self._key[int(i)]) if int(i) in self._key else "" for i in universe.id]
        self._segments = sorted(set(segments))
        numbers = {name: number for number, name in enumerate(self._segments)}
        self._segment = np.array([numbers[name] for name in segments], np.int64)
        self._rows = np.zeros(len(universe), row_type(DEPTH))
        self._rows["instrument"] = universe.id
        self._heard = np.zeros(len(universe), np.int64)  # by our clock, 0 for never on this date
        self._shown = np.zeros(len(universe), np.bool_)  # displays depth that may be traded on
        self._changed = np.zeros(len(universe), np.bool_)  # at the last look
        self._traded = np.zeros(len(universe), np.bool_)  # on this date
        self._known_close = np.zeros(len(universe), np.int64)
        self._last = np.zeros(len(universe), np.int64)  # of this date, also as a feed before this one heard it
        self._swing = np.zeros((2, len(universe)), np.int64)  # the highest and lowest last price of what was said last
        self._day_begins = universe.closes - MIDNIGHT_MS
        self._vendor = VendorClock()
        self._lag = LagMeter()
        self.pace = LeastLag()
        self._hours: Hours | None = None
        self._wished: list[int] = []  # what is wanted and known to the vendor, the most important first
        self._asked: Mapping[int, tuple[int, int]] = {}
        self._now = 0  # of our clock, when rows were last asked for
        self._take_up(resume or {})

    # -- what the protocol asks ----------------------------------------------------------------

    def clock(self, now_ms: int) -> int:
        """The wall clock, put right where the vendor's time shows that it is off."""
        return self._vendor.exchange_time(now_ms)

    def want(self, ids: Collection[int]) -> None:
        """All of them with depth, in the order given: the most important first."""
        self.wish(held=list(ids))

    def wish(self, held: Sequence[int], watched: Sequence[int] = (), priced: Sequence[int] = ()) -> None:
        """Positions and open orders first, then what somebody looks at, both with depth; then last prices alone.

        The order within each counts, too. An instrument that the vendor does not know is left out.
        """
        full = [self._key[i] for i in (*held, *watched) if i in self._key]
        self._wished = [i for i in (*held, *watched, *priced) if i in self._key]
        self._line.want(full, [self._key[i] for i in priced if i in self._key])

    def keep_hours(self, hours: Hours) -> None:
        """The real exchange keeps its own; here they tell whose silence means something."""
        self._hours = hours

    def strike(self, kind: str, trades: Mapping[int, tuple[int, int]], now_ms: int) -> Rows:
        """Nothing: the vendor itself tells what an auction of the real exchange struck."""
        return self._rows[:0].copy()

    def next_rows(self, now_ms: int) -> Rows:
        """What was said since the last call, and one row without depth for each instrument that went stale."""
        self._now = now_ms
        ticks = self._line.drain()
        changed = np.zeros(len(self._rows), np.bool_)
        self._swing[:] = 0
        if len(ticks):
            self._merge(ticks, changed, now_ms)
        self._blank(changed, now_ms)
        asked, self._asked = self._asked, {}
        if asked:
            self._answer(asked, changed, now_ms)
        self._changed = changed
        return self._rows[changed].copy()

    def unheard(self) -> list[int]:
        """What is wanted and the stream says nothing of: it is beyond what one connection may carry, or nothing happens
        in it. The most important first; nothing while the line is lost, which must look it. For any thread."""
        if not self._wished or self._line.status().state is not LineState.LIVE:
            return []
        at = np.array([self._universe.row[i] for i in self._wished], np.int64)
        silent = (self._heard[at] == 0) | (self._now - self._heard[at] > STALE_MS)
        silent &= ~self._shut(self._segment[at])
        if self._hours is not None:
            silent &= ~self._hours.asleep[at]
        return self._universe.id[at[silent]].tolist()

    def answered(self, prices: Mapping[int, tuple[int, int]]) -> None:
        """(last price, previous close) of instruments as the vendor says when it is asked, in paise, 0 for what it does
        not say. They are shown with the next rows, without depth. For any thread."""
        self._asked = {**self._asked, **prices}

    def swings(self, rows: Rows) -> tuple[Ints, Ints]:
        """The highest and the lowest last price of each of the rows that were said last: a frame shows the newest
        alone. Within the day's range as the row has it, which the vendor tells."""
        last = rows["last_price"].astype(np.int64)
        high, low = self._swing[:, np.searchsorted(self._universe.id, rows["instrument"])]
        highest = np.clip(np.where(high > 0, high, last), last, np.maximum(last, rows["high"]))
        lowest = np.clip(np.where(low > 0, low, last), np.minimum(last, rows["low"]), last)
        return highest, lowest

    def closes(self, now_ms: int) -> tuple[Ints, Ints]:
        """The last price of what traded, the vendor's or our own previous close of what did not."""
        last = self._last
        prices = np.where(last > 0, last, np.where(self._known_close > 0, self._known_close, self._universe.prev_close))
        known = np.flatnonzero(prices > 0)
        return self._universe.id[known], prices[known]

    def state(self) -> dict[str, Any]:
        """The line's status, how old what it shows is, and whether it has ended for good."""
        status = self._line.status()
        p50, p99 = self._lag.percentiles()
        return {
            "feed": self.name,
            **asdict(status),
            "ended": status.state in ENDED,
            "reason": self._sentence(status),
            "shown_lag_p50": p50,
            "shown_lag_p99": p99,
            "stale": int(np.count_nonzero((self._rows["last_price"] > 0) & ~self._shown)),
            "without_key": len(self._universe) - len(self._key),
            "clock_off_ms": self._vendor.offset,
            "segments": {name: str(state) for name, state in self._line.segments().items()},
        }

    def resume(self) -> dict[str, Any]:
        """Last prices, so that a later feed can settle what its line never mentions."""
        known = (self._last > 0) | (self._known_close > 0)
        kept = np.zeros(int(np.count_nonzero(known)), KEPT)
        kept["instrument"], kept["last"] = self._universe.id[known], self._last[known]
        kept["close"] = self._known_close[known]
        return {"trading_date": self._universe.trading_date.isoformat(), "live": pack(kept)}

    def status(self) -> LineStatus:
        """The line's own."""
        return self._line.status()

    def withdraw(self, now_ms: int) -> Rows:
        """Everything it displays, without depth: another feed is shown from here on."""
        # What the last look took back was not shown without its depth yet: its rows give way to these.
        gone = self._shown | self._changed
        self._take_back(np.flatnonzero(self._shown), self.clock(now_ms))
        return self._rows[gone].copy()

    def picture(self, clock_ms: int) -> Rows:
        """All that it knows of this date as of now: what begins to be shown when another feed is left."""
        known = self._heard > 0
        self._rows["exchange_time"][known] = np.maximum(self._rows["exchange_time"][known] + 1, clock_ms)
        return self._rows[known].copy()

    def close(self) -> None:
        """Ends the line."""
        self._line.stop()

    # -- how -----------------------------------------------------------------------------------

    def _take_up(self, resume: Mapping[str, Any]) -> None:
        kept = unpack(resume.get("live"), KEPT)
        kept = kept[np.isin(kept["instrument"], self._universe.id)]
        rows = np.searchsorted(self._universe.id, kept["instrument"])
        same = resume.get("trading_date") == self._universe.trading_date.isoformat()
        # Yesterday's last price is what today begins from; it is no price of today.
        self._known_close[rows] = np.where(same | (kept["last"] <= 0), kept["close"], kept["last"])
        self._last[rows] = kept["last"] if same else 0

    def _merge(self, ticks: Ticks, changed: Flags, now_ms: int) -> None:
        at = np.array([self._row_of.get(key, -1) for key in ticks.keys], np.int64)
        known = (at >= 0) & (ticks.rows["known"] & LAST > 0)
        at, said = at[known], ticks.rows[known]
        rows = self._rows[at]
        before, bits = rows.copy(), said["known"]
        received = np.where(said["received"] > 0, said["received"], now_ms)
        sent = np.where(said["sent"] > 0, said["sent"], received)
        self._vendor.hear(sent, received)
        self._lag.add(now_ms - sent)
        today = ~(bits & TRADED_AT > 0) | (said["trade_time"] >= self._day_begins)
        self._prices(rows, said, bits, at, today)
        clock = self.clock(now_ms)
        late = sent < clock - LATE_MS
        self.pace.hear(received - sent, late, now_ms)  # the vendor's part of the way
        # What is late is the guard's to drop, unless it is all that is known: then it is shown, as of now.
        sent = np.where(late & (rows["exchange_time"] == 0), clock, np.minimum(sent, clock))
        # Later than what it replaces, if only by the depth that was taken away since.
        rows["exchange_time"] = np.maximum(sent, np.where(late, 0, rows["exchange_time"] + 1))
        for name, bit in (("volume", VOLUME), ("oi", OI)):
            fresh = (bits & bit > 0) & (today if name == "volume" else True)
            rows[name] = np.where(fresh, said[name], rows[name])
        old = (said["snapshot"] > 0) & (bits & TRADED_AT > 0) & (said["trade_time"] < sent - PICTURE_MS)
        # Words that came just before a line was lost are no market of this moment any more.
        live = self._line.status().state is LineState.LIVE
        tradable = (bits & BOOK > 0) & ~old & ~late & ~self._shut(self._segment[at]) & live
        for name in SIDES:
            rows[name] = np.where(tradable[:, None], said[name], 0)
        # The guard drops what is late. Where depth is on display it goes: what was shown, as of now, without it.
        back = late & self._shown[at]
        rows[back] = before[back]
        self._rows[at] = rows
        self._heard[at] = received
        self._shown[at] = tradable
        self._swing[:, at] = np.where(today & ~late, (said["highest"], said["lowest"]), 0)
        self._take_back(at[back], clock)
        changed[at] = True

    def _answer(self, asked: Mapping[int, tuple[int, int]], changed: Flags, now_ms: int) -> None:
        """Last prices that were asked for, of what the stream has still said nothing of."""
        told = [(self._universe.row[i], *prices) for i, prices in asked.items() if i in self._key and prices[0] > 0]
        at, last, close = np.array(told, np.int64).reshape(-1, 3).T
        kept = ((self._heard[at] == 0) | (now_ms - self._heard[at] > STALE_MS)) & ~changed[at]
        at, last, close = at[kept], last[kept], close[kept]
        known = np.where(self._known_close[at] > 0, self._known_close[at], self._universe.prev_close[at])
        close = np.where(close > 0, close, np.where(known > 0, known, last))
        rows = self._rows[at]
        first = rows["open"] <= 0
        rows["open"] = np.where(first, last, rows["open"])
        rows["high"] = np.where(first, last, np.maximum(rows["high"], last))
        rows["low"] = np.where(first, last, np.minimum(rows["low"], last))
        rows["last_price"], rows["prev_close"] = last, close
        self._rows[at], self._last[at], self._known_close[at] = rows, last, close
        self._swing[:, at] = last
        self._take_back(at, self.clock(now_ms))
        changed[at] = True

    def _prices(
        self, rows: Rows, said: npt.NDArray[np.void], bits: npt.NDArray[np.uint32], at: Ints, today: Flags
    ) -> None:
        """Each field as said; where the vendor is silent, what the day has shown so far."""
        last = said["last_price"]
        close = np.where((bits & CLOSE > 0) & today, said["prev_close"], 0)
        # Before its first trade of the date the vendor's previous close may be that of the day before.
        close = np.where((close <= 0) & ~today, last, close)
        close = np.where(close > 0, close, self._known_close[at])
        close = np.where(close > 0, close, self._universe.prev_close[at])
        close = np.where(close > 0, close, last)
        self._known_close[at] = close
        rows["prev_close"] = close
        whole = (bits & DAY > 0) & today & (said["open"] > 0)
        first = (rows["open"] <= 0) | (today & ~self._traded[at])
        self._traded[at] |= today
        rows["open"] = np.where(whole, said["open"], np.where(first, last, rows["open"]))
        high, low = (np.where(whole, said[side], np.where(first, last, rows[side])) for side in ("high", "low"))
        rows["high"], rows["low"] = np.maximum(high, last), np.where(low > 0, np.minimum(low, last), last)
        rows["last_price"] = self._last[at] = last

    def _sentence(self, status: LineStatus) -> str:
        if not self._vendor.behind:
            return status.sentence
        return (
            f"What {self.name} says comes {self._vendor.behind // 1000} s behind this machine's clock, so that nothing"
            " can be traded on. Set the clock right; if it is, the feed lags."
        )

    def _shut(self, segments: Ints) -> Flags:
        """Which of these segments the vendor calls closed; what it says nothing of is open."""
        said = self._line.segments()
        shut = np.array([said.get(name) is SegmentState.CLOSED for name in self._segments], np.bool_)
        return shut[segments] if len(shut) else np.zeros(len(segments), np.bool_)

    def _blank(self, changed: Flags, now_ms: int) -> None:
        """Takes away the depth of what is not known to be the market of this moment."""
        shown = np.flatnonzero(self._shown & ~changed)
        if self._line.status().state is LineState.LIVE:
            silent = now_ms - self._heard[shown] > STALE_MS
            if self._hours is not None:
                silent &= ~self._hours.asleep[shown]
            shown = shown[silent | self._shut(self._segment[shown])]
        if len(shown):
            self._take_back(shown, self.clock(now_ms))
            changed[shown] = True

    def _take_back(self, at: Ints, clock_ms: int) -> None:
        """Rows without their depth: a word of its own, later than the one that it takes back."""
        for name in SIDES:
            self._rows[name][at] = 0
        self._rows["exchange_time"][at] = np.maximum(self._rows["exchange_time"][at] + 1, clock_ms)
        self._shown[at] = False
