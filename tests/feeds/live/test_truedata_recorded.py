"""A live day, recorded and played again: the same orders at the same frames and the same leader starts give the same
fills, byte for byte."""

import threading
import time
from pathlib import Path

import numpy as np
import pytest

from core.book import Resting
from core.frames import Frame
from core.matching import Fill
from core.orders import OrderType, Product, Validity
from db.engine import Database
from feeds import recording, recording_files
from feeds.guard import Believing, Guard
from feeds.live.feed import LiveFeed
from feeds.live.process import LineProcess
from feeds.recorder import Recorder
from feeds.universe import Universe
from jobs.matcher import Matcher
from tests.feeds import listings
from tests.feeds.standins.truedata import PASSWORD, USER, TrueDataStandIn
from tests.matching.test_execution import Memory, Reign
from tests.patience import PATIENCE

KEYS = {number: f"SHARE{number}" for number in listings.SHARES}
FRAMES, RESTARTS = 40, (13, 27)


class Engine:
    """The matcher over a desk in memory, fed frame by frame; orders come from a seed and the frame before them."""

    def __init__(self, database: Database, seed: int) -> None:
        with database.connection() as connection:
            connection.execute("update markets set phase = 'OPEN' where id = 'sim'")
        self._database, self._seed = database, seed
        self._desk = Memory()
        self._matcher = Matcher(database, "sim", Reign(), self._desk)
        self._orders = 0

    def take(self, frame: Frame) -> None:
        if frame.number in RESTARTS:
            self._matcher = Matcher(self._database, "sim", Reign(), self._desk)
        self._matcher.step(frame, time.monotonic())
        chance = np.random.default_rng([self._seed, frame.number])
        for _ in range(3):
            row = frame.rows[int(chance.integers(len(frame.rows)))]
            limit = int(row["last_price"]) + 5 * int(chance.integers(-4, 5))
            self._orders += 1
            self._desk.place(
                Resting(
                    order_id=self._orders, account_id=1 + self._orders % 3, instrument_id=int(row["instrument"]),
                    side=1 if chance.integers(2) else -1, limit=limit,
                    trigger=0, pending=int(chance.integers(1, 120)), order_type=OrderType.LIMIT,
                    validity=Validity.IOC if chance.integers(4) == 0 else Validity.DAY, priority=self._orders,
                    active_from=0, product=Product.MIS,
                )
            )  # fmt: skip
        self._matcher.step(None, rung=True)

    def fills(self) -> bytes:
        found = [one for batch in self._desk.batches for one in batch if isinstance(one, Fill)]
        return "\n".join(f"{one.frame} {one.order_id} {one.quantity} {one.price}" for one in found).encode()


def talk(stand: TrueDataStandIn, seed: int, over: threading.Event) -> None:
    """A vendor that repeats itself, skips, goes back and talks nonsense among its trades and books."""
    chance, volume = np.random.default_rng(seed), 1_000
    price = {key: 100_000 + 1_000 * number for number, key in enumerate(KEYS.values())}
    while not over.wait(0.01):
        key = list(price)[int(chance.integers(len(price)))]
        price[key] += 5 * int(chance.integers(-3, 4))
        volume += int(chance.integers(0, 200))
        said = [
            stand.book(key, price[key] - 5, price[key] + 5, int(chance.integers(1, 90))),
            stand.trade(key, price[key], volume),
        ]
        if chance.integers(5) == 0:
            said.append(said[int(chance.integers(2))])
        if chance.integers(9) == 0:
            said.append(stand.trade(key, price[key] + 50, volume, seq=1))
        stand.say(*said)
        if chance.integers(9) == 0:
            stand.raw("{nonsense")
        if chance.integers(150) == 0:
            stand.drop()


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_day_of_the_stand_in_plays_again_to_the_same_fills(
    database: Database, stand: TrueDataStandIn, tmp_path: Path, seed: int
) -> None:
    universe = Universe([one for one in listings.universe().listings if one.instrument.id in KEYS], listings.DATE)
    line = LineProcess("tests.feeds.live.plain", {"user": USER, "password": PASSWORD, "port": str(stand.port)})
    feed, guard, engine = LiveFeed(universe, line, KEYS), Guard(universe), Engine(database, seed)
    recorder = Recorder(tmp_path, "live/asha", 100)
    recorder.follow(True, universe)
    over = threading.Event()
    talker = threading.Thread(target=talk, args=(stand, seed, over))
    talker.start()
    feed.want(list(KEYS))
    line.start()
    frames: list[Frame] = []
    deadline = time.monotonic() + 2 * PATIENCE
    try:
        while len(frames) < FRAMES:
            assert time.monotonic() < deadline, feed.state()
            time.sleep(0.05)
            now = int(time.time() * 1000)
            clock = feed.clock(now)
            rows = guard.check(feed.next_rows(now), clock)
            if len(rows):
                frames.append(Frame("sim", len(frames) + 1, clock, rows))
                recorder.put(frames[-1])
                engine.take(frames[-1])
    finally:
        over.set()
        talker.join()
        line.stop()
        recorder.close()
    assert recorder.lost == 0
    fills = engine.fills()
    assert fills.count(b"\n") > 30

    folder = recording_files.folder(tmp_path, "live/asha", listings.DATE.isoformat())
    again, believing = Engine(database, seed), Believing(universe)
    played = recording.Recorded(universe, recording.opened(listings.DATE, folder), {one: one for one in KEYS}, speed=50)
    now = 0
    for frame in frames:
        while not played.due(now):
            now += 1
        clock = played.clock(now)
        rows = believing.check(played.next_rows(now), clock)
        assert (played.number, clock, rows.tobytes()) == (frame.number, frame.exchange_time, frame.rows.tobytes())
        again.take(Frame("sim", played.number, clock, rows))
    assert again.fills() == fills
