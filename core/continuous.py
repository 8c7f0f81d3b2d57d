"""Futures joined to one: day by day the contract that was the next to end."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from core.instruments import Instrument, Kind


@dataclass(frozen=True, slots=True)
class Stretch:
    """The days, both included, on which a contract stands for its underlying."""

    instrument_id: int
    first: date
    last: date


def stretches(named: Instrument, instruments: Iterable[Instrument]) -> list[Stretch]:
    """The stretches that end with the future named, oldest first: of the same underlying on the same exchange each from
    the day after the one before it ended. Contracts that end later than it have no part in it."""
    assert named.expiry is not None  # a future
    ends = {
        one.expiry: one
        for one in instruments
        if one.kind is Kind.FUT
        and (one.underlying_id, one.exchange) == (named.underlying_id, named.exchange)
        and one.expiry is not None
        and one.expiry <= named.expiry
    }
    found, first = [], date.min
    for end in sorted(ends):
        found.append(Stretch(ends[end].id, first, end))
        first = end + timedelta(days=1)
    return found
