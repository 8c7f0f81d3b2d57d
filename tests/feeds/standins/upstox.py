"""A server that speaks Upstox's market stream, keeps its rules, and breaks them on command."""

import contextlib
import http
import json
import ssl
import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass
from types import TracebackType
from typing import Any

from upstox_client.feeder.proto import MarketDataFeedV3_pb2 as pb
from websockets.datastructures import Headers
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Response
from websockets.sync.server import Server, ServerConnection, serve

from tests.ports import free_port

TOKEN = "day-token-of-asha-4711"
PATH = "/v3/feed/market-data-feed"
OPEN, CLOSED = 2, 3


@dataclass
class Moods:
    """What goes wrong, until it is set back."""

    status: int = 0  # answers the handshake with this HTTP status
    reason: str = ""  # and this reason phrase, where the standard one will not do
    silent: bool = False  # takes wishes and sends nothing
    picture_age: int = 0  # ms by which the last trade of a picture is old
    segment: int = OPEN
    redirects: bool = False  # sends the handshake on to an address with a code, as the vendor does
    elsewhere: str = ""  # the root of that address, this server's own if empty
    closes: int | None = None  # ends each connection with this code as soon as it asks for something


class Session:
    """One connection: who asks for what, as the vendor keeps it."""

    def __init__(self, connection: ServerConnection) -> None:
        self.connection = connection
        self.modes: dict[str, str] = {}

    def send(self, message: Any) -> None:
        with contextlib.suppress(ConnectionClosed):
            self.connection.send(message.SerializeToString() if hasattr(message, "SerializeToString") else message)


class UpstoxStandIn:
    """Listens on a port of this machine while its ``with`` lasts. ``requests`` are what clients asked, in order."""

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        self.moods = Moods()
        self.requests: list[dict[str, Any]] = []
        self.opcodes_were_binary: list[bool] = []
        self.handshakes: list[str] = []
        self.sessions: list[Session] = []
        self.most_sessions = 0
        self.over_limit: list[str] = []
        self.prices: dict[str, float] = {}
        self.volume = 1_000
        self.unknown: set[str] = set()  # keys it answers nothing to
        self.ticks_every = 0.0  # seconds; 0: only when it is told to
        self._tls = tls
        self._server: Server | None = None

    def __enter__(self) -> "UpstoxStandIn":
        self._listen(free_port())  # to come back at, which no other may have taken meanwhile
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.go_away()

    def _listen(self, port: int) -> None:
        self._server = serve(
            self._serve, "127.0.0.1", port, ssl=self._tls, compression=None, process_request=self._request,
            ping_interval=None, close_timeout=0.2, max_size=None,
        )  # fmt: skip
        self.port: int = self._server.socket.getsockname()[1]
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()

    def go_away(self) -> None:
        """Nobody listens any more, and connections break."""
        server, self._server = self._server, None
        if server is not None:
            server.shutdown()
            self._thread.join(5)
        self.drop()

    def come_back(self) -> None:
        """Listens again at the same port."""
        self._listen(self.port)

    @property
    def address(self) -> str:
        return f"{'wss' if self._tls else 'ws'}://localhost:{self.port}"

    # -- what clients do -----------------------------------------------------------------------

    def _request(self, connection: ServerConnection, request: Any) -> Any:
        self.handshakes.append(request.path)
        status = self.moods.status
        if request.headers.get("Authorization") != f"Bearer {TOKEN}":
            status = status or 401
        if self.moods.redirects and "code=" not in request.path:
            where = Headers(
                [("Location", f"{self.moods.elsewhere or self.address}/market-data-feeder/v3/live?code=once")]
            )
            return Response(302, "Found", where, b"")
        if status:
            reason = self.moods.reason or http.HTTPStatus(status).phrase
            return Response(status, reason, Headers([("Content-Length", "0"), ("Connection", "close")]), b"")
        return None

    def _serve(self, connection: ServerConnection) -> None:
        session = Session(connection)
        self.sessions.append(session)
        self.most_sessions = max(self.most_sessions, len(self.sessions))
        session.send(self.market_info())
        if self.ticks_every:
            threading.Thread(target=self._ticking, args=(session,), daemon=True).start()
        try:
            for text in connection:
                self.opcodes_were_binary.append(isinstance(text, bytes))
                self._take(session, json.loads(text))
        except ConnectionClosed:
            pass
        finally:
            if session in self.sessions:
                self.sessions.remove(session)

    def _ticking(self, session: Session) -> None:
        while session in self.sessions:
            time.sleep(self.ticks_every)
            if not self.moods.silent:
                session.send(self.feeds(session, session.modes))

    def _take(self, session: Session, asked: dict[str, Any]) -> None:
        self.requests.append(asked)
        keys, mode = asked["data"]["instrumentKeys"], asked["data"].get("mode", "")
        if asked["method"] == "unsub":
            for key in keys:
                session.modes.pop(key, None)
        else:
            session.modes.update(dict.fromkeys(keys, mode))
            self._count(session)
            if not self.moods.silent:
                session.send(self.feeds(session, keys, picture=True))
        if self.moods.closes is not None:
            session.connection.close(self.moods.closes)

    def _count(self, session: Session) -> None:
        counts: dict[str, int] = {}
        for mode in session.modes.values():
            counts[mode] = counts.get(mode, 0) + 1
        alone = {"ltpc": 5_000, "option_greeks": 3_000, "full": 2_000}
        beside = {"ltpc": 2_000, "option_greeks": 2_000, "full": 1_500}
        limits = beside if len(counts) > 1 else alone
        self.over_limit += [f"{mode}: {count}" for mode, count in counts.items() if count > limits[mode]]

    # -- what it says --------------------------------------------------------------------------

    def tick(self, keys: Iterable[str] | None = None, at: int | None = None) -> None:
        """A live word of these keys, or of all, to whoever asked for them."""
        self.volume += 10
        for session in list(self.sessions):
            chosen = [key for key in (session.modes if keys is None else keys) if key in session.modes]
            if chosen and not self.moods.silent:
                session.send(self.feeds(session, chosen, at=at))

    def say(self, data: Any) -> None:
        """Anything at all, to everybody."""
        for session in list(self.sessions):
            session.send(data)

    def drop(self) -> None:
        """Every connection breaks without a goodbye."""
        for session in list(self.sessions):
            with contextlib.suppress(OSError):
                session.connection.socket.shutdown(2)

    def market_info(self) -> Any:
        message = pb.FeedResponse(type=pb.market_info, currentTs=int(time.time() * 1000))
        for name in ("NSE_EQ", "NSE_INDEX", "NSE_FO", "BSE_EQ"):
            message.marketInfo.segmentStatus[name] = self.moods.segment
        message.marketInfo.segmentStatus["MCX_FO"] = 0  # a default, and yet it is there
        return message

    def feeds(self, session: Session, keys: Iterable[str], picture: bool = False, at: int | None = None) -> Any:
        """One message with what each key's mode says."""
        now = int(time.time() * 1000) if at is None else at
        message = pb.FeedResponse(type=pb.initial_feed if picture else pb.live_feed, currentTs=now)
        traded = now - (self.moods.picture_age if picture else 0)
        for key in [one for one in keys if one not in self.unknown]:
            self.fill(message.feeds[key], key, session.modes[key], traded)
        return message

    def fill(self, feed: Any, key: str, mode: str, traded: int) -> None:
        price = self.prices.get(key, 1_500.0)
        index = key.startswith("NSE_INDEX")
        if mode == "ltpc":
            ltpc = feed.ltpc
        elif mode == "option_greeks":
            ltpc = feed.firstLevelWithGreeks.ltpc
        else:
            ltpc = feed.fullFeed.indexFF.ltpc if index else feed.fullFeed.marketFF.ltpc
        ltpc.ltp, ltpc.ltt, ltpc.ltq, ltpc.cp = price, traded, 5, price - 10
        if mode == "option_greeks":
            level = feed.firstLevelWithGreeks
            level.firstDepth.bidQ, level.firstDepth.bidP = 75, price - 0.05
            level.firstDepth.askQ, level.firstDepth.askP = 150, price + 0.05
            level.optionGreeks.delta, level.iv, level.vtt = 0.5, 0.14, self.volume
        if mode not in ("full", "full_d30"):
            return
        full = feed.fullFeed.indexFF if index else feed.fullFeed.marketFF
        for interval in ("I1", "1d"):
            full.marketOHLC.ohlc.add(interval=interval, open=price - 5, high=price + 7, low=price - 8, close=price)
        if index:
            return
        full.vtt, full.atp, full.oi = self.volume, price, 0.0
        for level in range(30 if mode == "full_d30" else 4):  # the fifth is empty, and so not on the wire
            away = 0.05 * (level + 1)
            full.marketLevel.bidAskQuote.add(bidQ=100 + level, bidP=price - away, askQ=200 + level, askP=price + away)
