"""A real past day, played again as the market's present trading date; the same engine trades on it."""

import zlib
from collections.abc import Collection, Mapping
from datetime import date
from typing import Any

import numpy as np
import numpy.typing as npt

from core.frames import DEPTH, Rows
from feeds.bars import WHOLE_DAY, Bar, Reading
from feeds.crowd import Hours
from feeds.floor import Floor
from feeds.paths import SESSION_MS, Path, through
from feeds.universe import Universe

Ints = npt.NDArray[np.int64]

# What files call the indices by their derivatives' roots, and shares by names they no longer have.
ALIASES = {"NIFTY": "NIFTY 50", "BANKNIFTY": "NIFTY BANK", "FINNIFTY": "NIFTY FIN SERVICE", "TATAMOTORS": "TMPV"}


# An exchange with hours collects orders before its bars begin, and closes after they have ended.
BEFORE_MS, AFTER_MS = 15 * 60_000, 30 * 60_000


def symbol_of(name: str) -> str:
    """The symbol under which a file's instrument is listed today."""
    return ALIASES.get(name, name)


def past_day_for(
    reading: Reading, trading_date: date, resume: Mapping[str, Any], first: date | None = None
) -> date | None:
    """Which past day is played on a trading date: the one already begun, else the next; None at the end.

    A market that has played none begins with ``first``, or with the next day that there is.
    """
    played = resume.get("past_day")
    days = sorted(reading.days)
    if played is None:
        return next((day for day in days if first is None or day >= first), None)
    if resume.get("trading_date") == trading_date.isoformat():
        return date.fromisoformat(played)
    return next((day for day in days if day.isoformat() > played), None)


def closes_before(reading: Reading, day: date) -> dict[str, int]:
    """The price each symbol of a past day had closed at before it (its first open where nothing is known)."""
    out = {symbol_of(name): bars[0].open for name, bars in reading.days.get(day, {}).items() if bars}
    earlier = sorted((one for one in reading.days if one < day), reverse=True)
    for name in list(reading.days.get(day, {})):
        before = next((reading.days[one][name] for one in earlier if reading.days[one].get(name)), None)
        if before:
            out[symbol_of(name)] = before[-1].close
    return out


def days_before(reading: Reading, day: date) -> dict[str, list[Bar]]:
    """What each symbol of a past day did on the days before it, oldest first, one bar a day."""
    out: dict[str, list[Bar]] = {symbol_of(name): [] for name in reading.days.get(day, {})}
    for one in sorted(earlier for earlier in reading.days if earlier < day):
        for name, bars in reading.days[one].items():
            if bars and symbol_of(name) in out:
                out[symbol_of(name)].append(_whole(bars))
    return out


def _whole(bars: list[Bar]) -> Bar:
    """A day's bars, which ascend, as one."""
    high, low = max(bar.high for bar in bars), min(bar.low for bar in bars)
    volume = sum(bar.volume for bar in bars)
    return Bar(WHOLE_DAY, bars[0].open, high, low, bars[-1].close, volume, bars[-1].oi)


class Replay:
    """Plays one past day's bars between 9:15 and 15:30 of the universe's trading date, at any ``speed``.

    The universe holds the instruments of that day and their futures and options. Its clock is its own: it
    begins at 9:15, at 9:00 where the market keeps hours, and runs ``speed`` times as fast as the wall's.
    """

    name = "replay"

    def __init__(
        self,
        universe: Universe,
        bars: Mapping[str, list[Bar]],
        past_day: date,
        seed: int,
        speed: float = 1.0,
        resume: dict[str, Any] | None = None,
        levels: int = DEPTH,
    ) -> None:
        self._universe, self._past_day, self._speed = universe, past_day, speed
        self._floor = Floor(universe, seed, levels)
        resume = resume or {}
        same_date = self._floor.restore(resume)
        self._opened = universe.closes - SESSION_MS
        begins = self._opened - (0 if universe.always_open else BEFORE_MS)
        self._ends = universe.closes + (0 if universe.always_open else AFTER_MS)
        self._clock = max(int(resume.get("clock", 0)), begins) if same_date else begins
        self._wall: int | None = None
        self._paths = _paths(universe, bars, past_day, seed)
        self._rows = np.array(sorted(self._paths), np.int64)
        self._floor.cash = self._rows
        self._set_prices()

    def clock(self, now_ms: int) -> int:
        """Exchange time of the day that is played."""
        if self._wall is None:
            self._wall = now_ms
        return self._clock + int((now_ms - self._wall) * self._speed)

    def want(self, ids: Collection[int]) -> None:
        """Prices those options too."""
        self._floor.want(ids)

    def keep_hours(self, hours: Hours) -> None:
        """Prints by them from here on."""
        self._floor.hours = hours

    def next_rows(self, now_ms: int) -> Rows:
        """What was printed since the last call; nothing once the day is over."""
        at = self.clock(now_ms)
        if at <= self._floor.last_ms or at >= self._ends or not len(self._rows):
            return self._floor.empty()
        self._clock, self._wall = at, now_ms
        self._set_prices()
        volumes = {row: path.traded_by(at - self._opened) for row, path in self._paths.items()}
        known = {row: traded for row, traded in volumes.items() if traded is not None}
        return self._floor.with_crowd(self._floor.print(at, known), at)

    def strike(self, kind: str, trades: Mapping[int, tuple[int, int]], now_ms: int) -> Rows:
        """The past day's path goes on; what was struck is part of the day."""
        rows = self._floor.strike(kind, trades)
        return self._floor.told(rows, rows[:0], self.clock(now_ms)) if len(rows) else self._floor.empty()

    def closes(self, now_ms: int) -> tuple[Ints, Ints]:
        """Ids and closing prices of all that can be priced."""
        return self._floor.closes(min(self.clock(now_ms), self._ends))

    def state(self) -> dict[str, Any]:
        """Says plainly that these are prices of another day."""
        return {
            "feed": self.name,
            "past_day": self._past_day.isoformat(),
            "label": f"{self._past_day.isoformat()} replayed as {self._universe.trading_date.isoformat()}",
            "speed": self._speed,
            **self._floor.state(),
        }

    def resume(self) -> dict[str, Any]:
        """Where the day stands."""
        return {**self._floor.resume(), "clock": self._clock, "past_day": self._past_day.isoformat()}

    def _set_prices(self) -> None:
        since = self._clock - self._opened
        for row, path in self._paths.items():
            self._floor.latent[row] = path.price_at(since)


def _paths(universe: Universe, bars: Mapping[str, list[Bar]], past_day: date, seed: int) -> dict[int, Path]:
    """Paths by row. A symbol's own draws depend on seed, day and symbol, not on who else is played."""
    by_symbol = {
        listing.instrument.symbol: row
        for row, listing in enumerate(universe.listings)
        if not (universe.is_future[row] or universe.is_option[row])
    }
    out = {}
    for name, day in bars.items():
        row = by_symbol.get(symbol_of(name))
        if row is not None and day:
            own = [seed, past_day.toordinal(), zlib.crc32(name.encode())]
            out[row] = through(day, np.random.Generator(np.random.PCG64(own)))
    return out
