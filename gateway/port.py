"""The gateway's port: taken at once, or waited for where another gateway of ours holds it.

Several Kagaz may run on one machine with the same settings; one of their gateways serves, the others stand by.
"""

import http.client
import json
import socket
import time

import log

NAME = "Kagaz gateway"
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
            if not _is_ours(address, port):
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


def _is_ours(address: str, port: int) -> bool:
    """Whether what listens there says that it is a gateway of ours."""
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(address, address)  # noqa: S104 - compared, not bound
    asked = http.client.HTTPConnection(host, port, timeout=_PATIENCE)
    try:
        asked.request("GET", "/")
        found = json.loads(asked.getresponse().read(4096))
        return bool(found["data"]["name"] == NAME)
    except (OSError, http.client.HTTPException, ValueError, KeyError, TypeError):
        return False
    finally:
        asked.close()
