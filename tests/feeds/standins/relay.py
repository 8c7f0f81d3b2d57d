"""What lies between a client and a server, and misbehaves: a relay that freezes, crawls, cuts; a proxy that is asked
for any host and leads to ours."""

import contextlib
import socket
import threading
import time
from types import TracebackType


class Relay:
    """Listens on a port of this machine and passes bytes on to another.

    ``frozen``: nothing passes, and nobody is told, as on a link that is half open. ``delay``: seconds that each
    piece waits. ``as_proxy``: a client says CONNECT first; whom it asked for is in ``asked``.
    """

    def __init__(self, target: int, as_proxy: bool = False) -> None:
        self.target, self.as_proxy = target, as_proxy
        self.frozen = False
        self.delay = 0.0
        self.asked: list[str] = []
        self._sockets: list[socket.socket] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]

    def __enter__(self) -> "Relay":
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self.cut()

    def cut(self) -> None:
        """Ends every connection without a word."""
        sockets, self._sockets = self._sockets, []
        for one in sockets:
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        try:
            if self.as_proxy:
                head = b""
                while not head.endswith(b"\r\n\r\n"):
                    head += client.recv(1)
                self.asked.append(head.split(b" ")[1].decode())
                client.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
            server = socket.create_connection(("127.0.0.1", self.target))
        except OSError:
            client.close()
            return
        self._sockets += [client, server]
        for source, drain in ((client, server), (server, client)):
            threading.Thread(target=self._pass, args=(source, drain), daemon=True).start()

    def _pass(self, source: socket.socket, drain: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(65_536):
                time.sleep(self.delay)
                while self.frozen:
                    time.sleep(0.02)
                drain.sendall(data)
        for one in (source, drain):
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
