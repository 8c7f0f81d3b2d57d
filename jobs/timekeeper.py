"""A trading date with hours, as the market's loop keeps them: what the feed prints when, and the prices that the
day's turning points fix: the closing auction's reference, what auctions struck, what volume closes."""

from collections.abc import Iterable, Mapping
from datetime import datetime, time
from typing import Any

import numpy as np
import numpy.typing as npt

from core.calendar import IST, Calendar
from core.exchange_close import CLOSING, REFERENCE
from core.frames import Frame, Rows
from core.rulebook import in_force
from core.sessions import Board, Window
from core.windows import AUCTIONS
from desk import auctions
from desk.market import Database, MarketState
from desk.masters import Master
from feeds.crowd import Hours
from feeds.universe import Universe
from jobs.breaker import Breaker
from jobs.flexing import Flexer

Flags = npt.NDArray[np.bool_]
BOARDS = tuple(Board)
REOPENED = Window.REOPEN_MATCH
# Windows in which the outcome of an auction may have to be printed yet.
AFTER = {
    auctions.OPEN: frozenset({Window.PRE_OPEN_MATCH, Window.BUFFER, Window.CONTINUOUS}),
    auctions.CLOSE: frozenset({Window.AUCTION_MATCH, Window.BUFFER, Window.POST_CLOSE}),
}


class Timekeeper:
    """Keeps the hours of one universe. Everything it fixes is fixed once, whoever asks how often."""

    def __init__(self, database: Database, market: str, master: Master, universe: Universe) -> None:
        self._database, self._market, self._universe, self._master = database, market, universe, master
        self._day = universe.trading_date
        self._board = np.array([BOARDS.index(master.board(int(one))) for one in universe.id], np.int64)
        self._traded = ~universe.is_index
        self._done: set[str] = set()
        self.hours: Hours | None = None
        self._flexer: Flexer | None = None
        self._breaker: Breaker | None = None

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
        """From when to when the auction that goes on takes orders, in ms since the epoch: its windows are adjacent."""
        local = at.astimezone(IST)
        day, now = local.date(), local.time()
        parts: list[tuple[time, time]] = []
        for row in calendar.hours(day, Board.AUCTION_SHARE):
            if row.window in AUCTIONS:
                follows = parts and parts[-1][1] == row.start
                parts.append((parts.pop()[0] if follows else row.start, row.end))
        part = next(((since, until) for since, until in parts if since <= now < until), (now, now))
        since, until = (int(datetime.combine(day, each, IST).timestamp() * 1000) for each in part)
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
        window, local = calendar.window_at(at, Board.AUCTION_SHARE), at.astimezone(IST)
        morning = local.time() < time(12)
        held = [kind for kind, windows in AFTER.items() if window in windows and morning is (kind == auctions.OPEN)]
        ends = [row.start for row in calendar.hours(local.date(), Board.AUCTION_SHARE) if row.window is REOPENED]
        held += [kind for kind, end in zip(auctions.REOPENINGS, ends, strict=False) if end <= local.time()]
        found = {}
        for kind in held:
            if kind in self._done:
                continue
            trades = auctions.struck(self._database, self._market, self._day, kind)
            if trades:
                self._done.add(kind)
                found[kind] = trades
        return found

    def watch(self, state: MarketState, resume: Mapping[str, Any]) -> None:
        """Have bands follow prices from here on, as they did in what left ``resume``, and indices be watched. What a
        vendor's exchange does about either is its own, also where its day is played again."""
        if state.owner_id is None and state.shown_to is None:
            self._flexer = Flexer(self._database, self._market, self._master, self._universe)
            self._flexer.restore(resume)
            self._breaker = Breaker(self._database, self._master, self._universe, state)

    def resume(self) -> dict[str, Any]:
        """What a successor on the same date needs."""
        return {} if self._flexer is None else self._flexer.resume()

    def follow(self, calendar: Calendar, at: datetime) -> bool:
        """Widen the bands whose price has stood at their end for long enough, and halt what has gone too far; whether
        the hours are others now."""
        if self._flexer is not None:
            self._flexer.step(calendar, at)
        return self._breaker is not None and self._breaker.step(calendar, at) is not None

    def trades(self, frame: Frame) -> Rows:
        """Take in a frame; those of its rows that are trades, and no auction's book nor an offer at the close."""
        rows = frame.rows
        if self.hours is not None and not self.hours.quiet:
            offers = self.hours.collecting | self.hours.at_close
            rows = rows[~offers[np.searchsorted(self._universe.id, rows["instrument"])]]
        if self._flexer is not None:
            self._flexer.saw(rows, frame.exchange_time)
        if self._breaker is not None:
            self._breaker.saw(rows)
        return rows
