"""The doorbell: at once when it was quiet, once when busy, and heard again after a broken connection."""

import queue
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from db import doorbell
from db.doorbell import ACCOUNTS, ORDERS, Doorbell
from db.engine import Database, connect
from tests.patience import PATIENCE

WAIT = PATIENCE


class Ear:
    """Listens in a thread and keeps what it heard."""

    def __init__(self) -> None:
        self.heard: queue.Queue[str | None] = queue.Queue()

    def until(self, wanted: str | None) -> list[str | None]:
        """What was heard up to and with the wanted sound."""
        sounds: list[str | None] = []
        while not sounds or sounds[-1] != wanted:
            sounds.append(self.heard.get(timeout=WAIT))
        return sounds


@contextmanager
def listening(url: str, *, poll_seconds: float = 3600.0) -> Iterator[Ear]:
    ear, stop = Ear(), threading.Event()
    thread = threading.Thread(
        target=doorbell.listen, args=(url, [ORDERS, ACCOUNTS], ear.heard.put, stop, poll_seconds), daemon=True
    )
    thread.start()
    try:
        assert ear.until(None) == [None]  # it listens from here on
        yield ear
    finally:
        stop.set()
        with connect(url) as bell:  # wakes a listener that polls rarely
            bell.execute("select pg_notify(%s, '')", (ORDERS,))
        thread.join(WAIT)
        assert not thread.is_alive()


@pytest.fixture
def bell(clean_database: Database) -> Iterator[Doorbell]:
    bell = Doorbell(clean_database)
    yield bell
    bell.close()


def test_a_ring_reaches_another_process_at_once(clean_database: Database, bell: Doorbell) -> None:
    with listening(clean_database.url) as ear:
        bell.ring(ORDERS)
        assert ear.until(ORDERS) == [ORDERS]


def test_rings_of_a_busy_channel_are_one_and_the_last_is_never_lost(
    clean_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(doorbell, "COALESCE", 3600.0)
    bell = Doorbell(clean_database)
    with connect(clean_database.url) as listener:
        listener.execute(f"listen {ORDERS}")
        bell.ring(ORDERS, "0")
        first = list(listener.notifies(timeout=WAIT, stop_after=1))
        for number in range(1, 100):
            bell.ring(ORDERS, str(number))
        bell.close()  # the end sends what waits
        rest = list(listener.notifies(timeout=WAIT, stop_after=1))
    assert [one.payload for one in (*first, *rest)] == ["0", "99"]


def test_a_quiet_channel_does_not_wait_for_a_busy_one(
    clean_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(doorbell, "COALESCE", 3600.0)
    bell = Doorbell(clean_database)
    with listening(clean_database.url) as ear:
        bell.ring(ORDERS)
        assert ear.until(ORDERS) == [ORDERS]
        bell.ring(ORDERS)
        bell.ring(ACCOUNTS)
        assert ear.until(ACCOUNTS) == [ACCOUNTS]
        bell.close()


def test_a_listener_whose_backend_is_killed_looks_and_listens_again(clean_database: Database, bell: Doorbell) -> None:
    with listening(clean_database.url) as ear:
        _kill_listeners(clean_database)
        assert ear.until(None) == [None]
        bell.ring(ORDERS)
        assert ear.until(ORDERS) == [ORDERS]


def test_a_bell_whose_backend_is_killed_rings_again(clean_database: Database, bell: Doorbell) -> None:
    with listening(clean_database.url) as ear:
        bell.ring(ORDERS)
        ear.until(ORDERS)
        with clean_database.autocommit() as connection:
            connection.execute(
                "select pg_terminate_backend(pid, 5000) from pg_stat_activity "
                "where datname = current_database() and query like '%pg_notify%' and pid <> pg_backend_pid()"
            )
        bell.ring(ORDERS)
        ear.until(ORDERS)


def test_a_listener_looks_by_itself_without_any_ring(clean_database: Database) -> None:
    with listening(clean_database.url, poll_seconds=0.05) as ear:
        assert ear.until(None) == [None]
        assert ear.until(None) == [None]


def test_what_the_handler_raises_ends_the_listener(clean_database: Database) -> None:
    def handler(channel: str | None) -> None:
        raise KeyError(channel)

    with pytest.raises(KeyError):
        doorbell.listen(clean_database.url, [ORDERS], handler, threading.Event())


def _kill_listeners(database: Database) -> None:
    with database.autocommit() as connection:
        killed = connection.execute(
            "select pg_terminate_backend(pid, 5000) from pg_stat_activity "
            "where datname = current_database() and query ilike 'listen%' and pid <> pg_backend_pid()"
        ).fetchall()
    assert killed == [(True,)]


def test_a_ring_for_later_waits_its_time_and_one_at_once_takes_it_along(
    clean_database: Database, bell: Doorbell
) -> None:
    with listening(clean_database.url) as ear:
        bell.ring(ACCOUNTS, later=3600.0)
        bell.ring(ORDERS)
        assert ear.until(ORDERS) == [ORDERS]
        bell.ring(ACCOUNTS)
        bell.ring(ORDERS, later=0.1)
        assert ear.until(ORDERS) == [ACCOUNTS, ORDERS]
