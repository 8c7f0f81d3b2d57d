"""A market's rows: frames stored once and in order, quotes, candles, days, snapshots, and the tape's bounds."""

from datetime import UTC, date, datetime, timedelta

import numpy as np
import pytest

from core.frames import Frame, Rows, row_type
from db.engine import Database
from desk import market, masters
from feeds.candles import CANDLE_TYPE

AT = 1_795_300_000_000
DATE = date(2026, 11, 23)
MARKET = "sim"


@pytest.fixture
def taped(database: Database) -> Database:
    market.keep_tape(database, datetime.now(UTC), hours=6, megabytes=64)
    return database


def infy(database: Database) -> int:
    return masters.get(database).by_key["NSE:INFY"].id


def rows_of(*ids: int, price: int = 150_000, levels: int = 5) -> Rows:
    rows = np.zeros(len(ids), row_type(levels))
    rows["instrument"], rows["exchange_time"] = ids, AT
    for name in ("last_price", "open", "high", "low", "prev_close"):
        rows[name] = price
    rows["volume"], rows["oi"] = 3_000_000_000, 7
    rows["bid_price"][:, 0], rows["bid_quantity"][:, 0], rows["bid_orders"][:, 0] = price - 10, 40, 3
    rows["ask_price"][:, 0], rows["ask_quantity"][:, 0], rows["ask_orders"][:, 0] = price + 10, 60, 4
    return rows


def store(database: Database, number: int, rows: Rows, **how: bool) -> market.Stored:
    return market.store_frame(database, Frame(MARKET, number, AT + number, rows), **how)


def test_a_stored_frame_is_on_the_tape_in_the_quotes_and_in_the_markets_row(taped: Database) -> None:
    rows = rows_of(infy(taped), 2)
    stored = store(taped, 1, rows)
    state = market.state(taped, MARKET)
    assert (stored.trading_date, stored.running) == (state.trading_date, True)
    assert state.frame == 1
    assert state.exchange_time == datetime.fromtimestamp((AT + 1) / 1000, UTC)
    assert state.frame_age_ms is not None
    (frame,) = market.frames_after(taped, MARKET, 0, 10)
    assert (frame.number, frame.exchange_time, frame.levels) == (1, AT + 1, 5)
    assert frame.rows.tobytes() == rows.tobytes()
    quote = market.quotes(taped, MARKET, [infy(taped)])[infy(taped)]
    assert quote["bids"] == [149_990, 40, 3] + [0] * 12
    assert quote["asks"] == [150_010, 60, 4] + [0] * 12
    assert (quote["last_price"], quote["volume"], quote["oi"]) == (150_000, 3_000_000_000, 7)
    assert quote["exchange_time"] == datetime.fromtimestamp(AT / 1000, UTC)


def test_each_instrument_keeps_its_own_depth(taped: Database) -> None:
    rows = np.concatenate([rows_of(1, price=100), rows_of(2, price=200), rows_of(3, price=300)])
    store(taped, 1, rows)
    quotes = market.quotes(taped, MARKET)
    assert {n: quotes[n]["bids"][0] for n in (1, 2, 3)} == {1: 90, 2: 190, 3: 290}


def test_a_newer_quote_replaces_the_older_and_leaves_the_others(taped: Database) -> None:
    store(taped, 1, rows_of(1, 2, price=1_000))
    store(taped, 2, rows_of(2, price=2_000))
    quotes = market.quotes(taped, MARKET)
    assert {n: (quotes[n]["last_price"], quotes[n]["frame"]) for n in (1, 2)} == {1: (1_000, 1), 2: (2_000, 2)}


@pytest.mark.parametrize("number", [0, 1, 3, 99])
def test_a_frame_that_is_not_the_next_stores_nothing(taped: Database, number: int) -> None:
    store(taped, 1, rows_of(1, price=1_000))
    with pytest.raises(market.LostMarketError):
        store(taped, number, rows_of(1, price=9_000))
    assert market.state(taped, MARKET).frame == 1
    assert market.quotes(taped, MARKET)[1]["last_price"] == 1_000
    assert len(market.frames_after(taped, MARKET, 0, 10)) == 1


def test_frames_are_read_in_order_from_a_number_on(taped: Database) -> None:
    for number in range(1, 6):
        store(taped, number, rows_of(1, price=1_000 * number))
    assert [frame.number for frame in market.frames_after(taped, MARKET, 2, 2)] == [3, 4]
    assert market.frames_after(taped, "replay/default", 0, 10) == []


def test_one_level_is_stored_as_one_level_and_quoted_as_five(taped: Database) -> None:
    store(taped, 1, rows_of(1, price=1_000, levels=1))
    assert market.frames_after(taped, MARKET, 0, 1)[0].levels == 1
    assert market.quotes(taped, MARKET)[1]["bids"] == [990, 40, 3] + [0] * 12


def test_a_frame_may_leave_out_the_tape_or_the_quotes(taped: Database) -> None:
    store(taped, 1, rows_of(1), keep_tape=False)
    assert not market.frames_after(taped, MARKET, 0, 10)
    store(taped, 2, rows_of(2), keep_quotes=False)
    assert set(market.quotes(taped, MARKET)) == {1}
    assert market.state(taped, MARKET).frame == 2


def test_the_tape_stands_ready_for_the_next_hours_and_forgets_the_old(database: Database) -> None:
    now = datetime(2026, 11, 23, 10, 30, tzinfo=UTC)
    market.keep_tape(database, now, hours=6, megabytes=64)
    kept = market.keep_tape(database, now + timedelta(hours=9), hours=6, megabytes=64)
    # Of 10, 11 and 12 o'clock, at half past seven in the evening, the last six hours begin at 13:30.
    assert kept["dropped"] == ["tape_2026112310", "tape_2026112311", "tape_2026112312"]
    assert not kept["paused"]
    assert market.keep_tape(database, now + timedelta(hours=9), hours=6, megabytes=64)["dropped"] == []


def test_a_tape_that_is_too_large_pauses_when_one_hour_alone_is(taped: Database) -> None:
    noise = np.frombuffer(np.random.Generator(np.random.PCG64(1)).bytes(20_000 * row_type().itemsize), row_type())
    for number in range(1, 6):
        store(taped, number, noise, keep_quotes=False)
    now = datetime.now(UTC)
    assert market.keep_tape(taped, now, hours=6, megabytes=1)["paused"]
    later = market.keep_tape(taped, now + timedelta(hours=1), hours=6, megabytes=1)
    assert len(later["dropped"]) == 1
    assert not later["paused"]


def candle(start: int, first: int, high: int, low: int, last: int, volume: int) -> np.ndarray:
    return np.array([(1, start, first, high, low, last, volume, 0)], CANDLE_TYPE)


def test_a_candle_widens_and_never_loses_its_open(database: Database) -> None:
    market.add_candles(database, MARKET, "1m", candle(AT, 100, 110, 90, 105, 50))
    market.add_candles(database, MARKET, "1m", candle(AT, 104, 120, 95, 99, 40))
    start = datetime.fromtimestamp(AT / 1000, UTC)
    (found,) = market.candles(database, MARKET, 1, "1m", start, start + timedelta(minutes=1))
    assert found == market.Candle(start, 100, 120, 90, 99, 50, 0)


def test_past_candles_are_copied_exactly_and_read_oldest_first(database: Database) -> None:
    past = np.concatenate([candle(AT + n * 60_000, 100 + n, 110 + n, 90 + n, 105 + n, n) for n in range(500)])
    assert not market.has_past(database, MARKET, AT + 10**9)
    assert market.load_candles(database, MARKET, "1d", past) == 500
    assert market.has_past(database, MARKET, AT + 10**9)
    start = datetime.fromtimestamp(AT / 1000, UTC)
    found = market.candles(database, MARKET, 1, "1d", start, start + timedelta(days=1), limit=3)
    assert [one.open for one in found] == [597, 598, 599]
    assert found[-1].start == start + timedelta(minutes=499)


def test_a_days_bands_and_settlements_are_struck_once(database: Database) -> None:
    market.open_day(database, MARKET, DATE, [1, 2], [1_000, 2_000], [900, 0], [1_100, 0])
    market.open_day(database, MARKET, DATE, [1], [5_555], [1], [9_999])
    assert market.days(database, MARKET, DATE) == {
        1: market.Day(1_000, 900, 1_100),
        2: market.Day(2_000, None, None),
    }
    market.settle(database, MARKET, DATE, [1], [1_050])
    market.settle(database, MARKET, DATE, [1], [9_999])
    assert market.latest_closes(database, MARKET, DATE + timedelta(days=1)) == {1: 1_050, 2: 2_000}
    assert market.latest_closes(database, MARKET, DATE) == {}


def test_a_slot_takes_one_risk_snapshot(database: Database) -> None:
    first = market.take_snapshot(database, MARKET, DATE, "OPEN", [1, 2], [1_000, 2_000], [1_500, 900], 625)
    assert market.state(database, MARKET).risk_snapshot_id == first
    assert market.take_snapshot(database, MARKET, DATE, "OPEN", [1], [9], [9], 625) is None
    assert market.state(database, MARKET).risk_snapshot_id == first
    second = market.take_snapshot(database, MARKET, DATE, "23-11", [1], [1_010], [1_500], 625)
    assert market.state(database, MARKET).risk_snapshot_id == second


def test_markets_are_made_once_and_one_runs(database: Database) -> None:
    assert market.running(database).id == MARKET
    assert market.ensure_markets(database, feed="replay") == "replay/default"
    assert [state.id for state in market.markets(database) if state.running] == [MARKET]
    market.switch(database, MARKET, on=False)
    with pytest.raises(LookupError, match="No market"):
        market.running(database)


def test_a_phase_moves_only_from_where_it_was_expected(database: Database) -> None:
    assert market.enter(database, MARKET, "OPEN", ["STARTING"])
    assert not market.enter(database, MARKET, "CLOSED", ["STARTING"])
    assert market.state(database, MARKET).phase == "OPEN"


def test_what_the_feed_left_is_given_back(database: Database) -> None:
    market.save_feed(database, MARKET, {"late": 2}, {"rng": "int:" + "9" * 39})
    market.save_feed(database, MARKET, {"late": 3}, None)
    assert market.resume_state(database, MARKET) == {"rng": "int:" + "9" * 39}
    assert market.state(database, MARKET).feed_state == {"late": 3}
