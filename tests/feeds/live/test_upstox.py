"""The link to Upstox against a stand-in that speaks its wire: each of its traps, and what it does wrong on command."""

import math
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from feeds.live import ticks
from feeds.live import upstox as module
from feeds.live.line import SegmentState
from feeds.live.link import Ear, Happened, Segments, Told
from feeds.live.plan import Plan
from feeds.live.supervisor import Denied, Lost, Opened
from feeds.live.ticks import Board
from feeds.live.upstox import PULSE, VENDOR, UpstoxLink
from tests.feeds.standins.certificates import self_signed
from tests.feeds.standins.relay import Relay
from tests.feeds.standins.upstox import TOKEN, UpstoxStandIn, pb
from tests.patience import PATIENCE

LIMITS = VENDOR.limits(date(2026, 11, 23))
RELIANCE, CALL, NIFTY = "NSE_EQ|INE002A01018", "NSE_FO|50978", "NSE_INDEX|Nifty 50"


class Ears:
    """A link and all that it tells."""

    def __init__(self, address: str, token: str = TOKEN) -> None:
        self.board = Board()
        self.told: list[Happened] = []
        self.lags: list[float] = []
        ear = Ear(self.board, self.told.append, lambda _now, lags: self.lags.extend(lags.tolist()))
        self.link = UpstoxLink({"access_token": token, "stream": address}, ear)

    def until(self, holds: Callable[[], object], seconds: float = PATIENCE) -> None:
        end = time.monotonic() + seconds
        while not holds():
            assert time.monotonic() < end, self.told
            time.sleep(0.005)

    def opened(self) -> "Ears":
        self.link.open()
        self.until(lambda: Opened() in self.told)
        return self

    def last(self) -> Happened:
        self.until(lambda: self.told and isinstance(self.told[-1], Lost | Denied))
        return self.told[-1]

    def row(self, key: str, **fields: int) -> Any:
        found: list[Any] = []

        def there() -> bool:
            got = self.board.drain()
            found.extend(row for name, row in zip(got.keys, got.rows, strict=True) if name == key)
            return bool(found) and all(found[-1][name] == value for name, value in fields.items())

        self.until(there)
        return found[-1]


@contextmanager
def ears(address: str, token: str = TOKEN) -> Iterator[Ears]:
    made = Ears(address, token)
    try:
        yield made
    finally:
        made.link.close()


@pytest.fixture
def vendor() -> Iterator[UpstoxStandIn]:
    with UpstoxStandIn() as standin:
        yield standin


def test_the_states_of_segments_come_first_a_default_among_them(vendor: UpstoxStandIn) -> None:
    with ears(vendor.address) as line:
        line.opened()
        line.until(lambda: any(isinstance(one, Segments) for one in line.told))
        (said,) = [one.said for one in line.told if isinstance(one, Segments)]
        assert said["NSE_EQ"] is SegmentState.OPEN
        assert said["MCX_FO"] is SegmentState.PRE_OPEN
        assert vendor.handshakes == ["/v3/feed/market-data-feed"]


def test_each_mode_is_read_and_a_default_is_not_said(vendor: UpstoxStandIn) -> None:
    vendor.prices = {CALL: 152.35}
    with ears(vendor.address) as line:
        line.opened().link.subscribe(Plan(full=(RELIANCE, NIFTY), greeks=(CALL,), last=("NSE_EQ|INE1",)))
        row = line.row(RELIANCE)
        assert row["snapshot"] == 1, "a message without a type is the picture at subscription"
        assert row["last_price"] == 150_000
        assert [int(row[name]) for name in ("prev_close", "open", "high", "low")] == [
            149_000,
            149_500,
            150_700,
            149_200,
        ]
        assert row["bid_price"].tolist() == [149_995, 149_990, 149_985, 149_980, 0]
        assert row["ask_quantity"].tolist() == [200, 201, 202, 203, 0]
        assert row["volume"] == 1_000
        assert not row["known"] & ticks.OI
        assert abs(int(row["trade_time"]) - time.time() * 1000) < 60_000
        vendor.tick()
        index = line.row(NIFTY, snapshot=0)
        assert index["high"] == 150_700
        assert not index["known"] & (ticks.BOOK | ticks.VOLUME)
        vendor.tick()
        option = line.row(CALL, snapshot=0)
        assert option["bid_price"].tolist() == [15_230, 0, 0, 0, 0]
        assert option["bid_quantity"][0] == 75
        assert option["greeks"][0] == pytest.approx(0.5)
        assert not option["known"] & ticks.DAY
        vendor.tick()
        assert line.row("NSE_EQ|INE1", snapshot=0)["known"] == ticks.LAST | ticks.CLOSE | ticks.TRADED_AT
        assert all(vendor.opcodes_were_binary)
        assert line.lags
        assert max(line.lags) < 5_000


def test_only_what_differs_is_asked_for_and_what_goes_goes_first(vendor: UpstoxStandIn) -> None:
    with ears(vendor.address) as line:
        link = line.opened().link
        link.subscribe(Plan(full=("A|1", "A|2", "A|5"), last=("A|3",)))
        link.subscribe(Plan(full=("A|3", "A|4", "A|5"), last=("A|1",)))
        link.subscribe(Plan(full=("A|3", "A|4", "A|5"), last=("A|1",)))
        line.until(lambda: len(vendor.requests) == 5)
        told = [(one["method"], one["data"].get("mode"), one["data"]["instrumentKeys"]) for one in vendor.requests]
        assert told == [
            ("sub", "full", ["A|1", "A|2", "A|5"]), ("sub", "ltpc", ["A|3"]),
            ("unsub", None, ["A|1", "A|2", "A|3"]), ("sub", "full", ["A|3", "A|4"]), ("sub", "ltpc", ["A|1"]),
        ]  # fmt: skip


def test_limits_hold_on_the_way_from_one_wish_to_another(vendor: UpstoxStandIn) -> None:
    vendor.moods.silent = True
    with ears(vendor.address) as line:
        link = line.opened().link
        some = tuple(f"A|{n}" for n in range(5_000))
        for plan in (
            Plan(last=some), Plan(full=some[:2_000]), Plan(full=some[:1_500], last=some[1_500:3_500]),
            Plan(full=some[2_000:3_500], last=some[:2_000]), Plan(greeks=some[:3_000]),
        ):  # fmt: skip
            assert len(plan.full) <= LIMITS.full
            link.subscribe(plan)
        wanted = {**dict.fromkeys(some[:3_000], "option_greeks")}
        line.until(lambda: vendor.sessions and vendor.sessions[0].modes == wanted)
        assert vendor.over_limit == []


@pytest.mark.parametrize(("status", "reason"), [(401, "Unauthorized"), (401, "Not today"), (403, "Forbidden")])
def test_a_refused_token_is_told_whatever_the_words(vendor: UpstoxStandIn, status: int, reason: str) -> None:
    vendor.moods.status, vendor.moods.reason = status, reason
    with ears(vendor.address) as line:
        line.link._streamer.interval = 0.1
        line.link.open()
        said = line.last()
        assert isinstance(said, Denied)
        assert str(status) in said.why
        time.sleep(0.5)  # the client's own second attempt would come after its interval
        assert len(vendor.handshakes) == 1
        assert len(line.told) == 1


def test_a_wrong_token_is_refused(vendor: UpstoxStandIn) -> None:
    with ears(vendor.address, "yesterdays-token") as line:
        line.link.open()
        said = line.last()
        assert isinstance(said, Denied)
        assert "yesterdays-token" not in said.why


@pytest.mark.parametrize("status", [500, 503, 429])
def test_a_vendor_in_trouble_is_a_lost_connection(vendor: UpstoxStandIn, status: int) -> None:
    vendor.moods.status = status
    with ears(vendor.address) as line:
        line.link.open()
        assert line.last() == Lost(f"Upstox answered HTTP {status}.")


def test_a_connection_that_breaks_is_told_once_and_not_made_again_behind_our_back(vendor: UpstoxStandIn) -> None:
    with ears(vendor.address) as line:
        line.link._streamer.interval = 0.1
        line.opened()
        line.until(lambda: vendor.sessions)
        vendor.drop()
        assert isinstance(line.last(), Lost)
        time.sleep(0.5)
        assert len(vendor.handshakes) == 1
        assert len([one for one in line.told if isinstance(one, Lost)]) == 1


@pytest.mark.parametrize("code", [1000, 1001, 1011, 4000])
def test_a_goodbye_of_the_vendor_is_a_lost_connection(vendor: UpstoxStandIn, code: int) -> None:
    vendor.moods.closes = code
    with ears(vendor.address) as line:
        line.opened().link.subscribe(Plan(last=("A|1",)))
        assert isinstance(line.last(), Lost)


def test_the_vendors_redirect_is_followed(vendor: UpstoxStandIn) -> None:
    vendor.moods.redirects = True
    with ears(vendor.address) as line:
        line.opened().link.subscribe(Plan(full=(RELIANCE,)))
        line.row(RELIANCE)
        assert vendor.handshakes == ["/v3/feed/market-data-feed", "/market-data-feeder/v3/live?code=once"]


def test_no_redirect_takes_the_token_to_a_plain_address_elsewhere(vendor: UpstoxStandIn) -> None:
    with socket.create_server(("127.0.0.2", 0)) as stranger:
        stranger.settimeout(0.2)
        vendor.moods.redirects, vendor.moods.elsewhere = True, f"ws://127.0.0.2:{stranger.getsockname()[1]}"
        with ears(vendor.address) as line:
            line.link.open()
            said = line.last()
            assert isinstance(said, Lost)
            assert "must begin with wss://" in said.why
            assert "code=" not in said.why
        with pytest.raises(TimeoutError):
            stranger.accept()


def test_two_people_each_have_their_own_token() -> None:
    both = [Ears("", token).link._streamer.api_client.configuration for token in ("one", "another")]
    assert [one.auth_settings()["OAUTH2"]["value"] for one in both] == ["Bearer one", "Bearer another"]


def test_nobody_listens(vendor: UpstoxStandIn) -> None:
    vendor.go_away()
    with ears(vendor.address) as line:
        line.link.open()
        said = line.last()
        assert isinstance(said, Lost)
        assert "refused" in said.why


def test_garbage_is_counted_and_what_follows_it_is_read(vendor: UpstoxStandIn) -> None:
    with ears(vendor.address) as line:
        line.opened().link.subscribe(Plan(full=(RELIANCE,)))
        line.row(RELIANCE)
        for garbage in (b"\xff\xff\xff", b"{}", "text", b"\x12\x80"):
            vendor.say(garbage)
        broken = pb.FeedResponse(type=pb.live_feed, currentTs=int(time.time() * 1000))
        for number, price in enumerate((math.nan, math.inf, -5.0, 1e308)):
            broken.feeds[f"X|{number}"].ltpc.ltp = price
        vendor.say(broken)
        vendor.prices[RELIANCE] = 1_501.0
        vendor.tick()
        assert line.row(RELIANCE, snapshot=0)["last_price"] == 150_100
        line.until(lambda: line.board.garbage >= 5)
        assert [one for one in line.told if isinstance(one, Told)]
        assert not [one for one in line.told if isinstance(one, Lost)]


def test_duplicates_and_words_out_of_order_move_nothing_back(vendor: UpstoxStandIn) -> None:
    with ears(vendor.address) as line:
        line.opened().link.subscribe(Plan(full=(RELIANCE,)))
        line.row(RELIANCE)
        now = int(time.time() * 1000) + 1_000
        vendor.prices[RELIANCE] = 1_510.0
        vendor.tick(at=now)
        vendor.tick(at=now)
        vendor.prices[RELIANCE] = 1_400.0
        vendor.tick(at=now - 5_000)
        line.until(lambda: line.board.drain() is not None and line.board.late == 1)
        vendor.prices[RELIANCE] = 1_511.0
        vendor.tick(at=now + 10)
        assert line.row(RELIANCE, sent=now + 10)["last_price"] == 151_100


def test_a_ping_of_the_vendor_is_answered_while_nothing_is_said(vendor: UpstoxStandIn) -> None:
    with ears(vendor.address) as line:
        line.opened()
        line.until(lambda: vendor.sessions)
        assert vendor.sessions[0].connection.ping().wait(PATIENCE)


def test_a_link_that_is_half_open_is_noticed(vendor: UpstoxStandIn, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PING", 4)
    monkeypatch.setattr(module, "PONG", 1.5)
    with Relay(vendor.port) as relay, ears(f"ws://localhost:{relay.port}") as line:
        line.opened().link.subscribe(Plan(full=(RELIANCE,)))
        line.row(RELIANCE)
        relay.frozen = True
        said = line.last()
        assert isinstance(said, Lost)
        assert "timed out" in said.why


def test_a_slow_link_is_late_and_not_lost(vendor: UpstoxStandIn) -> None:
    with Relay(vendor.port) as relay, ears(f"ws://localhost:{relay.port}") as line:
        relay.delay = 0.3
        line.opened().link.subscribe(Plan(full=(RELIANCE,)))
        line.row(RELIANCE)
        assert max(line.lags) >= 300
        assert not [one for one in line.told if isinstance(one, Lost)]


def test_a_flood_is_merged_and_nothing_of_it_is_lost(vendor: UpstoxStandIn) -> None:
    keys = tuple(f"NSE_EQ|{n}" for n in range(500))
    with ears(vendor.address) as line:
        line.opened().link.subscribe(Plan(last=keys))
        line.until(lambda: line.board.heard() == 500)
        for number in range(100):
            vendor.prices = dict.fromkeys(keys, 1_000.0 + number)
            vendor.tick(at=int(time.time() * 1000) + number)
        newest: dict[str, int] = {}

        def through() -> bool:
            got = line.board.drain()
            newest.update(zip(got.keys, got.rows["last_price"].tolist(), strict=True))
            return set(newest.values()) == {109_900} and len(newest) == 500

        line.until(through)
        assert line.board.ticks >= 50_000


def test_it_lets_go_of_a_vendor_that_does_not_answer(vendor: UpstoxStandIn) -> None:
    with Relay(vendor.port) as relay, ears(f"ws://localhost:{relay.port}") as line:
        line.opened()
        relay.frozen = True
        began = time.monotonic()
        line.link.close()
        assert time.monotonic() - began < module.PATIENCE, "no step of the socket is waited for"
        told = len(line.told)
        relay.cut()
        time.sleep(0.2)
        assert len(line.told) == told, "after the end nothing is told"


def test_a_certificate_that_nobody_vouches_for_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    context, file = self_signed(tmp_path)
    with UpstoxStandIn(context) as vendor:
        with ears(vendor.address) as line:
            line.link.open()
            said = line.last()
            assert isinstance(said, Lost)
            assert "certificate verify failed" in said.why.lower()
            assert vendor.handshakes == [], "no token was sent"
        monkeypatch.setenv("SSL_CERT_FILE", str(file))
        with ears(vendor.address) as line:
            line.opened()


def test_a_certificate_of_another_host_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    context, file = self_signed(tmp_path, "elsewhere.example")
    monkeypatch.setenv("SSL_CERT_FILE", str(file))
    with UpstoxStandIn(context) as vendor, ears(vendor.address) as line:
        line.link.open()
        said = line.last()
        assert isinstance(said, Lost)
        assert "certificate" in said.why.lower()


def test_a_token_is_never_sent_in_the_clear_to_another_machine() -> None:
    with pytest.raises(ValueError, match="must begin with wss://"):
        Ears("ws://feeds.example.com")


def test_where_the_client_is_not_installed_a_sentence_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    assert module.missing() == ""
    monkeypatch.setattr(module.importlib.util, "find_spec", lambda name: None)
    assert module.missing().startswith("The client of Upstox is not installed.")
    assert module.VENDOR.pulse == (PULSE,)
