"""TrueData's stream: one connection with one account, its limits obeyed, its password never shown.

A thread of the link's own talks to the vendor and hands what it hears to a board; nobody who drains the board waits
for the vendor, and the vendor waits for nobody. The user and the password travel in the address, as the vendor wants
it: neither is part of any error, log line or word told. A refused login is told as such once and never tried again
from here, because the vendor locks accounts that repeat one.
"""

import threading
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence

import log
from core import vendors
from core.vendor_limits import Limits
from feeds.live import truedata_account as accounts
from feeds.live import truedata_wire as wire
from feeds.live.link import Bounds, Ear, Told
from feeds.live.plan import Plan, limits_on
from feeds.live.supervisor import Denied, Lost, Opened
from feeds.live.truedata_words import Words
from feeds.live.vendors import Vendor
from feeds.live.websocket import Address, Channel, ConnectionDenied, ConnectionLost

NAME = "TrueData"
HOST, PORT = "push.truedata.in", 8084
# Seconds: to connect and be let in, until what was not answered counts as refused, of one wait for words, and of a
# silence that ends the connection: heartbeats come about each five seconds, at any hour.
CONNECT, ANSWER, WAIT, DEAD = 8.0, 10.0, 0.2, 16.0
# Symbols of one wish.
BATCH = 200


def link(credentials: Mapping[str, str], ear: Ear) -> "TrueDataLink":
    """One attempt with ``user`` and ``password``; ``host`` and ``port`` where the vendor gave others."""
    host, port = credentials.get("host") or HOST, credentials.get("port") or ""
    return TrueDataLink(credentials, ear, Address(host, int(port) if port.isdecimal() else PORT))


class TrueDataLink:
    """One attempt at one connection. ``dead`` is the silence in seconds that ends it."""

    def __init__(
        self,
        credentials: Mapping[str, str],
        ear: Ear,
        address: Address,
        dead: float = DEAD,
        connect: float = CONNECT,
        wall_ms: Callable[[], int] = lambda: int(time.time() * 1000),
    ) -> None:
        user, password = credentials.get("user", ""), credentials.get("password", "")
        query = {"user": user, "password": password}
        self._address = Address(address.host, address.port, address.path, query, address.tls)
        self._secrets = tuple(one for one in (password, user) if one)
        log.hide(password)
        self._ear, self._dead, self._connect, self._wall_ms = ear, dead, connect, wall_ms
        self.words = Words(ear.board, ear.heard)
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, name=NAME, daemon=True)
        self._channel: Channel | None = None
        self._login: wire.Login | None = None
        self._plans: deque[Plan] = deque(maxlen=1)  # the newest, until it is followed
        self._names: dict[str, str] = {}  # how each symbol was asked for
        self._subscribed: set[str] = set()
        self._waiting: deque[str] = deque()
        self._asked: dict[str, float] = {}
        self._unknown: set[str] = set()

    # -- what a link is told, from any thread -------------------------------------------------------

    def open(self) -> None:
        """Begin to connect."""
        self._thread.start()

    def subscribe(self, plan: Plan) -> None:
        """Follow this plan from the thread's next turn on. TrueData knows no modes: a symbol comes with all that the
        account has subscribed to."""
        self._plans.append(plan)

    def close(self) -> None:
        """End the connection and the thread."""
        self._over.set()
        if self._thread.is_alive() and self._thread is not threading.current_thread():
            self._thread.join(5)

    # -- the thread ---------------------------------------------------------------------------------

    def _run(self) -> None:
        """One life of the connection: in, listening, and out, with one word about how it ended."""
        try:
            self._enter()
            heard = time.monotonic()
            while not self._over.is_set():
                self._follow()
                assert self._channel is not None
                messages = self._channel.receive(WAIT)
                now = time.monotonic()
                if messages:
                    heard = now
                    self._hear(messages)
                elif now - heard >= self._dead:
                    raise ConnectionLost(f"Nothing came for {now - heard:.0f} s; even the heartbeats are missing.")
        except ConnectionDenied as denied:
            self._tell(Denied(self._scrubbed(str(denied))))
        except ConnectionLost as lost:
            self._tell(Lost(self._scrubbed(str(lost))))
        except Exception as error:  # noqa: BLE001 - whatever a vendor brings about, it is a lost connection
            why = self._scrubbed(f"{type(error).__name__}: {error}")
            log.get(__name__).error("TrueData's stream could not be read", extra={"error": why})
            self._tell(Lost("TrueData's stream could not be read."))
        finally:
            if self._channel is not None:
                self._channel.close()
            log.get(__name__).info("A connection to TrueData is over", extra={"counted": dict(self.words.counted)})

    def _tell(self, what: Denied | Lost | Told) -> None:
        if not self._over.is_set():
            self._ear.tell(what)

    def _enter(self) -> None:
        """Connects and waits for the answer to the login that the address carries."""
        deadline = time.monotonic() + self._connect
        self._channel = Channel(self._address, self._connect)
        while not self._over.is_set() and self._login is None:
            left = deadline - time.monotonic()
            if left <= 0:
                raise ConnectionLost("TrueData did not answer the login in time.")
            self._words_are_of_now()
            for message in self.words.read(self._channel.receive(min(left, WAIT))):
                self._greeted(message)
        if self._login is None or self._over.is_set():
            return
        most = self._login.max_symbols
        self._ear.tell(Bounds(Limits(full=most, last=most, greeks=most, total=most)))
        self._ear.tell(Opened())
        if not accounts.has_ticks(self._login):
            kind = self._login.subscription
            self._tell(Told(f"The subscription is {kind}, which has no ticks: prices come once a minute."))

    def _greeted(self, message: wire.Message) -> None:
        """The login's answer. Words before it, such as a heartbeat, do no harm."""
        match message:
            case wire.Login():
                ends = accounts.ends(message)
                if ends and self._wall_ms() >= ends:
                    raise ConnectionDenied(f"The subscription ended on {message.validity[:10]}.")
                self._login = message
            case wire.Answer(success=False):
                raise ConnectionDenied(message.message.strip()[:200] or "The login was refused without a reason.")

    def _words_are_of_now(self) -> None:
        self.words.now = self._wall_ms()

    def _hear(self, messages: Sequence[bytes]) -> None:
        self._words_are_of_now()
        for message in self.words.read(messages):
            match message:
                case wire.Symbols() as answer:
                    self._added(answer)
                case wire.Answer(success=False) as answer:
                    self._tell(Told(self._scrubbed(f"TrueData refused something: {answer.message[:200]}")))

    def _follow(self) -> None:
        """Adds and takes away what the newest plan asks for, a batch at a time, each after the last one's answer."""
        if self._plans:
            self._change(self._plans.pop())
        now = time.monotonic()
        if self._asked and now < min(self._asked.values()):
            return
        self._give_up()
        batch = [self._waiting.popleft() for _ in range(min(BATCH, len(self._waiting)))]
        if batch and self._channel is not None:
            self._asked = dict.fromkeys(batch, now + ANSWER)
            self._channel.send(accounts.wish("addsymbol", batch))

    def _change(self, plan: Plan) -> None:
        assert self._channel is not None
        assert self._login is not None
        allowed = accounts.allowed(self._login.segments)
        all_keys = {key.upper(): key for key in (*plan.full, *plan.greeks, *plan.last)}
        self._names.update(all_keys)
        keys = [key for key in all_keys if allowed(key)]
        if len(keys) < len(all_keys):
            barred = next(key for key in all_keys if not allowed(key))
            self._tell(Told(
                f"The account has the segments {', '.join(self._login.segments)}: {len(all_keys) - len(keys)} symbols"
                f" get no prices, such as {barred}."
            ))  # fmt: skip
        keys = keys[: self._login.max_symbols]
        wanted = set(keys)
        gone = sorted((self._subscribed | self._asked.keys()) - wanted)
        for begin in range(0, len(gone), BATCH):
            self._channel.send(accounts.wish("removesymbol", gone[begin : begin + BATCH]))
        for key in gone:
            self.words.leave(self._names[key])
        self._subscribed &= wanted
        self._unknown &= wanted
        self._asked = {key: until for key, until in self._asked.items() if key in wanted}
        there = self._subscribed | self._asked.keys() | self._unknown
        self._waiting = deque(key for key in keys if key not in there)

    def _added(self, answer: wire.Symbols) -> None:
        """Those of the batch that the answer does not list were not added: unknown to the vendor, or too many."""
        ticks = self._login is None or accounts.has_ticks(self._login)
        for symbol in answer.listed:
            key = symbol.name.upper()
            if key in self._asked:
                del self._asked[key]
                self._subscribed.add(key)
                self.words.join(self._names[key], symbol.trade, ticks)
            else:
                self.words.counted["unasked"] += 1
        self._give_up()

    def _give_up(self) -> None:
        if not self._asked:
            return
        self._unknown |= self._asked.keys()
        names = sorted(self._asked)
        self._asked = {}
        such = ", ".join(names[:3])
        self._tell(Told(f"TrueData did not add {len(names)} of the symbols that were asked for, such as {such}."))

    def _scrubbed(self, text: str) -> str:
        """Without the credential, should the vendor repeat it."""
        for secret in self._secrets:
            text = text.replace(secret, log.HIDDEN)
        return text


VENDOR = Vendor("truedata", NAME, link, limits_on(vendors.Vendor.TRUEDATA), accounts.segment)
