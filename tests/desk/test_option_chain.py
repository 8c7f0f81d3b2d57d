"""The option chain: the future of an expiry beside its options, and a contract in place of its underlying."""

from datetime import date

import pytest

from core.reasons import Refusal
from db.engine import Database
from desk import option_chain
from tests.desk.test_vendor_masters import run_the_market


@pytest.fixture(autouse=True)
def on_the_date(database: Database) -> None:
    run_the_market(database)


def test_an_expiry_has_its_future_and_its_strikes(database: Database) -> None:
    told = option_chain.chain(database, "sim", "NSE:NIFTY 50")
    assert told["expiries"][:2] == ["2026-11-23", "2026-12-01"]
    assert (told["expiry"], told["future"]["key"]) == ("2026-11-23", "NFO:NIFTY26NOVFUT")
    row = next(each for each in told["rows"] if each["strike"] == 25000)
    assert (row["call"]["key"], row["put"]["lot"]) == ("NFO:NIFTY26NOV25000CE", 65)
    weekly = option_chain.chain(database, "sim", "NSE:NIFTY 50", date(2026, 12, 1))
    assert (weekly["future"], weekly["rows"][0]["call"]["key"][:14]) == (None, "NFO:NIFTY26D01")


def test_a_contract_names_its_underlying_and_its_own_expiry(database: Database) -> None:
    for key in ("NFO:NIFTY26DEC25000CE", "NFO:NIFTY26DECFUT"):
        told = option_chain.chain(database, "sim", key)
        assert (told["underlying"], told["expiry"]) == ("NSE:NIFTY 50", "2026-12-29")


@pytest.mark.parametrize("key", ["NSE:NOBODY", "NSE:NIFTYBEES"])
def test_what_has_no_options_is_refused(database: Database, key: str) -> None:
    with pytest.raises(Refusal, match="There are no options on that"):
        option_chain.chain(database, "sim", key)
    with pytest.raises(Refusal, match="None of its options ends on 02 Dec 2026"):
        option_chain.chain(database, "sim", "NSE:NIFTY 50", date(2026, 12, 2))


def test_open_interest_is_told_as_the_day_before_left_it(database: Database) -> None:
    told = option_chain.chain(database, "sim", "NSE:NIFTY 50")
    assert told["rows"][0]["call"]["oi_before"] is None
    key = told["rows"][0]["call"]["key"]
    exchange, symbol = key.split(":")
    bar = (
        "insert into candles (market, instrument_id, interval, start, open, high, low, close, volume, oi)"
        " select 'sim', i.id, %s, (m.trading_date + %s::interval) at time zone 'Asia/Kolkata', 1, 1, 1, 1, 0, %s"
        " from instruments i, markets m where i.exchange = %s and i.symbol = %s and m.id = 'sim'"
    )
    with database.connection() as connection:
        for interval, at, oi in (("1m", "09:16:00", 750), ("1m", "09:15:00", 700)):
            connection.execute(bar, [interval, at, oi, exchange, symbol])
    assert option_chain.chain(database, "sim", key)["rows"][0]["call"]["oi_before"] == 700, "its first day"
    with database.connection() as connection:
        for interval, at, oi in (("1d", "-2 days", 500), ("1d", "-1 day", 600), ("1d", "0 days", 900)):
            connection.execute(bar, [interval, at, oi, exchange, symbol])
    assert option_chain.chain(database, "sim", key)["rows"][0]["call"]["oi_before"] == 600
