"""TrueData's link under the common supervisor: it comes back, it stays away when it must, and it feeds a market."""

import time
from collections.abc import Callable, Iterator

import numpy as np
import pytest

from core.instruments import Kind
from feeds.guard import Guard
from feeds.live.feed import LiveFeed
from feeds.live.line import LineState
from feeds.live.process import LineProcess
from feeds.live.worker import Worker
from feeds.universe import Listing, Universe
from tests.feeds import listings
from tests.feeds.live.plain import VENDOR
from tests.feeds.standins.truedata import PASSWORD, USER, TrueDataStandIn
from tests.patience import PATIENCE

KEYS = ["INFY", "SBIN"]


class Stepped:
    """A worker that is stepped for as long as a test waits for something."""

    def __init__(self, stand: TrueDataStandIn, password: str = PASSWORD) -> None:
        credentials = {"user": USER, "password": password, "port": str(stand.port)}
        self.worker = Worker(VENDOR, credentials, luck=lambda: 0.5)
        self.states: list[LineState] = []
        self.worker.want(KEYS, (), ())
        self.worker.start()

    def until(self, true: Callable[[], object]) -> None:
        deadline = time.monotonic() + PATIENCE
        while not true():
            assert time.monotonic() < deadline, self.worker.status()
            self.worker.step()
            state = self.worker.status().state
            if self.states[-1:] != [state]:
                self.states.append(state)
            time.sleep(0.005)

    def live_with(self, stand: TrueDataStandIn, *symbols: str) -> None:
        self.until(lambda: self.worker.status().state is LineState.LIVE and stand.symbols == list(symbols))


@pytest.fixture
def line(stand: TrueDataStandIn) -> Iterator[Stepped]:
    made = Stepped(stand)
    yield made
    made.worker.stop()


def test_a_line_that_cannot_connect_names_where_and_no_secret(stand: TrueDataStandIn, line: Stepped) -> None:
    stand.go_away()
    line.until(lambda: line.worker.status().state is LineState.BACKING_OFF)
    said = line.worker.status().sentence
    assert f"127.0.0.1:{stand.port}" in said
    assert PASSWORD not in said
    assert USER not in said
    stand.come_back()


@pytest.mark.parametrize("what", ["drop", "gone", "half-open", "broken frames"])
def test_a_lost_connection_is_made_again_and_its_symbols_are_added_again(
    stand: TrueDataStandIn, line: Stepped, what: str
) -> None:
    line.live_with(stand, *KEYS)
    if what == "drop":
        stand.drop()
    elif what == "gone":
        stand.go_away()
        line.until(lambda: line.worker.status().reconnects >= 2)
        stand.come_back()
    elif what == "half-open":
        stand.moods.silent = True
        line.until(lambda: line.worker.status().reconnects >= 1)
        stand.moods.silent = False
    else:
        stand.bytes(b"\xff\xff\xff\xff")
    line.until(lambda: line.worker.status().reconnects >= 1 and len(stand.logins) >= 2)
    line.live_with(stand, *KEYS)
    assert LineState.BACKING_OFF in line.states
    stand.say(stand.trade("INFY", 150_000, 2_000))
    line.until(lambda: "INFY" in (ticks := line.worker.board.drain()).keys and 150_000 in ticks.rows["last_price"])


def test_a_wrong_password_is_tried_once(stand: TrueDataStandIn) -> None:
    line = Stepped(stand, password="not-the-password")
    line.until(lambda: line.worker.status().state is LineState.REFUSED)
    began = time.monotonic()
    line.until(lambda: time.monotonic() - began > 1.0)
    assert len(stand.logins) == 1
    status = line.worker.status()
    assert status.sentence == "TrueData refused the login: Invalid User Credentials"
    assert "not-the-password" not in repr(status)
    line.worker.stop()


def test_what_the_account_may_not_have_is_cut_from_the_end_and_said() -> None:
    with TrueDataStandIn(max_symbols=1) as stand:
        line = Stepped(stand)
        line.live_with(stand, "INFY")
        status = line.worker.status()
        assert (status.wanted, status.refused) == (2, 1)
        assert status.sentence == "TrueData allows 1 instruments in these modes: 1 get no prices. Watch fewer."
        line.worker.stop()


def test_drops_and_garbage_are_in_the_status(stand: TrueDataStandIn, line: Stepped) -> None:
    line.live_with(stand, *KEYS)
    again = stand.trade("INFY", 150_000, 2_000)
    stand.say(again, again)
    stand.raw("garbage")
    line.until(lambda: line.worker.status().garbage == 1 and line.worker.status().drops == 2)


def test_a_market_is_fed_from_a_process_and_a_vendor_that_is_gone_leaves_no_depth(stand: TrueDataStandIn) -> None:
    universe = Universe(
        [
            Listing(listings.one(1, "INFY", Kind.EQ), 100_000, 90_000, 110_000),
            Listing(listings.one(2, "SBIN", Kind.EQ), 100_000),
        ],
        listings.DATE,
    )
    line = LineProcess("tests.feeds.live.plain", {"user": USER, "password": PASSWORD, "port": str(stand.port)})
    feed, guard = LiveFeed(universe, line, dict(zip((1, 2), KEYS, strict=True))), Guard(universe)
    shown = {}

    def until(true: Callable[[], object]) -> None:
        deadline = time.monotonic() + PATIENCE
        while not true():
            assert time.monotonic() < deadline, feed.state()
            now = int(time.time() * 1000)
            for row in guard.check(feed.next_rows(now), feed.clock(now)):
                shown[int(row["instrument"])] = row
            time.sleep(0.05)

    feed.want([1, 2])
    line.start()
    try:
        until(lambda: stand.symbols == KEYS)
        stand.say(
            stand.book("INFY", 99_990, 100_010, 40), stand.trade("INFY", 100_005, 2_000),
            stand.trade("SBIN", 100_055, 3_000),
        )  # fmt: skip
        until(lambda: set(shown) == {1, 2} and shown[1]["bid_price"][4] and shown[2]["volume"] == 3_000)
        row = shown[1]
        assert row["last_price"] == 100_005
        assert row["ask_price"].tolist() == [100_010, 100_015, 100_020, 100_025, 100_030]
        stand.go_away()
        until(lambda: not shown[1]["bid_price"].any() and not shown[2]["ask_price"].any())
        assert np.count_nonzero(list(guard.dropped.values())) == 0
    finally:
        line.stop()
