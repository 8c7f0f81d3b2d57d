"""The doorbell between processes: a ring says "look", never what there is to see.

NOTIFY inside a money transaction would make all commits wait for each other, so a ring is sent from a
connection of its own, after the commit. A ring may be lost (a crash, a broken connection): every listener
also looks by itself several times a second.
"""

import math
import threading
import time
from collections.abc import Callable, Iterable
from typing import Any
from weakref import WeakKeyDictionary

import psycopg
from psycopg import sql

import log
from db.engine import Database, connect

ORDERS = "kagaz_orders"  # open work changed
FRAMES = "kagaz_frames"  # a frame was stored
ACCOUNTS = "kagaz_accounts"  # some account's version rose
CONTROL = "kagaz_control"  # markets, users or sessions changed

# Rings of one channel within this time become one, in seconds.
COALESCE = 0.020
# How long to wait before trying again after a connection broke, in seconds.
AGAIN = 0.25

OnRing = Callable[[str | None], object]


class Doorbell:
    """Rings for one process. `ring` never waits for the database and never raises for it."""

    def __init__(self, database: Database) -> None:
        self._url = database.url
        self._changed = threading.Condition()
        self._pending: dict[str, tuple[str, float]] = {}  # payload, and the instant before which it need not be sent
        self._last: dict[str, float] = {}
        self._closing = False
        self._thread: threading.Thread | None = None

    def ring(self, channel: str, payload: str = "", later: float = 0.0) -> None:
        """Rings at once if the channel was quiet, else together with the next rings of the next 20 ms; ``later`` by so
        many seconds, unless it is rung again before."""
        due = time.monotonic() + later
        with self._changed:
            if self._closing:
                return
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="doorbell", daemon=True)
                self._thread.start()
            _, known = self._pending.get(channel, ("", due))
            self._pending[channel] = payload, min(known, due)
            self._changed.notify()

    def close(self) -> None:
        """Sends what is still due and ends; a ring after this is silent."""
        with self._changed:
            self._closing = True
            self._changed.notify()
        if self._thread is not None:
            self._thread.join(timeout=5)

    def _run(self) -> None:
        connection: psycopg.Connection[Any] | None = None
        try:
            while True:
                due = self._next()
                if due is None:
                    return
                try:
                    if connection is None or connection.closed:
                        connection = connect(self._url)
                        # A NOTIFY commits, and would wait for the disk, with all other bells behind it.
                        connection.execute("set synchronous_commit = off")
                    for channel, (payload, _) in due.items():
                        connection.execute("select pg_notify(%s, %s)", (channel, payload))
                except psycopg.Error as error:
                    log.get(__name__).warning("A ring could not be sent", extra={"error": str(error)})
                    if connection is not None:
                        connection.close()
                    self._put_back(due)
        finally:
            if connection is not None:
                connection.close()

    def _next(self) -> dict[str, tuple[str, float]] | None:
        """Waits for rings that are due and takes them; None at the end."""
        with self._changed:
            while True:
                now = time.monotonic()
                at = {
                    name: max(due, self._last.get(name, -math.inf) + COALESCE)
                    for name, (_, due) in self._pending.items()
                }
                due = {name: self._pending[name] for name, when in at.items() if self._closing or when <= now}
                if due:
                    for channel in due:
                        del self._pending[channel]
                        self._last[channel] = now
                    return due
                if self._closing:
                    return None
                self._changed.wait(min(at.values()) - now if at else None)

    def _put_back(self, due: dict[str, tuple[str, float]]) -> None:
        """Keeps the rings and lets the database recover; at the end there is nobody left to try again."""
        with self._changed:
            if not self._closing:
                self._pending = due | self._pending
                self._changed.wait_for(lambda: self._closing, AGAIN)


_bells: WeakKeyDictionary[Database, Doorbell] = WeakKeyDictionary()
_making = threading.Lock()


def of(database: Database) -> Doorbell:
    """The one doorbell of this process for a database; it ends with it."""
    with _making:
        bell = _bells.get(database)
        if bell is None:
            bell = _bells[database] = Doorbell(database)
            database.at_close(bell.close)
        return bell


def listen(
    url: str, channels: Iterable[str], on_ring: OnRing, stop: threading.Event, poll_seconds: float = 0.25
) -> None:
    """Calls `on_ring(channel)` for rings and `on_ring(None)` to look anyway, until `stop` is set.

    A look comes after every (re)connection, because rings may have been missed, and at least each
    `poll_seconds`; also while there is no connection. Several waiting rings of one channel are one call, and of
    several channels the one named first comes first. What `on_ring` raises ends the listener.
    """
    wanted = tuple(channels)
    connection: psycopg.Connection[Any] | None = None
    try:
        while not stop.is_set():
            if connection is None:
                connection = _subscribe(url, wanted)
                on_ring(None)
                looked = time.monotonic()
                if connection is None:
                    stop.wait(max(poll_seconds, AGAIN))
                    continue
            rung, connection = _rings(connection, max(0.0, looked + poll_seconds - time.monotonic()))
            for channel in sorted(rung, key=wanted.index):
                on_ring(channel)
            if time.monotonic() - looked >= poll_seconds:
                on_ring(None)
                looked = time.monotonic()
    finally:
        if connection is not None:
            connection.close()


def _subscribe(url: str, channels: tuple[str, ...]) -> psycopg.Connection[Any] | None:
    """A connection that listens, or None when the database cannot be reached."""
    connection = None
    try:
        connection = connect(url)
        for channel in channels:
            connection.execute(sql.SQL("listen {}").format(sql.Identifier(channel)))
    except psycopg.Error as error:
        log.get(__name__).warning("Listening is not possible at present", extra={"error": str(error)})
        if connection is not None:
            connection.close()
        return None
    return connection


def _rings(connection: psycopg.Connection[Any], seconds: float) -> tuple[list[str], psycopg.Connection[Any] | None]:
    """The channels that rang within the time; no connection if it broke."""
    try:
        heard = connection.notifies(timeout=seconds, stop_after=1)
        return list({one.channel for one in heard}), connection
    except psycopg.Error as error:
        log.get(__name__).warning("The listening connection broke", extra={"error": str(error)})
        connection.close()
        return [], None
