"""Watches the exchange's clock and takes the market over to its next trading date when the time has come."""

from datetime import date, datetime

import log
from desk import account_watch, amo, closing, flatten, margin_calls, masters, risk_watch, squared_off
from desk import jobs as runs
from desk import market as markets
from desk.market import Database
from jobs.exchange_closes import ExchangeCloses
from jobs.histories import Histories
from jobs.loop import Steady
from jobs.market import MarketLoop


class ClosingLoop(Steady):
    """Asks each second what the clock demands. A roll that was killed resumes where it stopped."""

    every = 1.0

    def __init__(self, database: Database, market: MarketLoop, histories: Histories | None = None) -> None:
        super().__init__()
        self.name = f"closing {market.market}"
        self._database, self._market = database, market
        self._closes = ExchangeCloses(database, market, histories)
        self._squared: date | None = None
        self._tidied = False

    def step(self) -> None:
        """One look at the clock, and at the losses that block cash; nothing while another process leads."""
        if not self._market.leads():
            return
        market = self._market.market
        if not self._tidied:
            runs.end_passed(self._database, market, closing.ROLL_JOB)
            self._tidied = True
        looked = account_watch.look(self._database, market)
        risk_watch.watch(self._database, market, looked)
        margin_calls.follow(self._database, market, looked)
        flatten.follow(self._database, market)
        now = self._market.clock()
        step = closing.due(self._database, market, now)
        if step is not None and step.step == closing.SQUARE_OFF:
            self._square_off(step, now)
        elif step is not None and step.step == closing.MOVE:
            if closing.move(self._database, market, step):
                self._market.look()
        elif step is not None:
            self._roll(step)
        if step is None or step.step == closing.SQUARE_OFF:
            amo.release(self._database, markets.state(self._database, market), self._market.clock())
        runs.beat(self._database, "closing", market)

    def _square_off(self, step: closing.Due, now: datetime) -> None:
        """Closes what is intraday, and keeps when that began and ended."""
        market, day = self._market.market, step.trading_date
        found = closing.square_off(self._database, market, now)
        if self._squared == day:
            return
        ends = masters.get(self._database).intraday_ends(markets.state(self._database, market).session, day)
        if squared_off.follow(self._database, market, day, list(ends.values()), now, found["open"]):
            self._squared = day

    def _roll(self, step: closing.Due) -> None:
        """Strikes prices and opens the next date's closes and bands first, so that it trades at once.

        Of several dates that were slept through each is rolled once the feed plays it, in their order. A date whose end
        a live market did not see waits for the exchange's closes.
        """
        closes = self._closes.look(step.trading_date)
        if closes is None:
            return
        if not self._market.settle(step.trading_date, step.next_date, closes):
            self._market.look()
            return
        self._closes.conclude(step.trading_date)
        late = step.late_ms if step.late_ms > squared_off.ON_TIME_MS else 0
        if late:
            told = {"market": self._market.market, "trading_date": step.trading_date.isoformat(), "late_ms": late}
            log.get(__name__).warning("A trading date is rolled late", extra=told)
        runs.once(
            self._database,
            self._market.market,
            closing.ROLL_JOB,
            step.trading_date,
            lambda: closing.roll(self._database, self._market.market, step),
            late_ms=late,
        )
        self._market.look()
