"""Ports of the loopback: for servers of this process, and for processes that are told theirs before they listen."""

import itertools
import os
import socket

# Below those that the system gives to outgoing connections: between the choice and the listening, which takes a whole
# Kagaz some seconds, one of these might get a port of theirs.
FIRST, MANY = 20_000, 12_000
# Steps of the golden share of them: processes whose ids follow each other begin thousands apart, and take hundreds.
_next = itertools.count(os.getpid() * 7_417)


def listening() -> socket.socket:
    """A socket that listens at a free port, for a server that writes an answer in pieces: without TCP_NODELAY, which
    asyncio sets for sockets that name their protocol alone, each answer waits a twenty-fifth of a second for an
    acknowledgement."""
    made = socket.create_server(("127.0.0.1", 0), backlog=2048)
    made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return made


def free_port() -> int:
    """A port of the loopback that nobody listens on, and that no other process of these tests is about to take."""
    while True:
        port = FIRST + next(_next) % MANY
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
        return port
