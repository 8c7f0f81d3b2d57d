"""Price bands that follow the price: whose day begins with a band that is widened when the price has stood at its end.

The exchanges' circulars on dynamic bands: a trade near the end of the band begins a pause, after which the band goes
further on that side. Of shares with derivatives the other end comes along since November 2024, and with the share its
futures; what then lies outside is cancelled, stops excepted. How many trades, clients and members must have met there
is not to be seen in a market on paper: one trade begins the pause.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

import numpy as np
import numpy.typing as npt

from core import dated
from core.bands import between
from core.instruments import Instrument, Kind

Ints = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]
NOBODY = -1  # the group of what has no band that moves
MINUTE_MS = 60_000


class Moves(StrEnum):
    """Kinds of instruments whose bands move alike."""

    DERIVATIVE = "DERIVATIVE"  # shares with derivatives, and all futures
    FUND = "FUND"


@dataclass(frozen=True, slots=True)
class Flex:
    """From a date on: the band goes ``step`` per cent of the previous close further, ``pause_ms`` after a trade within
    ``near`` basis points of its end (``late_pause_ms`` in the last ``late_ms`` of trading). ``slides``: the other end
    comes along; ``most`` per cent from the close it goes no further, 0 for no such end."""

    effective_from: date
    moves: Moves
    slides: bool
    most: int = 0
    step: int = 5
    near: int = 10
    pause_ms: int = 15 * MINUTE_MS
    late_pause_ms: int = 5 * MINUTE_MS
    late_ms: int = 30 * MINUTE_MS


_ROWS = (
    Flex(date(2000, 1, 1), Moves.DERIVATIVE, slides=False),
    Flex(date(2024, 11, 18), Moves.DERIVATIVE, slides=True),
    Flex(date(2026, 6, 15), Moves.FUND, slides=False, most=20),
)


def in_force(on: date) -> Mapping[Moves, Flex]:
    """How bands move on a trading date; kinds whose bands are fixed then are left out."""
    return dated.each_in_force(_ROWS, on, lambda row: row.moves)


def moves_as(instrument: Instrument, has_derivatives: bool) -> Moves | None:
    """How an instrument's band moves; None of what has a fixed one, or none."""
    if instrument.kind is Kind.FUT or (instrument.kind in (Kind.EQ, Kind.ETF) and has_derivatives):
        return Moves.DERIVATIVE
    return Moves.FUND if instrument.kind is Kind.ETF else None


class Flexing:
    """The moving bands of one trading date, by group: a share with its futures, the futures of an index, a fund.

    ``groups`` has the group of each row of a universe, NOBODY where its band is fixed; ``terms`` is by group. Where the
    bands stand is read from ``lower`` and ``upper`` (paise), so that another process goes on with what one left.
    """

    def __init__(
        self, groups: Ints, terms: Sequence[Flex], prev_close: Ints, tick: Ints, lower: Ints, upper: Ints
    ) -> None:
        self._groups, self._prev, self._tick = groups, prev_close, tick
        self._terms = list(terms)
        self._most = np.array([each.most or 2**31 for each in terms], np.int64)
        self._near = np.array([each.near for each in terms], np.int64)
        self.low, self.high = self._standing(lower, upper)
        # Of each group: on which side the price has come near the end of its band (+1, -1), and since when (ms).
        self.side = np.zeros(len(terms), np.int64)
        self.since = np.zeros(len(terms), np.int64)

    def _standing(self, lower: Ints, upper: Ints) -> tuple[Ints, Ints]:
        """(low, high) per cent of each group's band, with their sign, as its first row with a band has them."""
        low, high = (np.full(len(self._terms), sign * 10, np.int64) for sign in (-1, 1))
        rows = np.flatnonzero((self._groups >= 0) & (self._prev > 0) & (lower > 0) & (upper > 0))
        groups, first = np.unique(self._groups[rows], return_index=True)
        rows = rows[first]
        step = np.array([self._terms[group].step for group in groups], np.int64)
        for band, found in ((lower, low), (upper, high)):
            exact = (band[rows] / self._prev[rows] - 1) * 100 / step if len(rows) else np.zeros(0)
            found[groups] = np.rint(exact).astype(np.int64) * step
        return low, high

    def see(self, rows: Ints, last: Ints, now_ms: int) -> None:
        """Take in last prices (paise) of rows: a group near the end of its band begins to wait; one that waits goes on
        waiting wherever its price is now."""
        group = self._groups[rows]
        judged = (group >= 0) & (self._prev[rows] > 0) & (last > 0)
        group, prev, last = group[judged], self._prev[rows][judged], last[judged]
        if not len(group):
            return
        reach, near = last * 10_000, self._near[group]
        up = (reach >= prev * (10_000 + self.high[group] * 100 - near)) & (self.high[group] < self._most[group])
        down = (reach <= prev * (10_000 + self.low[group] * 100 + near)) & (-self.low[group] < self._most[group])
        news = (up | down) & (self.side[group] == 0)
        self.side[group[news]] = np.where(up[news], 1, -1)
        self.since[group[news]] = now_ms

    def due(self, now_ms: int, ends_ms: Ints, trading: Flags) -> Ints:
        """Groups whose pause is over; ``ends_ms`` is when each group's continuous trading ends, ``trading`` whether it
        goes on."""
        return np.array(
            [group for group in np.flatnonzero(self.side)
             if trading[group] and now_ms >= self.since[group] + self._pause(int(group), int(ends_ms[group]))],
            np.int64,
        )  # fmt: skip

    def _pause(self, group: int, ends_ms: int) -> int:
        terms = self._terms[group]
        late = self.since[group] >= ends_ms - terms.late_ms
        return terms.late_pause_ms if late else terms.pause_ms

    def flex(self, groups: Ints) -> tuple[Ints, Ints, Ints]:
        """Move the bands of groups a step; (rows, lower, upper) in paise of all that is in them."""
        for group in groups.tolist():
            terms, side = self._terms[group], int(self.side[group])
            if side > 0 or terms.slides:
                self.high[group] += side * terms.step
            if side < 0 or terms.slides:
                self.low[group] += side * terms.step
            self.side[group] = self.since[group] = 0
        rows = np.flatnonzero(np.isin(self._groups, groups) & (self._prev > 0))
        own = self._groups[rows]
        return rows, *between(self._prev[rows], self._tick[rows], self.low[own], self.high[own])

    def waiting(self) -> dict[int, tuple[int, int]]:
        """(side, since) of the groups that wait."""
        return {int(group): (int(self.side[group]), int(self.since[group])) for group in np.flatnonzero(self.side)}

    def wait(self, group: int, side: int, since: int) -> None:
        """Have a group wait that did so in another process."""
        self.side[group], self.since[group] = side, since
