"""Watches the indices of a market that keeps hours, and halts all of it when one has gone too far."""

from datetime import datetime

import numpy as np

import log
from core import breaker
from core.breaker import Halt
from core.calendar import IST, Calendar, Session
from core.frames import Rows
from core.sessions import Board, Window
from desk import market as markets
from desk.market import Database, MarketState
from desk.master import Master
from feeds.universe import Universe


class Breaker:
    """The breaker of one trading date. What it has halted is in the market's row, so that another process goes on."""

    def __init__(self, database: Database, master: Master, universe: Universe, state: MarketState) -> None:
        self._database, self._market = database, state.id
        self._day = universe.trading_date
        self._universe = universe
        known = {key: master.by_key[key].id for key in breaker.INDICES if key in master.by_key}
        self._keys = {one: key for key, one in known.items() if one in universe.row}
        self._ids = np.array(sorted(self._keys), np.int64)
        self._furthest: dict[int, int] = {}  # since the last look, by index: the price furthest from its close
        self._halts = [halt for each in state.halts if (halt := Halt.of_row(each)).begins.date() == self._day]

    def saw(self, rows: Rows) -> None:
        """Take in what was printed."""
        for one, price in rows[np.isin(rows["instrument"], self._ids)][["instrument", "last_price"]].tolist():
            close = self._close(one)
            if abs(price - close) >= abs(self._furthest.get(one, close) - close):
                self._furthest[one] = price

    def _close(self, one: int) -> int:
        return int(self._universe.prev_close[self._universe.row[one]])

    def step(self, calendar: Calendar, at: datetime) -> Halt | None:
        """Halt everything where an index has gone too far since the last look, while shares trade; the halt."""
        furthest, self._furthest = self._furthest, {}
        local = at.astimezone(IST)
        trading = calendar.window_at(at, Board.AUCTION_SHARE) is Window.CONTINUOUS
        if not furthest or not trading or calendar.session is Session.ALWAYS or local.date() != self._day:
            return None
        moves = [(self._keys[one], self._close(one), price) for one, price in furthest.items()]
        halt = breaker.reached(moves, local, self._halts)
        if halt is None:
            return None
        self._halts.append(halt)
        markets.set_halts(self._database, self._market, self._halts)
        log.get(__name__).warning(halt.sentence, extra={"market": self._market, "until": str(halt.resumes)})
        return halt
