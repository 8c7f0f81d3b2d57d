"""A day on which everything falls, by the exchange's hours: circuit limits that follow the price, then a halt of the
whole market, its call auction, and trading that goes on; a process dies in each."""

from collections.abc import Iterator

import pytest

from core.reasons import Reason
from desk import auctions, screens
from desk import market as markets
from tests.cluster import Throwaway
from tests.simulation.nse_exchange import DAY, INFY, NIFTY, RELIANCE, TCS, Exchange, opened
from tests.simulation.test_nse_day import refused


@pytest.fixture
def exchange(throwaway: Throwaway, seeded_template: str) -> Iterator[Exchange]:
    with opened(throwaway, seeded_template) as exchange:
        yield exchange


def limits(exchange: Exchange, key: str) -> tuple[int, int]:
    """Percent of the previous close."""
    day = markets.days(exchange.database, "sim", DAY)[exchange.instrument(key).id]
    assert day.lower_band
    assert day.upper_band
    lower, upper = (round((each / day.prev_close - 1) * 100) for each in (day.lower_band, day.upper_band))
    return lower, upper


def close_of(exchange: Exchange, key: str) -> int:
    return markets.days(exchange.database, "sim", DAY)[exchange.instrument(key).id].prev_close


def at(exchange: Exchange, key: str, percent: int) -> int:
    """A price so far from yesterday's close, on the tick."""
    tick = exchange.instrument(key).tick
    return close_of(exchange, key) * (100 + percent) // 100 // tick * tick


def test_a_day_on_which_everything_falls(exchange: Exchange) -> None:
    account, other = (exchange.account(name, 10_000_000_000) for name in ("asha", "bela"))
    exchange.until("09:15:00", 1500)
    exchange.until("10:00:00", 600)
    chain = exchange.master.chain(exchange.instrument(RELIANCE).id)
    future = next(one for one in chain if one.kind == "FUT" and one.expiry and one.expiry > DAY)
    exchange.crash(0.85, RELIANCE)
    exchange.until("10:00:10")
    assert limits(exchange, RELIANCE) == limits(exchange, future.key) == (-10, 10)
    assert exchange.last(RELIANCE) <= at(exchange, RELIANCE, -10) * 1.001, "it stands at its lower circuit"
    refused(exchange.place(account, "BUY", 10, RELIANCE, at(exchange, RELIANCE, -12)), Reason.OUTSIDE_BAND)

    # What rests when the limits slide: a sale beyond the new upper end goes, a stop beyond it stays.
    dear = exchange.place(account, "SELL", 10, RELIANCE, at(exchange, RELIANCE, 8), "MIS")
    stop = exchange.place(other, "BUY", 10, RELIANCE, at(exchange, RELIANCE, 8), "MIS", "SL", at(exchange, RELIANCE, 7))
    assert (dear.status, stop.status) == (201, 201), (dear.body, stop.body)
    exchange.until("10:14:58", 60)
    assert limits(exchange, RELIANCE) == (-10, 10)
    exchange.another_life()  # a process that dies meanwhile changes nothing
    exchange.until("10:15:30", 1)
    assert limits(exchange, RELIANCE) == limits(exchange, future.key) == (-15, 5)
    assert limits(exchange, TCS) == (-10, 10), "others stay where they were"
    assert exchange.row(dear)[:2] == ("CANCELLED", int(Reason.BAND_MOVED))
    assert exchange.row(stop)[0] == "TRIGGER_PENDING"
    assert exchange.place(account, "BUY", 10, RELIANCE, at(exchange, RELIANCE, -12)).status == 201

    # The index follows its shares beyond ten per cent: everything is halted.
    waiting = exchange.place(account, "SELL", 10, TCS, at(exchange, TCS, 9), "MIS")
    exchange.crash(0.87)
    exchange.until("10:15:40")
    assert exchange.last(NIFTY) <= close_of(exchange, NIFTY) * 0.9
    (halt,) = markets.state(exchange.database, "sim").halts
    assert halt[:2] == [NIFTY, -10]
    frozen = exchange.last(RELIANCE)
    told = exchange.place(account, "BUY", 10, RELIANCE, at(exchange, RELIANCE, -12))
    refused(told, Reason.MARKET_HALTED)
    assert told.body["detail"].startswith("NIFTY 50 has fallen by 10%: all trading is halted. Try again at 11:00:")
    refused(exchange.place(account, "BUY", future.lot, future.key, product="NRML"), Reason.MARKET_HALTED)
    strip = screens.feed(exchange.database, "sim")
    assert strip["phase"].startswith("Trading is halted until 11:00: NIFTY 50 −10%")
    shown = screens.quotes(exchange.database, "sim", [RELIANCE, future.key])["items"]
    assert {row["state"] for row in shown.values()} == {"HALTED"}
    assert exchange.cancel(account, waiting).status == 200
    exchange.until("10:59:00", 300)
    assert exchange.last(RELIANCE) == frozen, "nothing prints"
    assert exchange.row(stop)[0] == "TRIGGER_PENDING"

    # The call auction that ends it.
    exchange.until("11:01:00", 10)
    blind = exchange.place(account, "BUY", 40, INFY, product="MIS")
    deep = exchange.place(other, "BUY", 40, INFY, at(exchange, INFY, -9), "MIS")
    assert (blind.status, deep.status) == (201, 201), (blind.body, deep.body)
    refused(exchange.place(account, "BUY", 10, INFY, product="MIS", validity="IOC"), Reason.WINDOW_VALIDITY)
    exchange.until("11:08:30", 10)
    exchange.another_life()
    exchange.until("11:09:00", 2)
    struck = auctions.struck(exchange.database, "sim", DAY, auctions.REOPENINGS[0])
    price, _ = struck[exchange.instrument(INFY).id]
    assert exchange.row(blind) == ("COMPLETE", None, 40, 40 * price)
    refused(exchange.place(account, "BUY", 10, INFY, product="MIS"), Reason.WINDOW_CLOSED)

    # Trading goes on, and the same level halts nothing again.
    exchange.until("11:15:20", 10)
    exchange.until("11:16:10", 1)
    assert exchange.last(RELIANCE) != frozen
    done = exchange.place(account, "BUY", future.lot, future.key, product="NRML")
    exchange.until("11:16:20")
    assert exchange.row(done)[2] == future.lot
    assert len(markets.state(exchange.database, "sim").halts) == 1
    exchange.sound()


def test_a_fall_of_a_fifth_ends_the_day(exchange: Exchange) -> None:
    account = exchange.account("asha", 10_000_000_000)
    exchange.until("09:15:00", 1500)
    resting = exchange.place(account, "SELL", 10, INFY, exchange.near(INFY, 30), "MIS")
    assert resting.status == 201, resting.body
    exchange.until("10:00:00", 600)
    with exchange.database.connection() as connection:
        connection.execute("update market_days set lower_band = null, upper_band = null where market = 'sim'")
    exchange.loop._universe.lower[:] = exchange.loop._universe.upper[:] = 0  # no circuit limits hold it
    exchange.crash(0.78)
    exchange.until("10:00:05")
    told = exchange.place(account, "BUY", 10, INFY, product="MIS")
    refused(told, Reason.MARKET_HALTED)
    assert told.body["detail"] == "NIFTY 50 has fallen by 20%: all trading is halted. Try again on Wed 25 Nov at 09:00."
    assert exchange.row(resting)[:2] == ("CANCELLED", int(Reason.EXPIRED_DAY))
    exchange.until("15:31:00", 3600)
    assert auctions.struck(exchange.database, "sim", DAY, auctions.CLOSE) == {}
    assert exchange.instrument(INFY).id in auctions.closes(exchange.database, "sim", DAY)
    exchange.until("16:00:30", 600)
    assert markets.state(exchange.database, "sim").trading_date.isoformat() == "2026-11-25"
    exchange.sound()
