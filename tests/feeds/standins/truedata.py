"""A server that speaks TrueData's wire, keeps its rules, and breaks them on command."""

import contextlib
import json
import ssl
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from types import TracebackType
from typing import Any
from urllib.parse import parse_qs, urlsplit

from websockets.exceptions import ConnectionClosed
from websockets.sync.server import Server, ServerConnection, serve

from feeds.live.websocket import Address
from tests.patience import PATIENCE
from tests.ports import free_port

IST = timezone(timedelta(hours=5, minutes=30))
USER, PASSWORD = "asha-td-42", "s3cret&päss word/+"


def rupees(paise: int) -> str:
    """As the vendor writes it."""
    return f"{paise // 100}.{paise % 100:02d}"


def stamp(ms: int | None = None) -> str:
    """A time to the second, without a zone."""
    at = datetime.now(IST) if ms is None else datetime.fromtimestamp(ms / 1000, IST)
    return at.replace(tzinfo=None, microsecond=0).isoformat()


def number_of(symbol: str) -> str:
    """The vendor's number of a symbol."""
    return str(100_000_000 + sum(ord(one) * 31**place for place, one in enumerate(symbol)) % 800_000_000)


@dataclass
class Moods:
    """What goes wrong, until it is set back."""

    refuse: str = ""  # the login is refused with these words
    deaf: bool = False  # connects, and never answers the login
    silent: bool = False  # the connection stays, nothing comes any more
    heartless: bool = False  # no heartbeats
    mute: bool = False  # wishes are not answered
    ends: int | None = None  # closes after the login with this code
    status: int = 0  # answers the request to connect with this HTTP status
    unknown: set[str] = field(default_factory=set)  # symbols that are not added


class TrueDataStandIn:
    """Listens on a port of this machine while its ``with`` lasts."""

    def __init__(
        self,
        max_symbols: int = 50,
        segments: Iterable[str] = ("EQ", "FO", "IND"),
        subscription: str = "tick+1min",
        validity: str = "2099-12-31T00:00:00",
        beat: float = 0.1,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self.login: dict[str, Any] = {
            "success": True, "message": "TrueData Real Time Data Service", "segments": list(segments),
            "maxsymbols": max_symbols, "subscription": subscription, "validity": validity,
        }  # fmt: skip
        self.moods = Moods()
        self.beat = beat
        self.logins: list[dict[str, str]] = []
        self.wishes: list[tuple[str, list[str]]] = []
        self.symbols: list[str] = []  # added by the connection that lives now
        self.sent = 0
        self.snapshot_at: int | None = None
        self._prices: dict[str, int] = {}
        self._seqs: dict[tuple[str, str], int] = {}
        self._connections: list[ServerConnection] = []
        self._changed = threading.Condition()
        self._over = threading.Event()
        self._tls = tls
        self._server: Server | None = None

    # -- its life ------------------------------------------------------------------------------------

    def __enter__(self) -> "TrueDataStandIn":
        self._listen(free_port())  # to come back at, which no other may have taken meanwhile
        self._threads = [threading.Thread(target=self._beating, daemon=True)]
        for thread in self._threads:
            thread.start()
        return self

    def _listen(self, port: int) -> None:
        self._server = serve(
            self._serve, "127.0.0.1", port, ssl=self._tls, compression=None, process_request=self._request,
            ping_interval=None, close_timeout=0.2, max_queue=None,
        )  # fmt: skip
        self.port = self._server.socket.getsockname()[1]
        self._listening = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._listening.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        self.go_away()
        for thread in self._threads:
            thread.join(5)

    def go_away(self) -> None:
        """Nobody listens any more, and connections break."""
        server, self._server = self._server, None
        if server is not None:
            server.shutdown()
            self._listening.join(5)
        self.drop()

    def come_back(self) -> None:
        """Listens again at the same port."""
        self._listen(self.port)

    @property
    def address(self) -> Address:
        """Where it listens, without TLS."""
        return Address("127.0.0.1", self.port, tls=None)

    def _request(self, connection: ServerConnection, request: Any) -> Any:
        asked = {name: values[0] for name, values in parse_qs(urlsplit(request.path).query).items()}
        self.logins.append(asked)
        if self.moods.status:
            return connection.respond(self.moods.status, "no\n")
        return None

    def _serve(self, connection: ServerConnection) -> None:
        asked = self.logins[-1]
        try:
            if self.moods.deaf:
                self._over.wait(30)
                return
            if self.moods.refuse or (asked.get("user"), asked.get("password")) != (USER, PASSWORD):
                words = self.moods.refuse or "Invalid User Credentials"
                connection.send(json.dumps({"success": False, "message": words}))
                return
            connection.send(json.dumps(self.login))
            if self.moods.ends is not None:
                connection.close(self.moods.ends, "")
                return
            with self._changed:
                self.symbols = []
                self._connections.append(connection)
                self._changed.notify_all()
            for text in connection:
                self._wish(connection, json.loads(text))
        except (ConnectionClosed, OSError):
            pass
        finally:
            with self._changed:
                if connection in self._connections:
                    self._connections.remove(connection)
                self._changed.notify_all()

    def _wish(self, connection: ServerConnection, wish: dict[str, Any]) -> None:
        method, symbols = wish["method"], wish["symbols"]
        with self._changed:
            self.wishes.append((method, symbols))
            self._changed.notify_all()
        if self.moods.mute or self.moods.silent:
            return
        if method == "removesymbol":
            self.symbols = [one for one in self.symbols if one not in symbols]
            answer: dict[str, Any] = {"success": True, "message": "symbols removed", "symbolsremoved": len(symbols)}
        else:
            room = self.login["maxsymbols"] - len(self.symbols)
            added = [one for one in symbols if one not in self.moods.unknown][: max(0, room)]
            self.symbols += added
            answer = {
                "success": True, "message": "symbols added", "symbolsadded": len(added),
                "symbollist": [self.entry(one) for one in added], "totalsymbolsubscribed": len(self.symbols),
            }  # fmt: skip
        connection.send(json.dumps(answer))
        with self._changed:
            self._changed.notify_all()

    def _beating(self) -> None:
        while not self._over.wait(self.beat):
            if not self.moods.heartless:
                at = datetime.now(IST).replace(tzinfo=None).isoformat(timespec="milliseconds")
                self.say({"success": True, "message": "HeartBeat", "timestamp": at})

    # -- what it says --------------------------------------------------------------------------------

    def say(self, *messages: dict[str, Any]) -> None:
        """Sends objects to whoever is connected."""
        self.raw(*map(json.dumps, messages))

    def raw(self, *texts: str | bytes) -> None:
        """Sends messages as they are."""
        if self.moods.silent:
            return
        for connection in list(self._connections):
            try:
                for text in texts:
                    connection.send(text)
                    self.sent += 1
            except (ConnectionClosed, OSError):
                pass

    def bytes(self, data: bytes) -> None:
        """Sends bytes that are no frames."""
        for connection in list(self._connections):
            connection.socket.sendall(data)

    def price(self, symbol: str) -> int:
        """What it stands at, in paise."""
        return self._prices.setdefault(symbol, 100_000)

    def entry(self, symbol: str) -> list[str]:
        """What the answer to a wish says of it."""
        last = self.price(symbol)
        day = [rupees(last)] * 4
        return [
            symbol, number_of(symbol), stamp(self.snapshot_at), rupees(last), "1", rupees(last), "1000", *day, "0", "0",
            "0.00", rupees(last - 5), "50", rupees(last + 5), "60",
        ]  # fmt: skip

    def trade(
        self, symbol: str, last: int, volume: int, seq: int | None = None, at: int | None = None
    ) -> dict[str, Any]:
        """A trade's message. ``seq`` follows the last one unless given."""
        self._prices[symbol] = last
        number, high = self.seq(symbol, "trade", seq), rupees(last + 100)
        return {
            "trade": [
                number_of(symbol), stamp(at), rupees(last), "1", rupees(last), str(volume), rupees(last), high,
                rupees(max(5, last - 100)), rupees(last), "0", "0", "0.00", "", str(number), rupees(last - 5), "50",
                rupees(last + 5), "60",
            ]
        }  # fmt: skip

    def book(self, symbol: str, best_bid: int, best_ask: int, quantity: int, seq: int | None = None) -> dict[str, Any]:
        """A message of five levels a side, a tick of five paise apart."""
        number = self.seq(symbol, "book", seq)
        levels = [
            text
            for best, way in ((best_bid, -5), (best_ask, 5))
            for level in range(5)
            for text in (rupees(best + way * level), str(quantity + level), str(level + 1))
        ]
        return {"bidaskL2": [number_of(symbol), stamp(), str(number), *levels, "1000", "1000"]}

    def seq(self, symbol: str, kind: str, given: int | None) -> int:
        """The next number, or the one that is given."""
        number = self._seqs.get((symbol, kind), 100) + 1 if given is None else given
        if given is None:
            self._seqs[symbol, kind] = number
        return number

    def drop(self) -> None:
        """The connections break without a word."""
        for connection in list(self._connections):
            with contextlib.suppress(OSError):
                connection.socket.shutdown(2)

    def until(self, true: Callable[[], object], patience: float = PATIENCE) -> None:
        """Waits until something is so; fails when it does not become so."""
        deadline = time.monotonic() + patience
        while not true():
            assert time.monotonic() < deadline, "it did not come about"
            time.sleep(0.005)
