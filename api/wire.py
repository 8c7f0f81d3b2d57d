"""Small writes leave at once.

Streamlit and uvicorn bind their socket without naming its protocol, and asyncio therefore does not switch
Nagle's algorithm off on what it accepts. A second small write (the next message of a rerun, the trade after
its order on the stream) then waits until the first was acknowledged, which browsers put off by 40 ms.
"""

import contextlib
import os
import socket
from collections.abc import Iterator
from pathlib import Path

import log

_FOLDER = Path("/dev/fd")
_logger = log.get(__name__)


def send_at_once() -> int:
    """Switch the delay off on every TCP socket of this process that listens; how many there are.

    What such a socket accepts from then on inherits it. Called when the port is bound, before it is served.
    """
    found = 0
    for listener in _listeners():
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        found += 1
    if not found:
        _logger.warning("No listening socket was found: answers may wait for receipts")
    return found


def _listeners() -> Iterator[socket.socket]:
    """Each by a descriptor of its own, which is closed again; the process keeps those it has."""
    try:
        numbers = [int(each.name) for each in _FOLDER.iterdir()]
    except OSError:
        return
    for number in numbers:
        with contextlib.suppress(OSError), socket.socket(fileno=os.dup(number)) as one:
            tcp = one.family in (socket.AF_INET, socket.AF_INET6) and one.type == socket.SOCK_STREAM
            if tcp and one.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN):
                yield one
