"""What many programs ask for in one moment is asked of the database once."""

import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import pytest

from core.day_figures import Day
from db import market_screen
from db.engine import Database
from desk import prices


def test_the_day_that_many_ask_for_at_once_is_read_once(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[list[int]] = []
    together = threading.Barrier(6)

    def slowly(_: Database, __: str, ids: Sequence[int]) -> list[tuple[int, int, int, int]]:
        read.append(list(ids))
        time.sleep(0.2)
        return [(1, 100, 7, 5)]

    def ask(_: int) -> dict[int, Day]:
        together.wait(30)
        return prices.days_so_far(database, "sim", [1, 2])

    monkeypatch.setattr(market_screen, "days_so_far", slowly)
    with ThreadPoolExecutor(6) as pool:
        told = list(pool.map(ask, range(6)))
    assert told == [{1: Day(100, 7, 5)}] * 6
    assert read == [[1, 2]]
    prices.days_so_far(database, "sim", [2, 3])
    assert read == [[1, 2], [3]], "what had no trade is known, too"
