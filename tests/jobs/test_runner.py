"""The wiring: what runs follows what is switched on, and starting and stopping may come in any order."""

import threading
from collections.abc import Callable

import pytest

import settings
from db.engine import Database
from desk import market
from jobs import past
from jobs.runner import Runner
from tests.patience import PATIENCE

SETTINGS = settings.Settings(kagaz_frame_ms=50, kagaz_seed=5)


def eventually(condition: Callable[[], bool]) -> None:
    """Waits for something that must come, and fails when it does not within a minute."""
    waiting = threading.Event()
    for _ in range(int(PATIENCE / 0.05)):
        if condition():
            return
        waiting.wait(0.05)
    raise AssertionError("it did not happen")


def heartbeats(database: Database) -> set[str]:
    with database.connection() as connection:
        return {row[0] for row in connection.execute("select role from heartbeats").fetchall()}


def test_stopping_without_a_start_and_twice_is_nothing(database: Database) -> None:
    runner = Runner(database, SETTINGS)
    runner.shut_down()
    runner.shut_down()
    runner.start()  # what was stopped stays stopped
    runner.shut_down()
    assert heartbeats(database) == set()


def test_a_market_runs_while_it_is_switched_on(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    # A first start writes months of candles; a market is told to stop here and would finish them first.
    monkeypatch.setattr(past, "fill", lambda *_: None)
    runner = Runner(database, SETTINGS)
    runner.start()
    runner.start()
    try:
        eventually(lambda: market.state(database, "sim").frame >= 3)
        eventually(lambda: {"market", "execution", "closing", "housekeeping", "sidecar"} <= heartbeats(database))
        market.switch(database, "sim", on=False)
        eventually(lambda: (market.state(database, "sim").frame_age_ms or 0) > 1_000)
        stood = market.state(database, "sim").frame
        market.switch(database, "sim", on=True)
        eventually(lambda: market.state(database, "sim").frame > stood)
    finally:
        runner.shut_down()
    assert heartbeats(database) == set()
