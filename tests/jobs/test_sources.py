"""Which feed a market gets: past days one by one until none is left, and never made-up prices as a vendor's."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

import settings
from db.engine import Database
from desk import market, masters
from jobs import sources
from jobs.bus import Bus
from jobs.closing import ClosingLoop
from jobs.market import MarketLoop

MARKET = "replay/default"
HOUR = 3_600_000


class Wall:
    """A wall clock that is set by hand."""

    def __init__(self) -> None:
        self.ms = int(datetime(2026, 11, 23, 6, tzinfo=UTC).timestamp() * 1000)

    def __call__(self) -> int:
        self.ms += 1_000
        return self.ms


@pytest.fixture
def bars(tmp_path: Path) -> Path:
    """Two days of NIFTY and of one share, minute by minute, and a few rows that are no bars."""
    lines = ["NIFTY,20230102,09:99,1,1,1,1,0,0", "garbage"]
    for day, level in (("20230102", 18_000), ("20230103", 18_200)):
        for minute in range(9 * 60 + 16, 15 * 60 + 31):
            at = f"{minute // 60:02d}:{minute % 60:02d}"
            lines.append(f"NIFTY,{day},{at},{level},{level + 5},{level - 5},{level + 2},0,0")
            lines.append(f"INFY,{day},{at},1500,1501,1499,1500.5,1000,0")
    file = tmp_path / "bars.csv"
    file.write_text("\n".join(lines))
    return file


@pytest.fixture
def loop(database: Database, bars: Path) -> Iterator[MarketLoop]:
    chosen = settings.Settings(kagaz_replay_path=bars, kagaz_replay_speed=1)
    market.ensure_markets(database, feed="replay", session="always", now=datetime(2026, 11, 23, 6, tzinfo=UTC))
    market.switch(database, "sim", on=False)
    market.switch(database, MARKET, on=True)
    made = MarketLoop(database, MARKET, chosen, Bus(), lambda: True, Wall())
    yield made
    made.close()


def test_past_days_are_played_date_by_date_until_the_last(database: Database, loop: MarketLoop) -> None:
    wall, closing = loop._wall_ms, ClosingLoop(database, loop)
    assert isinstance(wall, Wall)
    nifty = masters.get(database).by_key["NSE:NIFTY 50"].id
    for past, trading_date, level in (
        ("2023-01-02", date(2026, 11, 23), 1_800_000),
        ("2023-01-03", date(2026, 11, 24), 1_820_000),
    ):
        loop.step()
        loop.step()
        state = market.state(database, MARKET)
        assert (state.trading_date, state.phase) == (trading_date, "OPEN")
        quote = market.quotes(database, MARKET, [nifty])[nifty]
        assert abs(quote["last_price"] - level) <= 600
        # 9:15 in India, whatever the wall says.
        assert state.exchange_time is not None
        assert state.exchange_time.replace(minute=0, second=0, microsecond=0).hour == 3
        market.save_feed(database, MARKET, loop._feed.state(), None)  # type: ignore[union-attr]
        label = market.state(database, MARKET).feed_state["label"]
        assert label == f"{past} replayed as {trading_date}"
        derived = [one for one in masters.get(database).listed() if one.underlying_id == nifty and not one.strike]
        future = market.quotes(database, MARKET, [one.id for one in derived])
        assert all(abs(row["last_price"] / level - 1) < 0.03 for row in future.values())
        assert future
        wall.ms += 7 * HOUR
        loop.step()
        closing.step()
        loop.step()
    state = market.state(database, MARKET)
    assert state.trading_date >= date(2026, 11, 25)
    assert loop._feed is None or loop._feed.state().get("ended")


def test_a_replay_begins_where_one_says_and_has_the_real_days_before_it_on_its_charts(
    database: Database, bars: Path
) -> None:
    chosen = settings.Settings(kagaz_replay_path=bars, kagaz_replay_from=date(2023, 1, 3))
    market.ensure_markets(database, feed="replay", session="always", now=datetime(2026, 11, 23, 6, tzinfo=UTC))
    market.switch(database, MARKET, on=True)
    loop = MarketLoop(database, MARKET, chosen, Bus(), lambda: True, Wall())
    loop.step()
    loop.fill_the_past()
    loop.close()
    assert market.state(database, MARKET).feed_state["past_day"] == "2023-01-03"
    nifty = masters.get(database).by_key["NSE:NIFTY 50"].id
    since = datetime(2025, 11, 1, tzinfo=UTC)
    days = market.candles(database, MARKET, nifty, "1d", since, datetime(2026, 11, 22, tzinfo=UTC))
    last = days[-1]
    assert (last.open, last.high, last.low, last.close) == (1_800_000, 1_800_500, 1_799_500, 1_800_200)
    assert len(days) > 200  # what is older is made up


def test_strikes_are_listed_round_the_past_days_prices(database: Database, loop: MarketLoop) -> None:
    loop.step()
    nifty = masters.get(database).by_key["NSE:NIFTY 50"].id
    strikes = {one.strike for one in masters.get(database).listed() if one.underlying_id == nifty and one.strike}
    assert 1_800_000 in strikes
    quotes = market.quotes(database, MARKET)
    assert any((masters.get(database).by_id[i].strike or 0) == 1_800_000 for i in quotes)


@pytest.mark.parametrize("feed", ["upstox", "truedata"])
def test_a_vendor_without_an_account_is_silent(database: Database, feed: str) -> None:
    state = replace(market.state(database, "sim"), feed=feed)
    _, made = sources.open_feed(database, settings.Settings(), state, {"kept": 1})
    assert not len(made.next_rows(1))
    assert made.state()["ended"]
    assert feed in made.state()["reason"]
    assert made.resume() == {"kept": 1}


@pytest.mark.parametrize(
    ("text", "first", "why"),
    [
        (None, None, "KAGAZ_REPLAY_PATH names no file"),
        ("garbage\n", None, "no bar that can be read"),
        ("NIFTY,20230102,09:16,1,1,1,1,0,0\n", date(2023, 1, 3), "No past day is left"),
    ],
)
def test_a_replay_that_has_nothing_to_play_says_why(
    database: Database, tmp_path: Path, text: str | None, first: date | None, why: str
) -> None:
    file = tmp_path / "bars.csv"
    if text is not None:
        file.write_text(text)
    state = replace(market.state(database, "sim"), feed="replay")
    chosen = settings.Settings(kagaz_replay_path=None if text is None else file, kagaz_replay_from=first)
    _, made = sources.open_feed(database, chosen, state, {})
    assert why in made.state()["reason"]


def test_a_replay_without_a_file_is_silent(database: Database) -> None:
    state = replace(market.state(database, "sim"), feed="replay")
    _, made = sources.open_feed(database, settings.Settings(kagaz_replay_path=None), state, {})
    assert made.state()["ended"]
