"""A connection to Upstox by the vendor's own client, unmodified; what it does carelessly is done here with care.

The client switches the verification of TLS off and sets no time limits. Its module asks ``websocket`` for an
application: there it gets ours, which verifies, pings, and gives up a connection that hangs. Its own attempts to
connect again are off, because when to try again is the supervisor's affair.
"""

import importlib.util
import logging
import ssl
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlsplit

import numpy as np

from core import vendors
from core.hosts import is_this_machine
from feeds.live.link import Ear, Segments, Told
from feeds.live.plan import Plan, limits_on
from feeds.live.supervisor import Denied, Lost, Opened
from feeds.live.upstox_wire import read, segment_of
from feeds.live.vendors import Vendor

# Our names of modes, and the vendor's.
MODES = {"full": "full", "last": "ltpc", "greeks": "option_greeks"}
PULSE = "NSE_INDEX|Nifty 50"
A_REQUEST = 1_000  # keys in one request
# Seconds: how long a step of the socket may take; how often to ping, and how long its answer may be under way.
PATIENCE, PING, PONG = 15.0, 10, 8
REFUSED = frozenset({401, 403})


def missing() -> str:
    """What to do where the vendor's client is not installed; empty where it is."""
    if importlib.util.find_spec("upstox_client") and importlib.util.find_spec("websocket"):
        return ""
    return "The client of Upstox is not installed. Run `make upstox` and start Kagaz again."


def prepare() -> None:
    """Loads the vendor's client: hundreds of modules, which take a busy machine many seconds."""
    import upstox_client
    from upstox_client.feeder import market_data_feeder_v3

    assert upstox_client is not None
    assert market_data_feeder_v3 is not None


class UpstoxLink:
    """``credentials``: ``access_token``, and ``stream``, another address than the vendor's (wss://host:port; ws:// to
    this machine alone), for trying things out."""

    def __init__(self, credentials: Mapping[str, str], ear: Ear) -> None:
        self._ear = ear
        self._modes: dict[str, str] = {}
        self._ended = False
        self._lock = threading.Lock()
        self._streamer = _streamer(credentials["access_token"], credentials.get("stream", ""), self._message)
        for event, listener in (("open", self._opened), ("error", self._error), ("close", self._closed)):
            self._streamer.on(event, listener)
        self._streamer.auto_reconnect(False)

    def open(self) -> None:
        """Begins; the client's thread tells what came of it."""
        self._streamer.connect()

    def subscribe(self, plan: Plan) -> None:
        """First goes all that is not wanted as it is, then comes what is new: whatever is subscribed on the way is a
        part of a plan that keeps the limits. A change of modes one after another would pass them."""
        wanted = {key: MODES[mode] for mode in MODES for key in getattr(plan, mode)}
        for keys in _in_parts([key for key, mode in self._modes.items() if wanted.get(key) != mode]):
            self._streamer.unsubscribe(keys)
        for mode in MODES.values():
            fresh = [key for key, its in wanted.items() if its == mode and self._modes.get(key) != mode]
            for keys in _in_parts(fresh):
                self._streamer.subscribe(keys, mode)
        self._modes = wanted

    def close(self) -> None:
        """Says goodbye and drops the socket; a vendor that does not answer is waited for three seconds."""
        with self._lock:
            self._ended = True
        app = self._streamer.feeder.ws if self._streamer.feeder is not None else None
        if app is not None:
            self._streamer.disconnect()

    # -- on the client's thread ----------------------------------------------------------------

    def _message(self, data: Any) -> None:
        now = time.time() * 1000
        try:
            heard = read(self._streamer.decode_protobuf(data), now, self._ear.board.slot)
        except Exception as error:  # noqa: BLE001 - bytes that are no message, in as many ways as there are bytes
            self._ear.board.garbage += 1
            self._ear.tell(Told(f"A message could not be read: {type(error).__name__}"))
            return
        if heard.segments:
            self._ear.tell(Segments(heard.segments))
        if heard.short or heard.whole:
            self._ear.board.take(heard.short, heard.whole)
        self._ear.heard(now, np.array([now - heard.sent]))

    def _opened(self) -> None:
        self._ear.tell(Opened())

    def _error(self, error: Any) -> None:
        sock = self._streamer.feeder.ws.sock
        if sock is not None:
            sock.shutdown()  # of a handshake that failed the client would leave the socket to the garbage
        status = getattr(error, "status_code", None)
        if status in REFUSED or "401 Unauthorized" in str(error):
            self._ear.tell(Denied(f"the access token is not accepted (HTTP {status or 401}). Sign in to Upstox again."))
            self._end()
            return
        self._end(Lost(_words(error)))

    def _closed(self, code: Any, reason: Any) -> None:
        self._end(Lost(f"The connection was closed ({code or 'without a code'}{f': {reason}' if reason else ''})."))

    def _end(self, lost: Lost | None = None) -> None:
        with self._lock:
            told, self._ended = self._ended, True
        if lost is not None and not told:
            self._ear.tell(lost)


def _streamer(token: str, address: str, take: Callable[[Any], None]) -> Any:
    """The vendor's streamer, which hands us its bytes before it makes a dictionary of them."""
    import upstox_client
    from upstox_client.feeder import market_data_feeder_v3

    market_data_feeder_v3.websocket = _websocket(address)

    class Streamer(upstox_client.MarketDataStreamerV3):  # type: ignore[misc]
        def handle_message(self, ws: Any, message: Any) -> None:
            take(message)

    # The configuration is one object that is copied, so that a token set on it is ours alone.
    configuration = upstox_client.Configuration()
    configuration.access_token = token
    return Streamer(SimpleNamespace(configuration=configuration), [], "full")


def _websocket(address: str) -> Any:
    """What the client's module takes for ``websocket``: an application that is careful."""
    import websocket

    # It writes each handshake's answer, headers and all; the line says in its own words what happened.
    logging.getLogger("websocket").setLevel(logging.CRITICAL)
    # For each step on its own; without it a handshake that nobody answers, and a send, hang for ever.
    websocket.setdefaulttimeout(PATIENCE)
    plain = _checked(address)
    # The handshake goes where the vendor's answer sends it, and the token with it.
    websocket._core.connect = _connect  # type: ignore[assignment]

    class Careful(websocket.WebSocketApp):  # type: ignore[misc]
        def __init__(self, url: str, **more: Any) -> None:
            parts = urlsplit(url)
            super().__init__(f"{address.rstrip('/')}{parts.path}" if address else url, **more)

        def run_forever(self, **more: Any) -> Any:  # type: ignore[override]
            more["sslopt"] = {} if plain else verified()
            return super().run_forever(**more, ping_interval=PING, ping_timeout=PONG)

    return SimpleNamespace(WebSocketApp=Careful, ABNF=websocket.ABNF)


def _connect(url: str, *rest: Any) -> Any:
    """The library's own, for addresses that may see a token. What is raised names no more than the host: the rest of
    an address that a vendor gives may open a door."""
    import websocket

    try:
        _checked(url)
    except ValueError as error:
        raise websocket.WebSocketException(str(error)) from None
    return websocket._http.connect(url, *rest)


def verified() -> dict[str, Any]:
    """Options by which the certificate must be trusted by this machine and belong to the host."""
    return {"context": ssl.create_default_context(), "cert_reqs": ssl.CERT_REQUIRED, "check_hostname": True}


def _checked(address: str) -> bool:
    """Whether it is a plain one, of this machine. Raises ValueError for a plain one elsewhere: it shows the token."""
    parts = urlsplit(address)
    if parts.scheme in ("", "wss"):
        return False
    if parts.scheme == "ws" and is_this_machine(parts.hostname or ""):
        return True
    raise ValueError(f"{parts.scheme}://{parts.hostname} is no address to send a token to: it must begin with wss://.")


def _in_parts(keys: Sequence[str]) -> Iterator[list[str]]:
    for begin in range(0, len(keys), A_REQUEST):
        yield list(keys[begin : begin + A_REQUEST])


def _words(error: Any) -> str:
    """An error in a few words; a handshake's answer brings headers along that nobody needs to read."""
    status = getattr(error, "status_code", None)
    if status:
        return f"Upstox answered HTTP {status}."
    return str(error) or type(error).__name__


def link(credentials: Mapping[str, str], ear: Ear) -> UpstoxLink:
    """One attempt at one connection."""
    return UpstoxLink(credentials, ear)


VENDOR = Vendor("upstox", "Upstox", link, limits_on(vendors.Vendor.UPSTOX), segment_of, missing, prepare, (PULSE,))
