"""A whole day by the exchange's hours: the market's loop, the matcher and the closing loop on one clock that is set."""

from collections.abc import Iterator
from contextlib import ExitStack
from datetime import date, datetime, time, timedelta
from typing import Any
from unittest.mock import patch

import pytest

import settings
from core.calendar import IST
from core.reasons import Reason
from db import doorbell
from db.engine import Database
from desk import auctions, filling, masters
from desk import market as markets
from desk.answers import Answer
from desk.leadership import Leadership
from jobs import bus as bus_module
from jobs import market as market_module
from jobs import matcher as matcher_module
from jobs.bus import Bus
from jobs.closing import ClosingLoop
from jobs.market import MarketLoop
from jobs.matcher import Matcher
from tests.cluster import Throwaway
from tests.floor import Floor
from tests.simulation.clock import INSTALL, OURS_FIRST, Clock
from tests.simulation.ground import Quiet

DAY = date(2026, 11, 23)
RELIANCE, INFY, TCS, FUND, NIFTY = "NSE:RELIANCE", "NSE:INFY", "NSE:TCS", "NSE:NIFTYBEES", "NSE:NIFTY 50"
TIMED = (market_module, matcher_module, bus_module, masters)


class Reign(Leadership):
    """A leadership that nobody contends for."""

    def __init__(self) -> None:
        self.term, self.market = 1, "sim"

    def guard(self, connection: Any) -> None:
        """Every term is the right one."""

    def claim(self, connection: Any) -> None:  # type: ignore[override]
        """Nobody contends."""

    def first_frame(self, number: int) -> None:
        """Nobody needs to know."""


class Exchange(Floor):
    """A floor whose market runs by the exchange's hours, step by step."""

    def __init__(self, database: Database, clock: Clock) -> None:
        super().__init__(database)
        self.clock, self.bus = clock, Bus()
        with database.connection() as connection:
            connection.execute(
                "update markets set session = 'nse', trading_date = %s, phase = 'STARTING', exchange_time = null", [DAY]
            )
        self.trading_date = DAY
        masters.forget(database)
        self.master = masters.get(database)
        self.loop = MarketLoop(
            database, "sim", settings.Settings(kagaz_seed=5), self.bus, lambda: True, lambda: clock.ms
        )
        self.closing = ClosingLoop(database, self.loop)
        self.matcher = self.another_life()

    def another_life(self) -> Matcher:
        """The book is built anew from the database, as after a crash."""
        self.matcher = Matcher(self.database, "sim", Reign(), filling)
        return self.matcher

    def step(self) -> None:
        self.loop.step()
        self.matcher.step(self.bus.take(0), self.bus.published_at, True)
        self.closing.step()
        if self.matcher.over:
            self.another_life()

    def until(self, text: str, every: float = 1.0) -> None:
        """Lets time pass to an Indian time of day, a step every so many seconds."""
        end = datetime.combine(DAY, time.fromisoformat(text), IST)
        while self.clock.at < end:
            self.clock.set(min(end, self.clock.at + timedelta(seconds=every)))
            self.step()

    def row(self, order: Answer) -> tuple[str, int | None, int, int]:
        """(status, reason code, filled, turnover)."""
        with self.database.connection() as connection:
            row = connection.execute(
                "select status, reason_code, filled, turnover from orders where id = %s", [self.number(order)]
            ).fetchone()
        assert row
        return tuple(row)

    def last(self, key: str) -> int:
        one = self.instrument(key).id
        return int(markets.quotes(self.database, "sim", [one])[one]["last_price"])

    def near(self, key: str, per_mille: int) -> int:
        """A price so far from the last one, on the tick."""
        tick = self.instrument(key).tick
        return self.last(key) * (1000 + per_mille) // 1000 // tick * tick


@pytest.fixture
def exchange(throwaway: Throwaway, seeded_template: str) -> Iterator[Exchange]:
    url = throwaway.clone(seeded_template)
    with Database(url) as plain, plain.connection() as connection:
        connection.execute(INSTALL)
    clock = Clock(url, datetime(2026, 11, 23, 8, 50, tzinfo=IST))
    with Database(url + OURS_FIRST, pool_size=6) as database, ExitStack() as stack:
        doorbell._bells[database] = Quiet()  # type: ignore[assignment]
        for module in TIMED:
            stack.enter_context(patch.object(module, "time", clock))
        yield Exchange(database, clock)
    clock.close()
    throwaway.drop(url)


def refused(answer: Answer, reason: Reason) -> None:
    assert answer.body.get("reason_code") == int(reason), answer.body


@pytest.mark.timeout(600)
def test_a_day_from_the_opening_auction_to_the_next_date(exchange: Exchange) -> None:
    account = exchange.account("asha", 10_000_000_000)
    other = exchange.account("bela", 10_000_000_000)
    exchange.until("08:55:00", 300)
    price = exchange.last(INFY)
    early = exchange.place(account, "BUY", 50, INFY, exchange.near(INFY, 20), "MIS")
    assert early.body["status"] == "AMO", early.body

    # The opening auction.
    exchange.until("09:00:02", 150)
    assert exchange.row(early)[0] == "OPEN"
    blind = exchange.place(account, "BUY", 100, INFY, product="MIS")
    assert blind.status == 201, blind.body
    deep = exchange.place(other, "BUY", 40, INFY, exchange.near(INFY, -40), "MIS")
    refused(exchange.place(account, "BUY", 10, INFY, price + 1000, "MIS", "SL", price + 500), Reason.WINDOW_TYPE)
    chain = exchange.master.chain(exchange.instrument(NIFTY).id)
    futures = [one for one in chain if one.kind == "FUT"]
    assert [one.expiry for one in futures][:2] == [date(2026, 11, 23), date(2026, 12, 29)]
    contract, far = futures[1], futures[2]
    far_off = exchange.place(account, "BUY", far.lot, far.key, 2_500_000, "NRML", amo=False)
    refused(far_off, Reason.WINDOW_CLOSED)
    exchange.until("09:06:00", 90)
    refused(exchange.place(account, "BUY", 10, INFY, product="MIS"), Reason.WINDOW_TYPE)
    late = exchange.place(other, "SELL", 30, INFY, exchange.near(INFY, -20), "MIS")
    assert late.status == 201, late.body
    refused(exchange.cancel(account, blind), Reason.WINDOW_NO_CANCEL)
    bids = markets.quotes(exchange.database, "sim", [exchange.instrument(INFY).id])
    book = bids[exchange.instrument(INFY).id]
    assert book["bids"][0] > book["asks"][0] > 0  # an auction's book crosses
    assert book["last_price"] == price  # and prints nothing
    exchange.until("09:11:00", 30)
    struck = auctions.struck(exchange.database, "sim", DAY, auctions.OPEN)
    opened, quantity = struck[exchange.instrument(INFY).id]
    assert quantity > 150
    for order, units in ((blind, 100), (late, 30), (early, 50)):
        assert exchange.row(order) == ("COMPLETE", None, units, units * opened)
    assert exchange.row(deep)[0] == "OPEN"
    exchange.until("09:14:59", 120)
    assert exchange.last(INFY) == opened

    # Continuous trading. What the auction left goes on.
    exchange.until("09:15:10", 3)
    assert exchange.row(deep)[0] == "OPEN"
    ahead = (exchange.near(RELIANCE, 70), exchange.near(RELIANCE, 65))
    stop = exchange.place(account, "BUY", 10, RELIANCE, ahead[0], "CNC", "SL", ahead[1])
    away = exchange.place(account, "BUY", 10, RELIANCE, exchange.near(RELIANCE, -80))
    patient = exchange.place(account, "BUY", 10, TCS, exchange.near(TCS, -20))
    waiting = exchange.place(account, "BUY", 10, FUND, exchange.near(FUND, -40))
    for order in (stop, away, patient, waiting):
        assert order.status == 201, order.body
    exchange.until("15:00:00", 1800)
    exchange.until("15:14:58", 120)
    assert {exchange.row(order)[0] for order in (stop, away, patient)} == {"TRIGGER_PENDING", "OPEN"}

    # The pause before the closing auction.
    exchange.until("15:15:08", 2)
    assert exchange.row(stop)[:2] == ("CANCELLED", int(Reason.NOT_FOR_AUCTION))
    assert exchange.row(away)[:2] == ("CANCELLED", int(Reason.OUTSIDE_AUCTION_BAND))
    assert exchange.row(patient)[0] == "OPEN"
    exchange.until("15:16:00", 26)
    frozen = exchange.last(TCS)
    refused(exchange.place(account, "BUY", 10, TCS, product="MIS"), Reason.WINDOW_CLOSED)
    assert exchange.place(account, "BUY", 10, FUND).status == 201
    assert exchange.place(account, "BUY", contract.lot, contract.key, product="NRML").status == 201
    exchange.until("15:22:00", 60)
    assert exchange.last(TCS) == frozen
    closing = exchange.place(account, "BUY", 60, TCS)
    assert closing.status == 201, closing.body
    exchange.until("15:26:00", 60)
    refused(exchange.place(account, "BUY", 10, TCS), Reason.WINDOW_TYPE)
    refused(exchange.place(account, "BUY", 10, TCS, exchange.near(TCS, 50)), Reason.OUTSIDE_BAND)
    limit = exchange.place(other, "BUY", 25, TCS, exchange.near(TCS, 20))
    assert limit.status == 201, limit.body
    assert exchange.place(account, "BUY", 10, FUND).status == 201
    exchange.until("15:29:59", 30)
    assert exchange.row(waiting)[0] == "OPEN"

    # One price, and what it leaves.
    exchange.until("15:31:30", 15)
    tcs = exchange.instrument(TCS).id
    closed, _ = auctions.struck(exchange.database, "sim", DAY, auctions.CLOSE)[tcs]
    assert exchange.row(closing) == ("COMPLETE", None, 60, 60 * closed)
    assert exchange.row(limit) == ("COMPLETE", None, 25, 25 * closed)
    assert exchange.row(patient)[:2] == ("CANCELLED", int(Reason.AUCTION_UNMATCHED))
    assert exchange.row(waiting)[:2] == ("CANCELLED", int(Reason.EXPIRED_DAY))
    assert exchange.last(TCS) == closed
    assert auctions.closes(exchange.database, "sim", DAY)[tcs] == closed
    refused(exchange.place(account, "BUY", 10, FUND), Reason.WINDOW_CLOSED)
    assert exchange.place(account, "SELL", contract.lot, contract.key, product="NRML").status == 201
    exchange.until("15:39:50", 60)
    trades = exchange.place(account, "BUY", contract.lot, contract.key, product="NRML")
    exchange.until("15:40:10", 1)
    assert exchange.row(trades)[2] == contract.lot
    refused(exchange.place(account, "BUY", contract.lot, contract.key, product="NRML"), Reason.WINDOW_CLOSED)

    # After the close everything trades at the closing price.
    exchange.until("15:50:05", 60)
    refused(exchange.place(account, "BUY", 10, TCS, closed + 10 * exchange.instrument(TCS).tick),
            Reason.POST_CLOSE_PRICE)  # fmt: skip
    after = exchange.place(account, "BUY", 10, TCS)
    assert after.status == 201, after.body
    exchange.until("15:50:15")
    assert exchange.row(after) == ("COMPLETE", None, 10, 10 * closed)

    # The next date is not tomorrow, which is a holiday, and contracts that end on it have ended today.
    exchange.until("16:00:05", 60)
    state = markets.state(exchange.database, "sim")
    assert (state.trading_date, state.phase) == (date(2026, 11, 25), "CLOSED")
    assert markets.days(exchange.database, "sim", date(2026, 11, 25))[tcs].prev_close == closed
    index = exchange.instrument(NIFTY).id
    with exchange.database.connection() as connection:
        settled = connection.execute(
            "select settlement from market_days where instrument_id = %s and trading_date = %s", [index, DAY]
        ).fetchone()
    assert settled
    assert abs(settled[0] - exchange.last(NIFTY)) * 1000 < settled[0]
    exchange.until("16:05:00", 60)
    exchange.sound()


@pytest.mark.timeout(600)
def test_a_process_that_dies_over_an_auction_hands_out_what_it_struck_once(
    exchange: Exchange, monkeypatch: pytest.MonkeyPatch
) -> None:
    accounts = [exchange.account(name, 1_000_000_000) for name in ("asha", "bela", "chand")]
    exchange.until("09:00:02", 60)
    orders = [exchange.place(one, "BUY", 100, INFY, product="MIS") for one in accounts]
    exchange.until("09:07:50", 30)
    real, calls = filling.apply, []

    def dying(*given: Any) -> Any:
        """The first account's fill is written; then the process is gone."""
        calls.append(given)
        real(given[0], given[1], given[2][:1])
        raise RuntimeError("dead")

    monkeypatch.setattr(filling, "apply", dying)
    with pytest.raises(RuntimeError, match="dead"):
        exchange.until("09:11:00", 5)
    monkeypatch.setattr(filling, "apply", real)
    assert sorted(exchange.row(order)[2] for order in orders) == [0, 0, 100]
    exchange.another_life()
    exchange.until("09:11:30", 5)
    assert [exchange.row(order)[:3] for order in orders] == [("COMPLETE", None, 100)] * 3
    exchange.another_life()
    exchange.until("09:12:00", 5)
    with exchange.database.connection() as connection:
        found = connection.execute("select count(*), count(distinct price) from trades").fetchone()
    assert found == (3, 1)
    exchange.sound()
