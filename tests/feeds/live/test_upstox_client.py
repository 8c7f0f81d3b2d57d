"""The vendor's own client with nothing replaced, and whole lines over it: from the socket to rows of a frame."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from core.frames import Rows
from feeds.guard import Guard
from feeds.live.feed import LiveFeed
from feeds.live.line import LineState
from feeds.live.process import LineProcess
from tests.feeds.listings import NIFTY, SHARES, universe
from tests.feeds.standins.certificates import self_signed
from tests.feeds.standins.relay import Relay
from tests.feeds.standins.upstox import TOKEN, UpstoxStandIn
from tests.patience import PATIENCE

# As the vendor's documents show it: no line of ours, nothing replaced.
PROGRAM = """
import json, os, sys, threading
import upstox_client
configuration = upstox_client.Configuration()
configuration.access_token = sys.argv[1]
streamer = upstox_client.MarketDataStreamerV3(
    upstox_client.ApiClient(configuration), ["NSE_EQ|INE002A01018", "NSE_INDEX|Nifty 50"], "full"
)
ended = threading.Event()
def tell(kind):
    def listener(*said):
        print(json.dumps([kind, said], default=str), flush=True)
        if kind == "autoReconnectStopped":
            ended.set()
    return listener
for kind in ("open", "message", "error", "close", "reconnecting", "autoReconnectStopped"):
    streamer.on(kind, tell(kind))
streamer.connect()
ended.wait(300)
os._exit(0)
"""


def test_the_unmodified_client_streams_reconnects_and_gives_up(tmp_path: Path) -> None:
    context, _ = self_signed(tmp_path, "somebody.example")
    with UpstoxStandIn(context) as vendor, Relay(vendor.port, as_proxy=True) as proxy:
        environment = {**os.environ, "https_proxy": f"http://127.0.0.1:{proxy.port}"}
        with subprocess.Popen(
            [sys.executable, "-c", PROGRAM, TOKEN], stdout=subprocess.PIPE, text=True, env=environment
        ) as client:
            assert client.stdout is not None

            def until(kind: str, holds: Callable[[Any], bool] = lambda said: True) -> Any:
                for line in client.stdout:
                    got, said = json.loads(line)
                    if got == kind and holds(said):
                        return said
                raise AssertionError(f"it ended before {kind}")

            until("open")
            first = until("message")[0]
            assert first["type"] == "market_info", "the states of segments come first"
            assert first["marketInfo"]["segmentStatus"]["NSE_EQ"] == "NORMAL_OPEN"
            picture = until("message")[0]
            assert "type" not in picture, "the default is omitted"
            share = picture["feeds"]["NSE_EQ|INE002A01018"]["fullFeed"]["marketFF"]
            assert isinstance(share["ltpc"]["ltt"], str), "whole numbers are text"
            assert isinstance(share["vtt"], str)
            assert "oi" not in share
            assert "indexFF" in picture["feeds"]["NSE_INDEX|Nifty 50"]["fullFeed"]
            vendor.tick()
            assert until("message", lambda said: said[0].get("type") == "live_feed")
            vendor.drop()
            until("reconnecting")
            until("open")
            assert until("message", lambda said: "feeds" in said[0]), "it subscribes again"
            vendor.go_away()
            assert "exhausted" in until("autoReconnectStopped")[0], "and gives up for ever after some seconds"
        assert set(proxy.asked) == {"api.upstox.com:443"}
        assert len(vendor.handshakes) >= 2, "it took a certificate that nobody vouches for: this is why ours verifies"


MARKET = universe(always_open=False)
KEYS = {SHARES[0]: "NSE_EQ|INE002A01018", SHARES[1]: "NSE_EQ|INE040A01034", NIFTY: "NSE_INDEX|Nifty 50"}


def now_ms() -> int:
    return int(time.time() * 1000)


def until(holds: Callable[[], object], seconds: float = 2 * PATIENCE) -> None:
    """Long enough for the vendor's client to load on a busy machine."""
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.05)


@pytest.fixture
def vendor() -> Iterator[UpstoxStandIn]:
    with UpstoxStandIn() as standin:
        standin.prices = {KEYS[SHARES[0]]: 1_000.0, KEYS[SHARES[1]]: 1_367.0, KEYS[NIFTY]: 25_000.0}
        yield standin


@pytest.fixture
def line(vendor: UpstoxStandIn) -> Iterator[LineProcess]:
    made = LineProcess("upstox", {"access_token": TOKEN, "stream": vendor.address})
    yield made
    made.stop()


def test_a_day_of_a_line_through_an_outage(vendor: UpstoxStandIn, line: LineProcess) -> None:
    feed, guard = LiveFeed(MARKET, line, KEYS), Guard(MARKET)
    seen: list[Rows] = []

    def pull() -> Rows:
        rows = guard.check(feed.next_rows(now_ms()), feed.clock(now_ms()))
        if len(rows):
            seen.append(rows)
        return rows

    def pulled(holds: Callable[[Any], bool]) -> None:
        until(lambda: any(holds(row) for row in pull()))

    feed.wish(held=[SHARES[0]], watched=[SHARES[1]], priced=[NIFTY])
    line.start()
    pulled(lambda row: row["instrument"] == SHARES[0] and row["bid_price"][0] == 99_995)
    vendor.prices[KEYS[SHARES[0]]] = 1_001.0
    vendor.tick()
    pulled(lambda row: row["instrument"] == SHARES[0] and row["last_price"] == 100_100)
    until(lambda: line.status().confirmed == 3)
    assert line.status().state is LineState.LIVE
    modes = dict(vendor.sessions[0].modes)
    assert modes == {KEYS[SHARES[0]]: "full", KEYS[SHARES[1]]: "full", KEYS[NIFTY]: "ltpc"}

    vendor.go_away()
    pulled(lambda row: row["instrument"] == SHARES[0] and not row["bid_price"].any())
    until(lambda: line.status().state is LineState.BACKING_OFF)
    # Longer than the vendor's own client would have gone on trying.
    until(lambda: line.status().reconnects >= 3)
    vendor.come_back()
    until(lambda: line.status().state is LineState.LIVE)
    until(lambda: bool(vendor.sessions) and vendor.sessions[0].modes == modes)
    vendor.prices[KEYS[SHARES[0]]] = 1_002.0
    vendor.tick()
    pulled(lambda row: row["instrument"] == SHARES[0] and row["last_price"] == 100_200 and row["bid_price"][0] > 0)
    assert vendor.most_sessions == 1, "a user has one connection"
    assert set(guard.dropped) <= {"duplicate"}
    line.stop()
    until(lambda: not vendor.sessions)


def test_a_refused_token_stops_the_line_for_good(vendor: UpstoxStandIn) -> None:
    line = LineProcess("upstox", {"access_token": "yesterdays-token", "stream": vendor.address})
    line.want([KEYS[NIFTY]])
    line.start()
    until(lambda: line.status().state is LineState.REFUSED)
    assert "Sign in to Upstox again" in line.status().sentence
    assert "yesterdays-token" not in str(line.status())
    time.sleep(1.5)
    assert len(vendor.handshakes) == 1
    line.stop()


def test_a_token_that_has_expired_is_not_even_tried(vendor: UpstoxStandIn) -> None:
    line = LineProcess("upstox", {"access_token": TOKEN, "stream": vendor.address}, expires_at=now_ms() - 1)
    line.want([KEYS[NIFTY]])
    line.start()
    until(lambda: line.status().state is LineState.TOKEN_EXPIRED)
    assert not vendor.handshakes
    line.stop()
