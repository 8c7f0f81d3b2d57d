"""Candles on their way to the database: what could not be written once is written the next time."""

import threading
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pytest

from core.frames import DEPTH, row_type
from desk import market as markets
from feeds.silent import Silent
from jobs import candles as candles_on_their_way
from jobs.candles import Keeper
from tests.feeds import listings


def test_minutes_that_ended_while_the_database_was_away_are_written_when_it_is_back(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    away = True
    written: list[tuple[str, int, int]] = []

    def add(_database: Any, _market: str, interval: str, candles: Any) -> None:
        if away:
            raise ConnectionError
        written.extend((interval, int(each["start"]), int(each["close"])) for each in candles)

    monkeypatch.setattr(markets, "add_candles", add)
    universe = listings.universe()
    keeper = Keeper(None, "sim", universe)  # type: ignore[arg-type]
    first = int(datetime(2026, 11, 23, 4, 0, tzinfo=UTC).timestamp() * 1000)

    def trade(at: int, price: int, volume: int) -> None:
        rows = np.zeros(1, row_type(DEPTH))
        rows["instrument"], rows["exchange_time"] = universe.id[0], at
        rows["last_price"] = rows["open"] = rows["high"] = rows["low"] = price
        rows["volume"] = volume
        keeper.add(rows, Silent({}, "a test"))

    trade(first, 100_000, 10)
    trade(first + 60_000, 100_500, 20)
    with pytest.raises(ConnectionError):
        keeper.write()
    away = False
    keeper.write()
    minutes = [(start, close) for interval, start, close in written if interval == "1m"]
    assert minutes == [(first, 100_000), (first + 60_000, 100_500)]
    assert [close for interval, _, close in written if interval == "1d"] == [100_500]


def test_a_round_nobody_waits_for_is_written_piece_by_piece_and_at_once_when_somebody_does(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    begun, go_on = threading.Event(), threading.Event()
    pieces: list[tuple[str, list[int]]] = []

    def add(_database: Any, _market: str, interval: str, candles: Any) -> None:
        pieces.append((interval, candles["instrument"].tolist()))
        begun.set()
        assert go_on.wait(30)

    monkeypatch.setattr(markets, "add_candles", add)
    monkeypatch.setattr(candles_on_their_way, "PIECE", 2)
    monkeypatch.setattr(candles_on_their_way, "SPREAD", 3600.0)  # a pause that no test would outlive
    universe = listings.universe()
    keeper = Keeper(None, "sim", universe)  # type: ignore[arg-type]
    rows = np.zeros(3, row_type(DEPTH))
    rows["instrument"], rows["exchange_time"] = universe.id[:3], 1_795_000_000_000
    rows["last_price"] = rows["open"] = rows["high"] = rows["low"] = 100_000
    keeper.add(rows, Silent({}, "a test"))
    keeper.write_meanwhile()
    assert begun.wait(30)
    go_on.set()
    keeper.write()
    ids = universe.id[:3].tolist()
    assert pieces == [("1m", ids[:2]), ("1m", ids[2:]), ("1d", ids[:2]), ("1d", ids[2:])]
