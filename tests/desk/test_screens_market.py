"""Quotes, the feed pill and candles as screens read them."""

from datetime import UTC, datetime, timedelta

import pytest
from psycopg.types.json import Jsonb

from core.reasons import Refusal
from db.engine import Database
from desk import screens
from tests import factories as make

KEYS = {
    "last_price",
    "change",
    "change_percent",
    "open",
    "high",
    "low",
    "prev_close",
    "volume",
    "oi",
    "lower_band",
    "upper_band",
    "bids",
    "asks",
    "exchange_time",
    "age_ms",
    "state",
    "indicative_price",
    "indicative_quantity",
}


def age(database: Database, seconds: float, **market: object) -> None:
    """The market's last frame was stored so long ago."""
    with database.connection() as connection:
        connection.execute("update markets set frame = 8, frame_at = now() - make_interval(secs => %s)", (seconds,))
        for name, value in market.items():
            connection.execute(f"update markets set {name} = %s", (value,))


def test_a_quote_says_how_it_differs_from_the_previous_close(clean_database: Database) -> None:
    make.market(clean_database)
    infy = make.instrument(clean_database)
    make.quote(clean_database, infy, 151_005, prev_close=150_000)
    make.insert(
        clean_database,
        "market_days",
        market="sim",
        trading_date=make.TODAY,
        instrument_id=infy,
        prev_close=150_000,
        lower_band=135_000,
    )
    age(clean_database, 0.1)
    answer = screens.quotes(clean_database, "sim", ["NSE:INFY", "NSE:NOPE", "INFY", "NSE:INFY"])
    assert (answer["market"], answer["frame"], answer["unknown"]) == ("sim", 8, ["NSE:NOPE", "INFY"])
    quote = answer["items"]["NSE:INFY"]
    assert quote.keys() == KEYS
    assert (quote["change"], quote["change_percent"], quote["state"]) == (10.05, 0.67, "LIVE")
    assert (quote["bids"], quote["asks"]) == ([[1510, 10, 1]], [[1510.1, 20, 2]])
    assert (quote["lower_band"], quote["upper_band"]) == (1350, None)


@pytest.mark.parametrize(
    ("seconds", "market", "pill", "quoted"),
    [
        (0.1, {}, "LIVE", "LIVE"),
        (20, {}, "STALE", "STALE"),
        (120, {}, "DOWN", "STALE"),
        (0.1, {"phase": "CLOSED"}, "CLOSED", "CLOSED"),
        (9999, {"running": False}, "CLOSED", "CLOSED"),
    ],
)
def test_the_pill_tells_a_live_market_from_one_that_only_looks_so(
    clean_database: Database, seconds: float, market: dict[str, object], pill: str, quoted: str
) -> None:
    make.market(clean_database)
    make.quote(clean_database, make.instrument(clean_database))
    age(clean_database, seconds, **market)
    assert screens.feed(clean_database, "sim")["state"] == pill
    assert screens.quotes(clean_database, "sim", ["NSE:INFY"])["items"]["NSE:INFY"]["state"] == quoted


def test_an_instrument_that_went_quiet_is_stale_in_a_live_market(clean_database: Database) -> None:
    make.market(clean_database)
    make.quote(clean_database, make.instrument(clean_database), stored_at=datetime.now(UTC) - timedelta(minutes=1))
    age(clean_database, 0.1)
    quote = screens.quotes(clean_database, "sim", ["NSE:INFY"])["items"]["NSE:INFY"]
    assert quote["state"] == "STALE"
    assert quote["age_ms"] >= 60_000


def test_a_market_before_its_first_frame_is_down(clean_database: Database) -> None:
    make.market(clean_database)
    assert screens.feed(clean_database, "sim") == {
        "market": "sim",
        "state": "DOWN",
        "age_ms": None,
        "frame": 0,
        "phase": None,
        "until": None,
        "past_day": None,
        "ended": None,
    }


def test_a_market_whose_prices_have_ended_says_why(clean_database: Database) -> None:
    told = {"feed": "silent", "ended": True, "reason": "No past day is left to play."}
    make.market(clean_database, phase="CLOSED", feed_state=Jsonb(told))
    found = screens.feed(clean_database, "sim")
    assert (found["state"], found["ended"]) == ("CLOSED", "No past day is left to play.")


def test_a_market_of_the_past_says_which_day_it_plays(clean_database: Database) -> None:
    make.market(clean_database, feed_state=Jsonb({"feed": "replay", "past_day": "2023-01-02"}))
    assert screens.feed(clean_database, "sim")["past_day"] == "2023-01-02"


def test_unknown_markets_and_endless_questions_are_refused(clean_database: Database) -> None:
    make.market(clean_database)
    with pytest.raises(Refusal):
        screens.quotes(clean_database, "mars", ["NSE:INFY"])
    with pytest.raises(Refusal):
        screens.feed(clean_database, "mars")
    with pytest.raises(Refusal):
        screens.quotes(clean_database, "sim", [f"NSE:X{n}" for n in range(501)])
    with pytest.raises(Refusal):
        screens.candles(clean_database, "sim", 1, "7m")


def minutes(database: Database, instrument: int, count: int) -> datetime:
    """Bars of 09:15 IST and after; bar n opens at n, closes at n + 1 rupees, and trades n shares."""
    start = datetime(2026, 11, 23, 3, 45, tzinfo=UTC)
    for n in range(count):
        price = 100_000 + n * 100
        make.insert(
            database,
            "candles",
            market="sim",
            instrument_id=instrument,
            interval="1m",
            start=start + timedelta(minutes=n),
            open=price,
            high=price + 150,
            low=price - 50,
            close=price + 100,
            volume=n,
            oi=7,
        )
    return start


def test_minutes_are_read_as_they_are(clean_database: Database) -> None:
    make.market(clean_database)
    infy = make.instrument(clean_database)
    start = minutes(clean_database, infy, 5)
    found = screens.candles(
        clean_database, "sim", infy, start=start + timedelta(minutes=1), end=start + timedelta(minutes=3)
    )
    assert [bar["start"][11:16] for bar in found["items"]] == ["09:16", "09:17"]
    assert found["items"][0] == {
        "start": "2026-11-23T09:16:00.000+05:30",
        "open": 1001,
        "high": 1002.5,
        "low": 1000.5,
        "close": 1002,
        "volume": 1,
        "oi": 7,
    }


def test_longer_bars_are_the_minutes_in_them_counted_from_a_quarter_past_nine(
    clean_database: Database,
) -> None:
    make.market(clean_database)
    infy = make.instrument(clean_database)
    minutes(clean_database, infy, 7)
    found = screens.candles(clean_database, "sim", infy, "5m")["items"]
    assert [
        (bar["start"][11:16], bar["open"], bar["close"], bar["high"], bar["low"], bar["volume"]) for bar in found
    ] == [
        ("09:15", 1000, 1005, 1005.5, 999.5, 10),
        ("09:20", 1005, 1007, 1007.5, 1004.5, 11),
    ]


def test_the_newest_bars_win_when_there_are_too_many(clean_database: Database) -> None:
    make.market(clean_database)
    infy = make.instrument(clean_database)
    minutes(clean_database, infy, 5)
    found = screens.candles(clean_database, "sim", infy, limit=2)["items"]
    assert [bar["start"][11:16] for bar in found] == ["09:18", "09:19"]
    assert screens.candles(clean_database, "sim", infy + 1)["items"] == []
