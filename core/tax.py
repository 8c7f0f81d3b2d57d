"""Under which head of a tax return a closed round trip falls; nothing here reckons a tax.

Shares bought and sold on one trading date are speculation, whatever their product. What was delivered is a capital
gain, short-term or long-term by how long it was held. Futures and options are a business. Lots are matched first in,
first out, as the depositories do.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from core import dated
from core.instruments import DERIVATIVES, Kind
from core.round_trips import RoundTrip


class Head(StrEnum):
    """Where a gain or loss is declared."""

    INTRADAY = "INTRADAY"
    SHORT_TERM = "SHORT_TERM"
    LONG_TERM = "LONG_TERM"
    FUTURES_OPTIONS = "FUTURES_OPTIONS"


WORDS = {
    Head.INTRADAY: "Intraday shares (speculation)",
    Head.SHORT_TERM: "Delivery, short-term gains",
    Head.LONG_TERM: "Delivery, long-term gains",
    Head.FUTURES_OPTIONS: "Futures and options (business)",
}


@dataclass(frozen=True, slots=True)
class Term:
    """From a date of sale on, listed shares held for more than ``days`` are a long-term asset."""

    effective_from: date
    days: int


TERMS = (Term(date(2000, 4, 1), 365),)


def held_days(trip: RoundTrip) -> int:
    """Trading date to trading date: 0 where it was opened and closed on one."""
    return (trip.closed_on - trip.opened_on).days


def head_of(trip: RoundTrip, kind: Kind) -> Head:
    """The head of one round trip in an instrument of that kind."""
    if kind in DERIVATIVES:
        return Head.FUTURES_OPTIONS
    days = held_days(trip)
    if days == 0:
        return Head.INTRADAY
    term = dated.in_force(TERMS, trip.closed_on, "how long a long-term asset is held")
    return Head.LONG_TERM if days > term.days else Head.SHORT_TERM


@dataclass(frozen=True, slots=True)
class Sum:
    """What the round trips of one head come to, in paise. ``turnover`` is what the rules of an audit ask of
    speculation and of futures and options: profits and losses added without their sign."""

    trips: int
    profit: int
    loss: int
    charges: int

    @property
    def gross(self) -> int:
        """Before charges."""
        return self.profit - self.loss

    @property
    def net(self) -> int:
        """After the charges of both sides."""
        return self.gross - self.charges

    @property
    def turnover(self) -> int:
        """Profits and losses without their sign."""
        return self.profit + self.loss


def total(trips: Iterable[RoundTrip]) -> Sum:
    """The sum of some round trips."""
    members = list(trips)
    return Sum(
        len(members),
        sum(trip.gross for trip in members if trip.gross > 0),
        -sum(trip.gross for trip in members if trip.gross < 0),
        sum(trip.charges for trip in members),
    )
