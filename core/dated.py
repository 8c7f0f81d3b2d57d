"""Facts that change by date are rows. In force on a date is the youngest row that is not younger than it."""

from collections.abc import Callable, Hashable, Iterable
from datetime import date
from typing import Protocol, TypeVar


class Dated(Protocol):
    """A row and the first date that it holds for."""

    @property
    def effective_from(self) -> date:
        """It holds from here until a younger row begins."""


Row = TypeVar("Row", bound=Dated)
Value = TypeVar("Value")
Name = TypeVar("Name", bound=Hashable)


def in_force(rows: Iterable[Row], on: date, what: str) -> Row:
    """The row in force. Raises LookupError, which names ``what`` the rows are of, before the first."""
    return value_in_force(((row.effective_from, row) for row in rows), on, what)


def value_in_force(rows: Iterable[tuple[date, Value]], on: date, what: str) -> Value:
    """The same of pairs of a first date and what holds from it."""
    begun = [row for row in rows if row[0] <= on]
    if not begun:
        raise LookupError(f"no {what} for {on}")
    return max(begun, key=lambda row: row[0])[1]


def each_in_force(rows: Iterable[Row], on: date, name: Callable[[Row], Name]) -> dict[Name, Row]:
    """The rows in force by name, of several that each change by themselves; names that begin later are left out."""
    chosen: dict[Name, Row] = {}
    for row in rows:
        held = chosen.get(name(row))
        if row.effective_from <= on and (held is None or row.effective_from > held.effective_from):
            chosen[name(row)] = row
    return chosen
