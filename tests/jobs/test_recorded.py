"""A market that is recorded, and the recording played as a market: the same frames, and of the same orders the same
fills."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import settings
from core.orders import OrderType, PlaceOrder, Product, Side, Validity
from core.reasons import Refusal
from db.engine import Database
from desk import __main__ as command_line
from desk import filling, market, masters, recordings, sealing, trading, wallet
from jobs import past, recorded
from jobs.bus import Bus
from jobs.market import MarketLoop
from jobs.matcher import Matcher
from tests.floor import AnyTerm

STEP = 250
KEYS = ("NSE:INFY", "NSE:SBIN", "NSE:RELIANCE")
FRAMES, RESTARTS = 24, (7, 15)


class Wall:
    """A wall clock that stands still until a step begins, at half past eleven in India on some day."""

    def __init__(self, day: date) -> None:
        self.ms = int(datetime.combine(day, time(6), UTC).timestamp() * 1000)

    def __call__(self) -> int:
        return self.ms


class Term(AnyTerm):
    """A leadership that nobody contends, and writes no first frame down."""

    term = 1

    def first_frame(self, number: int) -> None:
        """Which frame it began with is the test's to know."""


_made: list[MarketLoop] = []


@pytest.fixture(autouse=True)
def home(tmp_path: Path, database: Database, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setattr(sealing._Place, "folder", tmp_path)
    monkeypatch.setattr(past, "fill", lambda *_: None)
    yield tmp_path
    while _made:
        _made.pop().close()


def loop_of(database: Database, name: str, wall: Wall, **chosen: Any) -> tuple[MarketLoop, Bus]:
    bus = Bus()
    made = MarketLoop(database, name, settings.Settings(**chosen), bus, lambda: True, wall)
    _made.append(made)
    return made, bus


def played_market(database: Database, folder: Path, wall: Wall, speed: float = 1.0) -> tuple[MarketLoop, Bus]:
    """The market of the replay feed, made now, and its loop."""
    market.ensure_markets(database, feed="replay", session="always", now=datetime(2027, 1, 14, 6, tzinfo=UTC))
    market.switch(database, "sim", on=False)
    market.switch(database, "replay/default", on=True)
    return loop_of(database, "replay/default", wall, kagaz_replay_path=folder, kagaz_replay_speed=speed)


def frames_of(database: Database, name: str) -> list[tuple[int, Any, bytes]]:
    return [
        (one.number, one.exchange_time, one.rows.tobytes()) for one in market.frames_after(database, name, 0, 1_000)
    ]


def trade(database: Database, name: str, loop: MarketLoop, bus: Bus, wall: Wall, seed: int) -> bytes:
    """Enter a seed's orders at their frames, with leaders that start at theirs; the list of fills."""
    chance, placed = np.random.default_rng(seed), list[int]()
    account = 0
    matcher: Matcher | None = None
    for number in range(1, FRAMES + 1):
        wall.ms += STEP
        loop.step()
        if not account:
            account = trader(database, name)
        if matcher is None or number in RESTARTS:
            matcher = Matcher(database, name, Term(), filling)  # type: ignore[arg-type]
        frame = bus.take(0)
        assert frame is not None
        assert frame.number == number
        matcher.step(frame, matcher._looked_at, True)
        for _ in range(3):
            placed.append(place(database, account, name, chance))
        matcher.step(None, rung=True)
    with database.connection() as connection:
        rows = connection.execute(
            "select frame, order_id, quantity, price from trades where account_id = %s order by id", [account]
        ).fetchall()
    lines = (f"{frame} {placed.index(order)} {quantity} {price}" for frame, order, quantity, price in rows)
    return "\n".join(lines).encode()


def trader(database: Database, name: str) -> int:
    state = market.state(database, name)
    with database.connection() as connection:
        user = connection.execute(
            "insert into users (name, role) values (%s, 'trader') returning id", [name[:3]]
        ).fetchone()
        assert user
        made = connection.execute(
            "insert into accounts (user_id, market, name, trading_date) values (%s, %s, 'main', %s) returning id",
            [user[0], name, state.trading_date],
        ).fetchone()
        assert made
    assert wallet.deposit(database, "asha", made[0], 100_000_000_000).status == 201
    return int(made[0])


def place(database: Database, account: int, name: str, chance: np.random.Generator) -> int:
    """A limit near the market, or a market order, of a share: the order's number, 0 where it was refused."""
    one = masters.get(database).by_key[KEYS[int(chance.integers(len(KEYS)))]]
    last = market.quotes(database, name, [one.id])[one.id]["last_price"]
    side = Side.BUY if chance.integers(3) else Side.SELL
    price = (last // one.tick + int(chance.integers(-6, 7))) * one.tick if chance.integers(3) else 0
    wish = PlaceOrder(
        one.id, side, OrderType.LIMIT if price else OrderType.MARKET, Product.MIS, int(chance.integers(1, 4_000)),
        Validity.DAY, price, 0,
    )  # fmt: skip
    answer = trading.place(database, "asha", account, wish, None)
    return int(answer.body["order_id"]) if answer.status == 201 else 0


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_recorded_market_played_again_fills_the_same_orders_alike(database: Database, seed: int) -> None:
    wall = Wall(market.state(database, "sim").trading_date)
    recordings.switch(database, "asha", "sim", on=True)
    loop, bus = loop_of(database, "sim", wall, kagaz_seed=seed)
    fills = trade(database, "sim", loop, bus, wall, seed)
    assert fills.count(b"\n") > 20
    loop.close()
    (kept,) = recordings.listed()
    assert (kept.market, kept.frames, kept.lost) == ("sim", FRAMES, 0)
    assert kept.bytes > 10_000
    wall = Wall(date(2027, 1, 14))
    again, bus = played_market(database, kept.folder, wall)
    assert trade(database, "replay/default", again, bus, wall, seed) == fills
    assert frames_of(database, "replay/default") == frames_of(database, "sim")
    label = market.state(database, "replay/default")
    assert label.trading_date.isoformat() == kept.date
    assert again._feed is not None
    assert again._feed.state()["label"] == f"Recording of {kept.date}"


def recorded_frames(database: Database, count: int = 12) -> recordings.Recorded:
    wall = Wall(market.state(database, "sim").trading_date)
    recordings.switch(database, "asha", "sim", on=True)
    loop, _ = loop_of(database, "sim", wall, kagaz_seed=4)
    for _ in range(count):
        wall.ms += STEP
        loop.step()
    loop.close()
    (kept,) = recordings.listed()
    return kept


def test_frames_come_one_by_one_however_fast_they_are_played(database: Database) -> None:
    kept = recorded_frames(database)
    wall = Wall(date(2027, 1, 14))
    loop, bus = played_market(database, kept.folder, wall, speed=100)
    seen = []
    taken = bus.taken

    def execution(timeout: float) -> bool:
        frame = bus.take(0)
        if frame is not None:
            seen.append(frame.number)
        return taken(0)

    bus.taken = execution  # type: ignore[method-assign]
    for _ in range(20):
        wall.ms += STEP
        loop.step()
    execution(0)
    assert seen == list(range(1, 13))
    assert bus.merged == 0
    assert frames_of(database, "replay/default") == frames_of(database, "sim")


def test_where_somebody_has_an_account_the_day_is_played_on_the_markets_own_date(database: Database) -> None:
    kept = recorded_frames(database)
    wall = Wall(date(2027, 1, 14))
    loop, bus = played_market(database, kept.folder, wall)
    trader(database, "replay/default")
    for _ in range(12):
        wall.ms += STEP
        loop.step()
        bus.take(0)
    state = market.state(database, "replay/default")
    shift = (state.trading_date - datetime.fromisoformat(kept.date).date()).days
    assert shift > 0
    ours, theirs = market.frames_after(database, "replay/default", 0, 99), market.frames_after(database, "sim", 0, 99)
    assert [one.exchange_time - other.exchange_time for one, other in zip(ours, theirs, strict=True)] == [
        shift * 86_400_000
    ] * 12
    infy = masters.get(database).by_key["NSE:INFY"].id
    prices = [
        [int(row["last_price"]) for one in frames for row in one.rows if row["instrument"] == infy]
        for frames in (ours, theirs)
    ]
    assert prices[0] == prices[1] != []
    assert (
        market.days(database, "replay/default", state.trading_date)[infy]
        == (market.days(database, "sim", market.state(database, "sim").trading_date)[infy])
    )


def test_a_market_is_recorded_while_it_is_wanted_and_the_status_says_so(database: Database) -> None:
    wall = Wall(market.state(database, "sim").trading_date)
    loop, _ = loop_of(database, "sim", wall)

    def steps(count: int) -> None:
        loop.look()
        for _ in range(count):
            wall.ms += STEP
            loop.step()

    steps(2)
    assert recordings.listed() == []
    recordings.switch(database, "asha", "sim", on=True)
    steps(3)
    loop.look()
    steps(1)
    assert market.state(database, "sim").feed_state["recording"]["lost"] == 0
    recordings.switch(database, "asha", "sim", on=False)
    steps(3)
    assert market.state(database, "sim").feed_state["recording"] == {}
    (kept,) = recordings.listed()
    assert 0 < kept.frames <= 5


def test_the_command_line_switches_and_lists(
    database: Database, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], home: Path
) -> None:
    monkeypatch.setattr(command_line.installation, "prepare", lambda *_: Database(database.url))
    monkeypatch.setattr(command_line.installation, "release", lambda: None)
    assert command_line.main(["record", "sim", "on"]) == 0
    assert market.state(database, "sim").recording
    assert str(home / "recordings") in capsys.readouterr().out
    recorded_frames(database, 3)
    assert command_line.main(["recordings"]) == 0
    day = market.state(database, "sim").trading_date
    assert f"sim {day}: 3 frames, " in capsys.readouterr().out
    assert command_line.main(["record", "sim", "off"]) == 0
    assert not market.state(database, "sim").recording
    assert command_line.main(["record", "nowhere", "on"]) == 2
    assert "There is no market nowhere." in capsys.readouterr().err
    with pytest.raises(Refusal):
        recordings.switch(database, "asha", "nowhere", on=True)


def test_no_recorded_day_is_left_after_the_last(database: Database) -> None:
    kept = recorded_frames(database, 3)
    chosen = settings.Settings(kagaz_replay_path=kept.folder)
    state = market.state(database, "sim")
    resume = {"past_day": kept.date, "trading_date": (state.trading_date - timedelta(days=1)).isoformat()}
    _, feed = recorded.open_feed(database, chosen, state, resume)
    assert feed.state()["ended"]
