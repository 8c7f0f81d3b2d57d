"""Lists of instruments, quotes and candles by the broker's own client."""

from datetime import date, datetime, time, timedelta

import pytest
from kiteconnect import KiteTicker, exceptions
from websockets.sync.client import connect

from core.calendar import IST
from core.instruments import Kind
from gateway.tokens import instrument_of, token_of
from tests import factories
from tests.gateway.conftest import is_error, keys_of
from tests.gateway.test_ticker import address_of, hear, say
from tests.patience import PATIENCE

HEADER = (
    "instrument_token,exchange_token,tradingsymbol,name,last_price,expiry,strike,tick_size,lot_size,instrument_type,"
    "segment,exchange"
)
QUOTE = {
    "instrument_token", "timestamp", "last_trade_time", "last_price", "last_quantity", "buy_quantity",
    "sell_quantity", "volume", "average_price", "oi", "oi_day_high", "oi_day_low", "net_change",
    "lower_circuit_limit", "upper_circuit_limit", "ohlc", "depth",
}  # fmt: skip


def test_the_list_of_instruments(alice, floor):
    rows = alice.instruments()
    assert len(rows) == len(list(floor.master.listed()))
    assert {row["exchange"] for row in rows} == {"NSE", "BSE", "NFO", "BFO"}
    assert len({row["instrument_token"] for row in rows}) == len(rows)
    by_key = {f"{row['exchange']}:{row['tradingsymbol']}": row for row in rows}
    infy = by_key["NSE:INFY"]
    assert (infy["segment"], infy["instrument_type"], infy["lot_size"], infy["expiry"]) == ("NSE", "EQ", 1, "")
    assert infy["instrument_token"] == int(infy["exchange_token"]) << 8 | 1
    assert by_key["NSE:NIFTY 50"]["segment"] == "INDICES"
    chain = [row for row in rows if row["name"] == "NIFTY" and row["segment"] == "NFO-OPT"]
    assert chain
    assert all(isinstance(row["expiry"], date) and row["strike"] > 0 for row in chain)
    assert {row["instrument_type"] for row in chain} == {"CE", "PE"}
    assert any(row["name"] == "NIFTY" and row["segment"] == "NFO-FUT" for row in rows)


def test_the_list_of_one_exchange_is_compressed_for_who_takes_it(alice, by_hand):
    assert {row["exchange"] for row in alice.instruments("NFO")} == {"NFO"}
    packed = by_hand.get("/instruments/NFO")
    assert packed.headers["content-encoding"] == "gzip"
    plain = by_hand.get("/instruments/NFO", headers={"accept-encoding": "identity"})
    assert "content-encoding" not in plain.headers
    assert plain.text == packed.text
    assert plain.text.splitlines()[0] == HEADER
    assert plain.headers["content-type"].startswith("text/csv")
    assert plain.headers["etag"] == packed.headers["etag"]
    for known in (plain.headers["etag"], f'"other", {plain.headers["etag"]}', "*"):
        again = by_hand.get("/instruments/NFO", headers={"if-none-match": known})
        assert (again.status_code, again.content) == (304, b"")
    assert by_hand.get("/instruments/NSE", headers={"if-none-match": plain.headers["etag"]}).status_code == 200
    with pytest.raises(exceptions.InputException, match="NSE, BSE, NFO, BFO"):
        alice.instruments("MCX")


def test_every_instrument_is_found_by_its_number_and_no_other_is(floor):
    for one in floor.master.by_id.values():
        token = token_of(one)
        assert token < 2**32
        assert instrument_of(floor.master, token) is one
        assert (token & 0xFF == 9) == (one.kind is Kind.INDEX)
        assert instrument_of(floor.master, token + 1) is None


def test_quotes_in_three_sizes(alice, floor):
    infy = floor.instrument("NSE:INFY")
    factories.quote(
        floor.database, infy.id, 151_000, prev_close=150_000, volume=12_345,
        bids=[150_995, 10, 1, 150_990, 20, 2] + [0] * 9, asks=[151_005, 30, 3] + [0] * 12,
    )  # fmt: skip
    quote = alice.quote("NSE:INFY")["NSE:INFY"]
    assert set(quote) == QUOTE
    assert (quote["last_price"], quote["net_change"], quote["volume"]) == (1510, 10, 12_345)
    assert (quote["buy_quantity"], quote["sell_quantity"]) == (30, 30)
    assert quote["ohlc"]["close"] == 1500
    assert (quote["lower_circuit_limit"], quote["upper_circuit_limit"]) == (1200, 1800)
    assert quote["depth"]["buy"][:2] == [
        {"price": 1509.95, "quantity": 10, "orders": 1}, {"price": 1509.9, "quantity": 20, "orders": 2},
    ]  # fmt: skip
    assert [len(quote["depth"][side]) for side in ("buy", "sell")] == [5, 5]
    assert quote["depth"]["sell"][4] == {"price": 0, "quantity": 0, "orders": 0}
    assert isinstance(quote["timestamp"], datetime)
    token = token_of(infy)
    assert alice.ohlc("NSE:INFY") == {
        "NSE:INFY": {"instrument_token": token, "last_price": 1510, "ohlc": quote["ohlc"]}
    }
    asked = ["NSE:INFY", str(token), "NSE:NOSUCH", "NSE:TCS", "no key", "99999999999", "१२"]
    assert alice.ltp(asked) == {
        "NSE:INFY": {"instrument_token": token, "last_price": 1510},
        str(token): {"instrument_token": token, "last_price": 1510},
    }


def test_how_many_quotes_are_asked_for(alice, by_hand):
    many = [f"NSE:S{number}" for number in range(501)]
    with pytest.raises(exceptions.InputException, match="at most 500"):
        alice.quote(many)
    assert alice.ltp(many) == {}
    with pytest.raises(exceptions.InputException, match="at most 1000"):
        alice.ltp([f"NSE:S{number}" for number in range(1001)])
    is_error(by_hand.get("/quote"), 400, "InputException")


def at(text: str) -> datetime:
    """A time without a zone, as bots write them."""
    return datetime.fromisoformat(text)


@pytest.fixture
def bars(floor):
    """Ten minutes of INFY, and two days of it."""
    infy = floor.instrument("NSE:INFY").id
    start = datetime(2026, 11, 23, 9, 15, tzinfo=IST)
    for number in range(10):
        factories.insert(
            floor.database, "candles", market="sim", instrument_id=infy, interval="1m",
            start=start + timedelta(minutes=number), open=150_000 + number, high=150_010 + number,
            low=149_990, close=150_005, volume=10, oi=number,
        )  # fmt: skip
    for day in (20, 23):
        factories.insert(
            floor.database, "candles", market="sim", instrument_id=infy, interval="1d",
            start=start.replace(day=day), open=1, high=2, low=1, close=2, volume=5, oi=0,
        )  # fmt: skip
    return token_of(floor.instrument("NSE:INFY"))


def test_candles_of_minutes(alice, bars):
    start, end = at("2026-11-23 09:16"), at("2026-11-23 09:20")
    found = alice.historical_data(bars, start, end, "minute")
    assert [row["date"].strftime("%H:%M") for row in found] == ["09:16", "09:17", "09:18", "09:19", "09:20"]
    assert found[0]["date"].utcoffset() == timedelta(hours=5, minutes=30)
    assert {name: found[0][name] for name in ("open", "high", "low", "close", "volume")} == {
        "open": 1500.01, "high": 1500.11, "low": 1499.9, "close": 1500.05, "volume": 10,
    }  # fmt: skip
    assert "oi" not in found[0]
    assert [row["oi"] for row in alice.historical_data(bars, start, end, "minute", oi=True)] == [1, 2, 3, 4, 5]
    (five, ten) = alice.historical_data(bars, "2026-11-23 09:15:00", "2026-11-23 15:30:00", "5minute")
    assert (five["volume"], ten["volume"], five["high"]) == (50, 50, 1500.14)


@pytest.mark.parametrize(
    ("start", "end"),
    [
        (date(2026, 11, 20), date(2026, 11, 23)),
        ("2026-11-20", "2026-11-23"),
        ("2026-11-20 00:00:00+05:30", "2026-11-23 23:59:59+05:30"),
        (at("2026-11-20"), at("2026-11-24")),
    ],
)
def test_candles_of_days_by_dates_of_any_kind(alice, bars, start, end):
    found = alice.historical_data(bars, start, end, "day")
    assert [row["date"].strftime("%Y-%m-%d %H:%M") for row in found] == ["2026-11-20 00:00", "2026-11-23 00:00"]


@pytest.mark.parametrize(
    ("token", "start", "end", "interval", "more", "says"),
    [
        (None, "2026-11-23", "2026-11-23", "2minute", {}, "Send one of minute"),
        (1, "2026-11-23", "2026-11-23", "minute", {}, "no instrument of this number"),
        ("NSE:INFY", "2026-11-23", "2026-11-23", "minute", {}, "no instrument of this number"),
        (None, "yesterday", "2026-11-23", "minute", {}, "Send a time as"),
        (None, "2026-11-23", "2026-13-45", "minute", {}, "Send a time as"),
        (None, "2026-11-24", "2026-11-22", "minute", {}, "must come before"),
        (None, "2026-01-01", "2026-11-22", "minute", {}, "at most 60 days"),
        (None, "9999-12-31", "9999-12-31", "day", {}, "Send a time as"),
        (None, "2026-11-23", "2026-11-23", "day", {"continuous": True}, "ask for a future"),
    ],
)
def test_candles_that_cannot_be_given(alice, bars, token, start, end, interval, more, says):
    with pytest.raises(exceptions.InputException) as refused:
        alice.historical_data(token or bars, start, end, interval, **more)
    assert says in str(refused.value)


def test_futures_are_joined_by_days(alice, floor):
    """Each day is told by the contract that was the next to end; what is asked for is the last of them."""
    near = floor.future()
    later = floor.future(after=near.expiry)
    start = datetime.combine(near.expiry, datetime.min.time(), IST) + timedelta(hours=9, minutes=15)
    for contract, price in ((near, 1_000), (later, 2_000)):
        for days in (-1, 0, 1):
            factories.insert(
                floor.database, "candles", market="sim", instrument_id=contract.id, interval="1d",
                start=start + timedelta(days=days), open=price, high=price + 1, low=price - 1, close=price + days,
                volume=5, oi=7,
            )  # fmt: skip
    first, last = near.expiry - timedelta(days=1), near.expiry + timedelta(days=1)
    told = alice.historical_data(token_of(later), first, last, "day", continuous=True, oi=True)
    assert [row["close"] for row in told] == [9.99, 10, 20.01]
    assert {row["oi"] for row in told} == {7}
    assert [row["close"] for row in alice.historical_data(token_of(later), first, last, "day")] == [19.99, 20, 20.01]
    # The one that ends first has nothing of the one after it.
    own = alice.historical_data(token_of(near), first, last, "day", continuous=True)
    assert [row["close"] for row in own] == [9.99, 10]
    with pytest.raises(exceptions.InputException, match="ask for a future"):
        alice.historical_data(token_of(later), first, last, "minute", continuous=True)


def test_the_days_average_price_and_its_range_of_open_interest_come_of_its_bars(alice, floor, host, desk):
    """By HTTP and by the ticker alike; before the day's first bar by its range, and without a trade there is none."""
    infy, tcs, nifty = (floor.instrument(key) for key in ("NSE:INFY", "NSE:TCS", "NSE:NIFTY 50"))
    start = datetime.combine(floor.trading_date, time(9, 15), IST)
    for minute, (price, volume, oi) in enumerate(
        [(90_000, 50, 1), (149_000, 30, 9), (150_000, 60, 2), (152_000, 10, 5)]
    ):
        factories.insert(
            desk, "candles", market="sim", instrument_id=infy.id, interval="1m",
            start=start + timedelta(minutes=minute), open=price, high=price + 30, low=price - 30, close=price,
            volume=volume, oi=oi,
        )  # fmt: skip
    # The two newest bars have 70 of the day's 80: ten of the one before are the day's too, and nothing of the first.
    factories.quote(desk, infy.id, 150_100, volume=80, oi=4, exchange_time=start + timedelta(minutes=5))
    factories.quote(desk, tcs.id, 300_000, high=330_000, low=270_000, volume=5, oi=3)
    factories.quote(desk, nifty.id, 2_600_000, volume=0)
    told = alice.quote("NSE:INFY", "NSE:TCS", "NSE:NIFTY 50")
    assert {
        key: (row["average_price"], row["oi_day_high"], row["oi_day_low"], row["oi"]) for key, row in told.items()
    } == {"NSE:INFY": (1501.25, 9, 2, 4), "NSE:TCS": (3000, 3, 3, 3), "NSE:NIFTY 50": (0, 0, 0, 0)}
    ticker = KiteTicker("", "")
    with connect(address_of(host, keys_of(desk, "alice")), open_timeout=PATIENCE) as socket:
        say(socket, "mode", ["full", [token_of(infy), token_of(tcs)]])
        ticks = {tick["instrument_token"]: tick for tick in ticker._parse_binary(hear(socket))}
    for one, key in ((infy, "NSE:INFY"), (tcs, "NSE:TCS")):
        tick = ticks[token_of(one)]
        assert tick["average_traded_price"] == told[key]["average_price"]
        assert (tick["oi_day_high"], tick["oi_day_low"]) == (told[key]["oi_day_high"], told[key]["oi_day_low"])
