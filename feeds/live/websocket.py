"""A WebSocket for one thread: it connects, hands out whole messages, sends text, and gives up in time.

The framing is that of the library ``websockets``, whose part without sockets this drives by hand: nothing waits in
queues of somebody else's threads, each wait has an end, and the library's log, which would show the address with the
credential that some vendors want in it, is switched off. No error of here says more of the address than the host.

Whole messages in one frame, which nearly all are, are cut out of what came without the library, because a vendor
sends tens of thousands a second; all other frames are the library's to judge.
"""

import logging
import select
import socket
import ssl
import time
from dataclasses import dataclass, field
from urllib.parse import urlencode

from websockets.client import ClientProtocol
from websockets.exceptions import InvalidStatus, WebSocketException
from websockets.frames import Frame, Opcode
from websockets.protocol import State
from websockets.uri import WebSocketURI

from core.hosts import is_this_machine

# The largest message taken, how much is read at once, and how much of what came is handed on together.
LARGEST, CHUNK, TOGETHER = 1 << 22, 1 << 18, 1 << 20
# Seconds that are waited once something has come: many messages together cost far less than one by one.
GATHER = 0.008
# A text, and what is binary, whole in one frame without extensions.
_PLAIN = frozenset({0x81, 0x82})


def _silent() -> logging.Logger:
    logger = logging.Logger("silent")  # noqa: LOG001 - outside the tree of loggers nobody can switch it on
    logger.addHandler(logging.NullHandler())
    logger.disabled = True
    logger.setLevel(logging.CRITICAL + 1)
    return logger


_NO_LOG = _silent()


class ConnectionLost(Exception):
    """The connection ended, or never came about; the text says why, for people."""


class ConnectionDenied(Exception):
    """The other side answered that this caller may not come in."""


@dataclass(frozen=True, slots=True)
class Address:
    """Where to connect. ``query`` may hold a credential, hence is never shown. Without ``tls`` only this machine
    itself is talked to."""

    host: str
    port: int
    path: str = "/"
    query: dict[str, str] = field(default_factory=dict, repr=False)
    tls: ssl.SSLContext | None = field(default_factory=ssl.create_default_context, repr=False)

    @property
    def shown(self) -> str:
        """Host and port."""
        return f"{self.host}:{self.port}"


class Channel:
    """One connection. All calls come from one thread; after an exception there is nothing left but ``close``."""

    def __init__(self, address: Address, patience: float) -> None:
        """Connects within ``patience`` seconds. Raises ConnectionLost or ConnectionDenied."""
        self._pieces: list[bytes] = []
        self._rest = b""  # the beginning of a frame that has not come whole
        self._more = False  # more has come than was handed on together
        self._lost: ConnectionLost | None = None
        self._shown = address.shown
        deadline = time.monotonic() + patience
        self._socket = self._reach(address, deadline)
        try:
            secure = address.tls is not None
            uri = WebSocketURI(secure, address.host, address.port, address.path, urlencode(address.query))
            self._protocol = ClientProtocol(uri, max_size=LARGEST, logger=_NO_LOG)
            self._protocol.send_request(self._protocol.connect())
            self._flush()
            self._greet(deadline)
            self._socket.settimeout(0)
            self._poll = select.poll()
            self._poll.register(self._socket, select.POLLIN)
            self._early = self._whole(b"")
        except BaseException:
            self.close()
            raise

    def _reach(self, address: Address, deadline: float) -> socket.socket:
        if address.tls is None and not is_this_machine(address.host):
            raise ConnectionLost(f"{address.shown} is no address of this machine, so that it must be reached by TLS.")
        made: socket.socket | None = None
        try:
            made = socket.create_connection((address.host, address.port), max(0.1, deadline - time.monotonic()))
            made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if address.tls is not None:
                made.settimeout(max(0.1, deadline - time.monotonic()))
                made = address.tls.wrap_socket(made, server_hostname=address.host)
        except ssl.SSLCertVerificationError as error:
            _shut(made)
            why = f"The certificate of {address.shown} cannot be verified: {error.verify_message}."
            raise ConnectionLost(why) from None
        except OSError as error:
            _shut(made)
            raise ConnectionLost(f"{address.shown} cannot be reached: {_words(error)}.") from None
        return made

    def _greet(self, deadline: float) -> None:
        """Waits for the answer to the request; a slow one does not wait for ever by coming letter by letter."""
        seen = b""
        while self._protocol.state is State.CONNECTING and self._protocol.handshake_exc is None:
            left = deadline - time.monotonic()
            if left <= 0:
                raise ConnectionLost(f"{self._shown} did not answer in time.")
            self._socket.settimeout(max(0.001, left))
            data = self._read() or b""
            seen += data
            end = seen.find(b"\r\n\r\n", max(0, len(seen) - len(data) - 3))
            # What follows the answer's head are frames, or the body of a refusal.
            head = len(data) if end < 0 else end + 4 - (len(seen) - len(data))
            self._protocol.receive_data(data[:head])
            if self._is_open():
                self._rest = data[head:]
            else:
                self._protocol.receive_data(data[head:])
        wrong = self._protocol.handshake_exc
        if wrong is None:
            return
        if isinstance(wrong, InvalidStatus) and wrong.response.status_code in (401, 403):
            raise ConnectionDenied(f"{self._shown} answered {wrong.response.status_code}.")
        status = f" (status {wrong.response.status_code})" if isinstance(wrong, InvalidStatus) else ""
        raise ConnectionLost(f"{self._shown} answered with something else than a WebSocket{status}.")

    def receive(self, timeout: float) -> list[bytes]:
        """The messages that came within so many seconds, as they are; empty when none did. Raises ConnectionLost."""
        if self._early:
            early, self._early = self._early, []
            return early
        messages = self._whole(self._gather(timeout))
        if not messages and self._protocol.state in (State.CLOSING, State.CLOSED):
            raise ConnectionLost(f"{self._shown} has closed the connection{self._reason()}.")
        return messages

    def send(self, text: str) -> None:
        """Sends one message, within ten seconds. Raises ConnectionLost."""
        try:
            self._protocol.send_text(text.encode())
        except WebSocketException as error:
            raise ConnectionLost(f"{self._shown} has closed the connection.") from error
        self._flush()

    def close(self) -> None:
        """Says goodbye if that does not take long, and lets go; safe to repeat."""
        protocol = getattr(self, "_protocol", None)
        if protocol is not None and protocol.state is State.OPEN:
            try:
                protocol.send_close(1000)
                self._socket.settimeout(0.5)
                self._socket.sendall(b"".join(protocol.data_to_send()))
            except (OSError, WebSocketException):
                pass  # whoever does not listen any more need not be told
        _shut(self._socket)

    def _gather(self, timeout: float) -> bytes:
        """What has come within so many seconds, and in the moment after."""
        if self._lost is not None:
            raise self._lost
        if not self._more:
            if not self._poll.poll(max(1, int(timeout * 1000))):
                return b""
            time.sleep(GATHER)
        pieces: list[bytes] = []
        size = 0
        try:
            while size < TOGETHER and (data := self._read()):
                pieces.append(data)
                size += len(data)
        except ConnectionLost as lost:
            if not pieces:
                raise
            self._lost = lost  # what came before it is heard first
        self._more = size >= TOGETHER
        return b"".join(pieces)

    def _read(self) -> bytes | None:
        """What the socket has; None where it has nothing. Raises ConnectionLost."""
        try:
            data = self._socket.recv(CHUNK)
        except (TimeoutError, BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError):
            return None
        except OSError as error:
            raise ConnectionLost(f"The connection to {self._shown} broke: {_words(error)}.") from None
        if not data:
            raise ConnectionLost(f"{self._shown} has closed the connection{self._reason()}.")
        return data

    def _whole(self, data: bytes) -> list[bytes]:
        """The messages in it; the beginning of another frame is kept until the rest has come."""
        if self._rest:
            data = self._rest + data
        out: list[bytes] = []
        at, there = 0, len(data)
        while there - at >= 2:
            length, begin = data[at + 1], at + 2
            if length > 125:
                begin = at + (4 if length == 126 else 10)
                if begin > there:
                    break
                # One that is masked, which no server may do, is the library's to refuse like one that is too long.
                length = int.from_bytes(data[at + 2 : begin]) if length < 128 else LARGEST + 1
            end = begin + length
            if length <= LARGEST:
                if end > there:
                    break
                if data[at] in _PLAIN and not self._pieces:
                    out.append(data[begin:end])
                    at = end
                    continue
            self._protocol.receive_data(data[at:end])
            out += self._messages()
            at = end
            if not self._is_open():
                at = there
                break
        self._rest = data[at:]
        self._flush()
        return out

    def _is_open(self) -> bool:
        return self._protocol.state is State.OPEN

    def _messages(self) -> list[bytes]:
        """Whole messages; a long one may come in several frames. What is binary is no message of a text's vendor,
        but its reader's to judge."""
        whole: list[bytes] = []
        for event in self._protocol.events_received():
            if not isinstance(event, Frame) or event.opcode not in _CONTENT:
                continue
            if event.fin and not self._pieces:
                whole.append(bytes(event.data))
                continue
            self._pieces.append(bytes(event.data))
            if event.fin:
                whole.append(b"".join(self._pieces))
                self._pieces = []
        return whole

    def _flush(self) -> None:
        data = b"".join(self._protocol.data_to_send())
        if not data:
            return
        try:
            self._socket.settimeout(10)
            self._socket.sendall(data)
            self._socket.settimeout(0)
        except OSError as error:
            raise ConnectionLost(f"The connection to {self._shown} broke: {_words(error)}.") from None

    def _reason(self) -> str:
        code = self._protocol.close_code if self._protocol.state is State.CLOSED else None
        return f" (code {code})" if code not in (None, 1006) else ""


_CONTENT = frozenset({Opcode.TEXT, Opcode.BINARY, Opcode.CONT})


def _words(error: OSError) -> str:
    return "no answer in time" if isinstance(error, TimeoutError) else (error.strerror or type(error).__name__)


def _shut(made: socket.socket | None) -> None:
    if made is not None:
        made.close()
