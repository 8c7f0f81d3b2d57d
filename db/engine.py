"""Connections to Postgres: one pool of psycopg connections, and an SQLAlchemy engine for screen queries."""

import random
import select
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeVar

import psycopg
from psycopg import errors
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg_pool import ConnectionPool, PoolTimeout, TooManyRequests

# A connection can send what could be sent when it was made: columns are made known before the first one is.
import db.arrays  # noqa: F401

if TYPE_CHECKING:
    import sqlalchemy

T = TypeVar("T")

# How long a caller waits for a connection before it is told, in seconds.
PATIENCE = 2.0
_CHANCE = random.SystemRandom()  # nobody's seed is used up
# Whole transactions that lost a race are safe to run again: deadlock, serialisation, lock timeout.
RACES = (errors.DeadlockDetected, errors.SerializationFailure, errors.LockNotAvailable)

SETTINGS = {
    "lock_timeout": "2s",
    "idle_in_transaction_session_timeout": "10s",
    "synchronous_commit": "on",
    "TimeZone": "UTC",
    "client_min_messages": "warning",
}
# A query, not a row of SETs, so that all of them travel in one round trip.
SET_ALL = "select " + ", ".join(f"set_config('{name}', '{value}', false)" for name, value in SETTINGS.items())


class DatabaseBusy(RuntimeError):
    """Every connection of the pool is in use; the caller may try again shortly."""


class DatabaseUnavailable(RuntimeError):
    """The database cannot be reached at present."""


def dsn(url: str) -> str:
    """The address for libpq, with timeouts; `postgres://` and SQLAlchemy's spelling are taken too."""
    for prefix in ("postgresql+psycopg://", "postgres://"):
        if url.startswith(prefix):
            url = "postgresql://" + url.removeprefix(prefix)
    given = conninfo_to_dict(url)
    wanted: dict[str, Any] = {"connect_timeout": 4, "application_name": "kagaz", "client_encoding": "utf8"}
    if not str(given.get("host", "/")).startswith("/"):
        # A host that vanished says nothing: without these a dead connection is noticed after hours.
        wanted |= {
            "keepalives": 1,
            "keepalives_idle": 5,
            "keepalives_interval": 2,
            "keepalives_count": 3,
            "tcp_user_timeout": 11_000,
        }
    return make_conninfo(url, **{name: value for name, value in wanted.items() if name not in given})


def configure(connection: psycopg.Connection[Any], settings: str = SET_ALL) -> None:
    """What every session of ours is set to, or one is besides."""
    before = connection.autocommit
    connection.autocommit = True
    connection.execute(settings.encode(), prepare=False)
    connection.autocommit = before


def connect(url: str, *, autocommit: bool = True) -> psycopg.Connection[Any]:
    """One connection outside every pool, for listeners and locks that live as long as their session."""
    connection = psycopg.connect(dsn(url), autocommit=autocommit, prepare_threshold=2)
    try:
        configure(connection)
    except BaseException:
        connection.close()
        raise
    return connection


@contextmanager
def exclusive(url: str, number: int) -> Iterator[None]:
    """Holds the advisory lock of that number, waiting for it as long as it takes; freed also by a crash."""
    with connect(url) as connection:
        connection.execute("select set_config('lock_timeout', '0', false)")
        connection.execute("select pg_advisory_lock(%s)", (number,))
        yield


def still_there(connection: psycopg.Connection[Any]) -> None:
    """Costs no round trip for a healthy connection: an idle socket with something to read was hung up on."""
    if connection.closed:
        raise psycopg.OperationalError("the connection is closed")
    poll = select.poll()
    poll.register(connection.fileno(), select.POLLIN | select.POLLHUP | select.POLLERR)
    if poll.poll(0):
        # Perhaps only a notice. If the server has gone, this raises, and the pool replaces the connection.
        connection.autocommit, before = True, connection.autocommit
        connection.execute("select 1")
        connection.autocommit = before


class Own(threading.local):
    """What a thread keeps for itself: whether it does, the connection once it has one, and whether that is in use."""

    wanted = False
    settings = ""
    connection: psycopg.Connection[Any] | None = None
    used = False


class Database:
    """A pool on one database. Opening it does not connect yet, so that a server may come up later."""

    def __init__(self, url: str, *, pool_size: int = 8, patience: float = PATIENCE) -> None:
        self.url = url
        self.patience = patience
        self._lock = threading.Lock()
        self._engine: sqlalchemy.Engine | None = None
        self._lent = 0
        self._own = Own()
        self._at_close: list[Callable[[], object]] = []
        self._pool: ConnectionPool[psycopg.Connection[Any]] = ConnectionPool(
            dsn(url),
            min_size=1,
            max_size=pool_size,
            timeout=patience,
            # A failed attempt is given up soon: the next caller starts a new one, so healing never waits
            # for the end of a long back-off.
            reconnect_timeout=1.0,
            max_waiting=pool_size * 16,
            kwargs={"prepare_threshold": 2},
            configure=configure,
            open=True,
            name="kagaz",
        )

    @contextmanager
    def connection(self) -> Iterator[psycopg.Connection[Any]]:
        """A connection in a transaction: committed when the block ends well, rolled back when it raises."""
        connection = self._take()
        try:
            with _transaction(connection):
                yield connection
        finally:
            self._give(connection)

    @contextmanager
    def autocommit(self) -> Iterator[psycopg.Connection[Any]]:
        """A connection whose every statement is its own transaction."""
        connection = self._take()
        try:
            connection.autocommit = True
            yield connection
        finally:
            if not connection.closed and connection.info.transaction_status == psycopg.pq.TransactionStatus.IDLE:
                connection.autocommit = False
            self._give(connection)

    @contextmanager
    def kept(self, settings: str = "") -> Iterator[None]:
        """This thread asks on one connection of the pool, which nobody else gets meanwhile; with ``settings`` for its
        session, if any, it is closed in the end.

        The pool hands its connections round, so that each is cold whenever it is met again: a server's process that
        has not planned a statement yet takes several times as long. For loops that somebody waits for.
        """
        self._own.wanted, self._own.settings = True, settings
        try:
            yield
        finally:
            self._own.wanted, self._own.settings = False, ""
            connection, self._own.connection = self._own.connection, None
            if connection is not None:
                if settings:
                    connection.close()
                self._give(connection)

    @property
    def engine(self) -> "sqlalchemy.Engine":
        """SQLAlchemy's way in, made and loaded at first use: most processes never ask for it."""
        import sqlalchemy

        with self._lock:
            if self._engine is None:
                self._engine = sqlalchemy.create_engine(
                    "postgresql+psycopg://",
                    creator=lambda: connect(self.url, autocommit=False),
                    pool_size=4,
                    max_overflow=4,
                    pool_timeout=self.patience,
                    pool_pre_ping=True,
                    use_native_hstore=False,
                )
            return self._engine

    def at_close(self, last_act: Callable[[], object]) -> None:
        """Has something that lives on this database end before it."""
        self._at_close.append(last_act)

    def close(self) -> None:
        """Closes every idle connection; those in use close when they are given back."""
        while self._at_close:
            self._at_close.pop()()
        self._pool.close()
        with self._lock:
            if self._engine is not None:
                self._engine.dispose()

    def _take(self) -> psycopg.Connection[Any]:
        """A connection that works. Dead ones are thrown out at once: after a restart they all are."""
        own = self._own
        if own.connection is not None and not own.used:
            own.used = True
            try:
                still_there(own.connection)
            except psycopg.Error:
                own.connection.close()
                self._give(own.connection)
            else:
                return own.connection
        until = time.monotonic() + self.patience
        try:
            while True:
                connection = self._pool.getconn(max(0.001, until - time.monotonic()))
                try:
                    still_there(connection)
                except psycopg.Error:
                    connection.close()
                    self._pool.putconn(connection)
                except BaseException:
                    self._pool.putconn(connection)
                    raise
                else:
                    with self._lock:
                        self._lent += 1
                    if own.wanted and own.connection is None:
                        own.connection, own.used = connection, True
                        if own.settings:
                            configure(connection, own.settings)
                    return connection
        except TooManyRequests as cause:
            raise DatabaseBusy("Too many requests wait for a database connection. Try again shortly.") from cause
        except PoolTimeout as cause:
            raise self._refusal() from cause

    def _give(self, connection: psycopg.Connection[Any]) -> None:
        if connection is self._own.connection:
            self._own.used = False
            if connection.info.transaction_status == psycopg.pq.TransactionStatus.IDLE:
                return  # it stays lent
            self._own.connection = None
        with self._lock:
            self._lent -= 1
        self._pool.putconn(connection)

    def _refusal(self) -> Exception:
        """Why there is no connection: as many as there may be are lent, or none can be made."""
        if self._lent >= self._pool.max_size:
            return DatabaseBusy("All database connections are in use. Try again shortly.")
        return DatabaseUnavailable("The database cannot be reached. Try again shortly.")

    def __enter__(self) -> "Database":
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()


@contextmanager
def _transaction(connection: psycopg.Connection[Any]) -> Iterator[None]:
    try:
        yield
    except BaseException:
        # The first error is the one to report; a connection that cannot roll back is closed by the pool.
        if not connection.closed:
            try:
                connection.rollback()
            except psycopg.Error:
                connection.close()
        raise
    # Most often the last statement took COMMIT along (db.message), and there is nothing left to end.
    if connection.pgconn.transaction_status != psycopg.pq.TransactionStatus.IDLE:
        connection.commit()


def retrying(fn: Callable[[], T], attempts: int = 3) -> T:
    """Runs a whole transaction, and again when it lost a race to another; the last loss is raised."""
    for attempt in range(1, attempts):
        try:
            return fn()
        except RACES:
            time.sleep(_CHANCE.uniform(0.002, 0.010) * 2**attempt)
    return fn()
