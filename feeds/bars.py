"""Reads files of past bars. A bad row is counted under a name and left out; it never ends the reading.

Two shapes are known, told apart by their first row: ``SYMBOL,YYYYMMDD,HH:MM,O,H,L,C,V,OI`` without a head
line, and ``timestamp,open,high,low,close,volume,oi`` where the file's name is the symbol.
"""

import csv
import math
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any

OPENS, CLOSES = 9 * 60 + 15, 15 * 60 + 30  # minutes since midnight
WHOLE_DAY = -1
HIGHEST_RUPEES = 2e7
HEAD = ["timestamp", "open", "high", "low", "close", "volume", "oi"]


@dataclass(frozen=True, slots=True)
class Bar:
    """Prices in paise. ``minute`` is the minute since midnight in which it starts, or WHOLE_DAY."""

    minute: int
    open: int
    high: int
    low: int
    close: int
    volume: int
    oi: int


@dataclass(slots=True)
class Reading:
    """Bars by date and symbol, in order of time; how many rows were left out for what reason, and where the first of
    each stands (``file.csv:3``)."""

    days: dict[date, dict[str, list[Bar]]] = field(default_factory=dict)
    problems: Counter[str] = field(default_factory=Counter)
    first: dict[str, str] = field(default_factory=dict)

    def leave_out(self, reason: str, place: str) -> None:
        """Counts a row that is no bar."""
        self.problems[reason] += 1
        self.first.setdefault(reason, place)


class _BadRowError(ValueError):
    """Carries the name under which a row is counted."""


def read(path: Path, end_stamped: bool = True) -> Reading:
    """Every bar of a file, or of all ``.csv`` files of a folder and of those in it. Raises OSError when one cannot be
    opened.

    ``end_stamped`` says that a minute's bar carries the time at which it ended.
    """
    reading = Reading()
    files = sorted(path.rglob("*.csv")) if path.is_dir() else [path]
    for file in files:
        with file.open(encoding="utf-8-sig", errors="replace", newline="") as lines:
            _read(reading, file, csv.reader(_without_nul(lines)), end_stamped)
    for symbols in reading.days.values():
        for symbol, bars in symbols.items():
            symbols[symbol] = _in_order(bars, reading, symbol)
    return reading


def _without_nul(lines: Iterable[str]) -> Iterator[str]:
    return (line.replace("\0", "") for line in lines)


def _read(reading: Reading, file: Path, rows: Any, end_stamped: bool) -> None:
    """``rows`` is a reader of ``csv``, which knows its line."""
    headed = False
    while True:
        try:
            row = next(rows)
        except StopIteration:
            return
        except csv.Error:
            reading.leave_out("unreadable", f"{file.name}:{rows.line_num}")
            continue
        cells = [cell.strip() for cell in row]
        if not any(cells):
            continue
        if [cell.lower() for cell in cells] == HEAD:
            headed = True
            continue
        try:
            symbol, day, bar = _bar(cells, file.stem if headed else None, end_stamped)
        except _BadRowError as error:
            reading.leave_out(str(error), f"{file.name}:{rows.line_num}")
            continue
        reading.days.setdefault(day, {}).setdefault(symbol, []).append(bar)


def _bar(cells: list[str], name: str | None, end_stamped: bool) -> tuple[str, date, Bar]:
    if name is not None:
        if len(cells) != len(HEAD):
            raise _BadRowError("wrong_number_of_fields")
        at, symbol, numbers = _time(cells[0]), name, cells[1:]
    else:
        if len(cells) != 9:
            raise _BadRowError("wrong_number_of_fields")
        at, symbol, numbers = _time(f"{cells[1]} {cells[2]}"), cells[0], cells[3:]
    if not symbol:
        raise _BadRowError("no_symbol")
    minute = at.hour * 60 + at.minute
    # A time of midnight is the stamp of a whole day.
    if minute:
        minute -= 1 if end_stamped else 0
        if not OPENS <= minute < CLOSES:
            raise _BadRowError("outside_hours")
    else:
        minute = WHOLE_DAY
    first, high, low, last = (_paise(cell) for cell in numbers[:4])
    if high < max(first, last) or low > min(first, last):
        raise _BadRowError("range_without_its_ends")
    return symbol, at.date(), Bar(minute, first, high, low, last, _count(numbers[4]), _count(numbers[5]))


def _time(text: str) -> datetime:
    try:
        return datetime.fromisoformat(text).replace(tzinfo=None)
    except ValueError:
        raise _BadRowError("unreadable_time") from None


def _paise(text: str) -> int:
    try:
        rupees = float(text)
    except ValueError:
        raise _BadRowError("unreadable_number") from None
    if not math.isfinite(rupees) or not 0 < rupees <= HIGHEST_RUPEES:
        raise _BadRowError("impossible_price")
    return max(1, round(rupees * 100))


def _count(text: str) -> int:
    try:
        count = float(text or 0)
    except ValueError:
        raise _BadRowError("unreadable_number") from None
    if not math.isfinite(count) or not 0 <= count < 1e15:
        raise _BadRowError("impossible_quantity")
    return int(count)


def _in_order(bars: list[Bar], reading: Reading, symbol: str) -> list[Bar]:
    """Ascending by minute, one a minute (the first stays); minutes win over a bar of the whole day."""
    by_minute: dict[int, Bar] = {}
    for bar in bars:
        if bar.minute in by_minute:
            reading.leave_out("repeated", symbol)
        else:
            by_minute[bar.minute] = bar
    if len(by_minute) > 1:
        by_minute.pop(WHOLE_DAY, None)
    return [by_minute[minute] for minute in sorted(by_minute)]
