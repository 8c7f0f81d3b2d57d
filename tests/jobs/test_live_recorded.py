"""A live market's day from two vendors' wires to fills, through the loss of one of them and the death of the market's
process, recorded and played again in its owner's replay: the same orders at the same frames with the same starts of the
leader get the same fills, byte for byte."""

import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import numpy as np
import pytest

import settings
from core.calendar import IST
from core.failover import Patience
from core.frames import Frame
from core.orders import OrderType, PlaceOrder, Product, Side, Validity
from core.vendors import Vendor
from db.engine import Database
from desk import access, filling, live, masters, recordings, replays, sealing, trading, vendors, wallet
from desk.principal import Principal
from desk.vendors import Credential
from feeds.live import twin
from feeds.live.process import LineProcess
from jobs import live as opening
from jobs import past
from jobs.bus import Bus
from jobs.market import MarketLoop
from jobs.matcher import Matcher
from tests.desk.test_vendors import TRUEDATA, UPSTOX
from tests.feeds.standins import truedata, upstox
from tests.feeds.standins.truedata import TrueDataStandIn
from tests.feeds.standins.upstox import UpstoxStandIn
from tests.floor import AnyTerm
from tests.patience import PATIENCE
from tests.people import credential_of, open_market, person, signed_in

# Far from where this house would have them: what a replay made up itself would refuse every order.
SHARES = {"INFY": 2_600.0, "TCS": 5_200.0, "SBIN": 1_500.0}
SOME, RESTART_EVERY = 12, 9
AGO = 2.0  # seconds; far from what an order is under way, and from what makes a display too old
MARKET, BOOK = "live/asha", "asha/live-main"


class Term(AnyTerm):
    """A leadership that nobody contends."""

    term = 1

    def first_frame(self, number: int) -> None:
        """The test says when it begins."""


class Each(Bus):
    """Frames one by one, whoever is how fast."""

    def __init__(self) -> None:
        super().__init__()
        self.frames: deque[Frame] = deque()

    def publish(self, frame: Frame) -> None:
        self.frames.append(frame)


@dataclass
class Trader:
    """Enters a seed's orders at frames and keeps what came of each; a leader starts anew after every so many frames."""

    database: Database
    market: str
    account: int
    seed: int
    placed: list[int] = field(default_factory=list)
    acted: list[int] = field(default_factory=list)
    frames: list[tuple[int, bytes]] = field(default_factory=list)
    matcher: Matcher | None = None

    def take(self, frame: Frame, acts: bool) -> None:
        if self.matcher is None or frame.number % RESTART_EVERY == 0:
            self.matcher = Matcher(self.database, self.market, Term(), filling)  # type: ignore[arg-type]
        # As if it had come a while ago: an order is on its way for some milliseconds, and acts on the frame at which it
        # was entered however quick this machine is.
        self.matcher.step(frame, time.monotonic() - AGO, True)
        plain = frame.rows.copy()
        plain["exchange_time"] = 0
        self.frames.append((frame.number, plain.tobytes()))
        if not acts:
            return
        self.acted.append(frame.number)
        chance = np.random.default_rng([self.seed, frame.number])
        self.placed += [self._place(frame, chance) for _ in range(2)]
        self.matcher.step(None, rung=True)

    def _place(self, frame: Frame, chance: np.random.Generator) -> int:
        row = frame.rows[int(chance.integers(len(frame.rows)))]
        one = masters.get(self.database).by_id[int(row["instrument"])]
        # Near the last price, or at the edge of the band, which moves with the previous close that the vendor tells.
        about = int(row["last_price"]) if chance.integers(3) else int(row["prev_close"]) * 11 // 10
        near = (about // one.tick + int(chance.integers(-4, 5))) * one.tick
        price = near if chance.integers(3) else 0
        side = Side.BUY if chance.integers(3) else Side.SELL
        wish = PlaceOrder(
            one.id, side, OrderType.LIMIT if price else OrderType.MARKET, Product.CNC, int(chance.integers(1, 300)),
            Validity.DAY, price,
        )  # fmt: skip
        answer = trading.place(self.database, "asha", self.account, wish, None)
        return int(answer.body["order_id"]) if answer.status == 201 else 0

    def fills(self) -> bytes:
        with self.database.connection() as connection:
            rows = connection.execute(
                "select frame, order_id, quantity, price from trades where account_id = %s order by id", [self.account]
            ).fetchall()
        lines = (f"{frame} {self.placed.index(order)} {quantity} {price}" for frame, order, quantity, price in rows)
        return "\n".join(lines).encode()


@dataclass
class Vendors:
    """Both stand-ins, and who makes them talk."""

    stream: UpstoxStandIn
    other: TrueDataStandIn
    keys: dict[str, str]

    def talk(self, seed: int, over: threading.Event) -> None:
        """Prices that wander, words that come twice, too late or as nonsense; the other vendor is a little below."""
        chance, at, volume = np.random.default_rng(seed), dict(SHARES), 1_000
        while not over.wait(0.01):
            name = list(at)[int(chance.integers(len(at)))]
            at[name] = round(at[name] + 0.1 * int(chance.integers(-3, 4)), 2)
            key, volume = self.keys[name], volume + int(chance.integers(0, 50))
            self.stream.prices[key] = at[name]
            self.stream.tick([key])
            low = round(at[name] * 100) - 100
            said = [self.other.book(name, low - 5, low + 5, int(chance.integers(1, 90)))]
            said.append(self.other.trade(name, low, volume))
            if chance.integers(6) == 0:
                self.stream.tick([key], at=int(time.time() * 1000) - 900)
                said.append(said[int(chance.integers(2))])
            if chance.integers(12) == 0:
                self.stream.say(b"\xff\xffnonsense")
                self.other.raw("{nonsense")
            self.other.say(*said)

    def line_of(self, given: Credential) -> LineProcess:
        if given.vendor is Vendor.UPSTOX:
            return LineProcess("upstox", {"access_token": upstox.TOKEN, "stream": self.stream.address})
        secret = {"user": truedata.USER, "password": truedata.PASSWORD, "port": str(self.other.port)}
        return LineProcess("tests.feeds.live.plain", secret)


@pytest.fixture
def asha(database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Principal:
    """Both vendors are hers, and her live market is switched on, recorded and never closed."""
    monkeypatch.setenv("KAGAZ_SEALING_KEY", "k" * 32)
    settings.load.cache_clear()
    monkeypatch.setattr(sealing._Place, "folder", tmp_path)
    monkeypatch.setattr(past, "fill", lambda *_: None)
    monkeypatch.setattr(twin, "Patience", partial(Patience, silent=300, steady=1_000))
    open_market(database)
    person(database, "asha")
    _, who = signed_in(database, "asha")
    vendors.put(database, who, Vendor.UPSTOX, UPSTOX)
    vendors.put(database, who, Vendor.TRUEDATA, TRUEDATA)
    credential = credential_of(database, who.user_id, Vendor.UPSTOX)
    vendors.connected(database, credential, upstox.TOKEN, datetime.now(UTC) + timedelta(hours=8))
    live.choose(database, who, Vendor.UPSTOX, Vendor.TRUEDATA)
    live.record(database, who, MARKET, on=True)
    with database.connection() as connection:
        listed = connection.execute(
            "insert into watchlists (user_id, name, position) values (%s, 'of a day', 9) returning id", (who.user_id,)
        ).fetchone()
        assert listed
        for name in SHARES:
            number = masters.get(database).by_key[f"NSE:{name}"].id
            connection.execute("insert into watchlist_items values (%s, %s, %s)", (listed[0], number, number))
            connection.execute(
                "insert into instrument_keys (vendor, key, since, instrument_id) values"
                " ('upstox', %s, '2026-01-01', %s), ('truedata', %s, '2026-01-01', %s)",
                (f"NSE_EQ|{name}", number, name, number),
            )
    return who


@pytest.fixture
def both(asha: Principal, monkeypatch: pytest.MonkeyPatch) -> Iterator[Vendors]:
    with UpstoxStandIn() as stream, TrueDataStandIn() as other:
        made = Vendors(stream, other, {name: f"NSE_EQ|{name}" for name in SHARES})
        monkeypatch.setattr(opening, "line_of", made.line_of)
        yield made


def book_of(database: Database, market: str, name: str) -> int:
    """An account with money in a market that never closes, on the present date."""
    today = datetime.now(IST).date()
    with database.connection() as connection:
        connection.execute("update markets set session = 'always', trading_date = %s where id = %s", (today, market))
        connection.execute("update accounts set trading_date = %s where market = %s", (today, market))
    account = access.by_key(database, name).id
    assert wallet.deposit(database, "asha", account, 5_00_00_000_00, f"first {name}").ok
    return account


def live_day(database: Database, both: Vendors, seed: int) -> Trader:
    """The first vendor, the second while the first is away, the first again, and a process that is killed."""
    bus, trader = Each(), Trader(database, MARKET, book_of(database, MARKET, BOOK), seed)
    loops = [MarketLoop(database, MARKET, settings.Settings(), bus, lambda: True)]
    end = time.monotonic() + 3 * PATIENCE

    def until(enough: Callable[[], bool], frames: int = SOME) -> None:
        while frames > 0:
            assert time.monotonic() < end, loops[-1]._feed and loops[-1]._feed.state()
            loops[-1].step()
            while bus.frames:
                trader.take(bus.frames.popleft(), acts=not bus.frames)
                frames -= enough()
            time.sleep(0.02)

    def shows(vendor: str) -> bool:
        feed = loops[-1]._feed
        return feed is not None and feed.name == vendor

    over = threading.Event()
    talker = threading.Thread(target=both.talk, args=(seed, over))
    talker.start()
    try:
        until(lambda: shows("upstox"))
        both.stream.go_away()
        until(lambda: shows("truedata"))
        both.stream.come_back()
        until(lambda: shows("upstox"))
        killed = loops[-1]
        loops.append(MarketLoop(database, MARKET, settings.Settings(), bus, lambda: True))
        opening.close(killed._feed)
        killed._recorder.close()
        until(lambda: shows("upstox"))
    finally:
        over.set()
        talker.join()
        loops[-1].close()
        opening.close(loops[0]._feed)
    return trader


@pytest.mark.parametrize("seed", [1, 2])
def test_a_recorded_live_day_played_again_fills_the_same_orders_alike(
    database: Database, asha: Principal, both: Vendors, seed: int
) -> None:
    first = live_day(database, both, seed)
    fills = first.fills()
    assert fills.count(b"\n") > 10
    assert 0 in first.placed, "an order beyond the day's bands is refused"
    (kept,) = recordings.listed()
    assert (kept.market, kept.frames, kept.lost) == (MARKET, len(first.frames), 0)

    chosen = settings.Settings(kagaz_feed="replay", kagaz_replay_path=kept.folder)
    name = replays.ensure(database, chosen)
    assert name == "replay/asha"
    again = Trader(database, name, book_of(database, name, "asha/replay-main"), seed)
    wall, bus = [int(time.time() * 1000)], Each()
    loop = MarketLoop(database, name, chosen, bus, lambda: True, lambda: wall[0])
    with ExitStack() as stack:
        stack.callback(loop.close)
        end = time.monotonic() + 2 * PATIENCE
        while len(again.frames) < len(first.frames):
            assert time.monotonic() < end, loop._feed and loop._feed.state()
            loop.step()
            while bus.frames:
                frame = bus.frames.popleft()
                again.take(frame, acts=frame.number in first.acted)
            wall[0] += 10
    assert [number for number, _ in again.frames] == [number for number, _ in first.frames]
    assert again.frames == first.frames
    assert [bool(each) for each in again.placed] == [bool(each) for each in first.placed]
    assert again.fills().splitlines() == fills.splitlines()
