"""A trading date with hours, as the market's loop keeps them: what the feed prints when, and the prices that the
day's turning points fix: the closing auction's reference, what auctions struck, what volume closes."""

from collections.abc import Iterable
from datetime import datetime, time, timedelta

import numpy as np
import numpy.typing as npt

from core.calendar import IST, Calendar
from core.rulebook import in_force
from core.sessions import Board, Window
from core.windows import AUCTIONS
from desk import auctions
from desk.market import Database
from desk.masters import Master
from feeds.crowd import Hours
from feeds.universe import Universe

Flags = npt.NDArray[np.bool_]
BOARDS = tuple(Board)
# Volume of so much time before the end weighs the closing price, of so much before the pause the reference.
CLOSING, REFERENCE = timedelta(minutes=30), timedelta(minutes=15)
# Windows in which the outcome of an auction may have to be printed yet.
AFTER = {
    auctions.OPEN: frozenset({Window.PRE_OPEN_MATCH, Window.BUFFER, Window.CONTINUOUS}),
    auctions.CLOSE: frozenset({Window.AUCTION_MATCH, Window.BUFFER, Window.POST_CLOSE}),
}


class Timekeeper:
    """Keeps the hours of one universe. Everything it fixes is fixed once, whoever asks how often."""

    def __init__(self, database: Database, market: str, master: Master, universe: Universe) -> None:
        self._database, self._market, self._universe = database, market, universe
        self._day = universe.trading_date
        self._board = np.array([BOARDS.index(master.board(int(one))) for one in universe.id], np.int64)
        self._traded = ~universe.is_index
        self._done: set[str] = set()
        self.hours: Hours | None = None

    def _on(self, boards: Iterable[Board]) -> Flags:
        return np.isin(self._board, [BOARDS.index(board) for board in boards])

    def keep(self, calendar: Calendar, at: datetime) -> Hours:
        """What the rows do at an instant."""
        windows = {board: calendar.window_at(at, board) for board in Board}
        collecting = self._on(board for board, window in windows.items() if window in AUCTIONS) & self._traded
        at_close = self._on(board for board, window in windows.items() if window is Window.POST_CLOSE) & self._traded
        asleep = ~self._on(board for board, window in windows.items() if window is Window.CONTINUOUS)
        closes = np.zeros(len(self._universe), np.int64)
        if at_close.any():
            for one, price in auctions.closes(self._database, self._market, self._day).items():
                if one in self._universe.row:
                    closes[self._universe.row[one]] = price
        since, until = self._entry(calendar, at) if collecting.any() else (0, 0)
        self.hours = Hours(asleep, collecting, at_close, closes, since, until)
        return self.hours

    def _entry(self, calendar: Calendar, at: datetime) -> tuple[int, int]:
        """From when to when the auction that goes on takes orders, in ms since the epoch."""
        day = at.astimezone(IST).date()
        rows = [row for row in calendar.hours(day, Board.AUCTION_SHARE) if row.window in AUCTIONS]
        morning = at.astimezone(IST).time() < time(12)
        part = [row for row in rows if (row.start < time(12)) is morning]
        bounds = (min(row.start for row in part), max(row.end for row in part))
        since, until = (int(datetime.combine(day, each, IST).timestamp() * 1000) for each in bounds)
        return since, until

    def is_due(self, calendar: Calendar, at: datetime) -> bool:
        """Whether a board's continuous trading has ended and a price that follows from it is not fixed yet."""
        local = at.astimezone(IST)
        for board in Board:
            hours = calendar.hours(local.date(), board)
            ends = [datetime.combine(local.date(), row.end, IST) for row in hours if row.window is Window.CONTINUOUS]
            name = "reference" if any(row.window is Window.AUCTION_MATCH for row in hours) else board
            if ends and local >= max(ends) and name not in self._done:
                return True
        return False

    def turning_points(self, calendar: Calendar, at: datetime) -> None:
        """Fix the references and the closing prices whose time has come."""
        local = at.astimezone(IST)
        for board in Board:
            hours = calendar.hours(local.date(), board)
            ends = [datetime.combine(local.date(), row.end, IST) for row in hours if row.window is Window.CONTINUOUS]
            if not ends or local < max(ends) or local.date() != self._day:
                continue
            with_auction = any(row.window is Window.AUCTION_MATCH for row in hours)
            if not with_auction:
                self._close(board, max(ends))
            elif "reference" not in self._done:
                self._done.add("reference")
                self._refer(max(ends))

    def _refer(self, end: datetime) -> None:
        universe = self._universe
        on_share = universe.underlying >= 0
        on_share &= ~universe.is_index[np.maximum(universe.underlying, 0)]
        rows = (self._on([Board.AUCTION_SHARE]) & self._traded) | (universe.is_future & on_share)
        auctions.set_references(
            self._database, self._market, self._day, universe.id[rows], universe.tick[rows], end - REFERENCE, end,
            in_force(self._day).closing_band,
        )  # fmt: skip

    def _close(self, board: Board, end: datetime) -> None:
        if board in self._done:
            return
        self._done.add(board)
        rows = self._on([board]) & self._traded
        auctions.set_closes(
            self._database, self._market, self._day, self._universe.id[rows], self._universe.tick[rows],
            end - CLOSING, end,
        )  # fmt: skip

    def struck(self, calendar: Calendar, at: datetime) -> dict[str, dict[int, tuple[int, int]]]:
        """(price, quantity) by instrument of the auctions that have just been held, by their kind."""
        window = calendar.window_at(at, Board.AUCTION_SHARE)
        morning = at.astimezone(IST).time() < time(12)
        found = {}
        for kind, windows in AFTER.items():
            if window not in windows or morning is not (kind == auctions.OPEN) or kind in self._done:
                continue
            trades = auctions.struck(self._database, self._market, self._day, kind)
            if trades:
                self._done.add(kind)
                found[kind] = trades
        return found

    def printed(self, ids: npt.NDArray[np.int32]) -> Flags:
        """Which of a frame's rows are trades, and no auction's book nor an offer at the close."""
        if self.hours is None or self.hours.quiet:
            return np.ones(len(ids), np.bool_)
        return np.asarray(~(self.hours.collecting | self.hours.at_close)[np.searchsorted(self._universe.id, ids)])
