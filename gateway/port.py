"""The gateway's port: taken at once, or waited for where another gateway of ours holds it.

Several Kagaz may run on one machine with the same settings; one of their gateways serves, the others stand by.
"""

import socket
import time

import log
from web import neighbour

AGAIN = 3.0
_PATIENCE = 2.0
_BACKLOG = 1024


class Taken(RuntimeError):
    """Something else listens there; the message says what to do."""


def bound(address: str, port: int) -> socket.socket:
    """A listening socket. Waits for as long as another gateway of ours has the port; raises Taken for anything else."""
    told = False
    while True:
        try:
            return _listen(address, port)
        except OSError as error:
            if neighbour.answering(address, port, _PATIENCE) is None:
                sentence = f"Nothing can listen on port {port} of {address} ({error.strerror}). Set GATEWAY_PORT."
                raise Taken(sentence) from None
        if not told:
            log.get(__name__).info("Another gateway of ours has the port; this one stands by", extra={"port": port})
            told = True
        time.sleep(AGAIN)


def _listen(address: str, port: int) -> socket.socket:
    family, kind, _, _, place = socket.getaddrinfo(address, port, type=socket.SOCK_STREAM)[0]
    listener = socket.socket(family, kind)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        # What is accepted inherits it: a tick after a tick does not wait for a receipt of the first.
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        listener.bind(place)
        listener.listen(_BACKLOG)
    except OSError:
        listener.close()
        raise
    return listener
