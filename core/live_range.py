"""How far from its previous close a live price may be and still be believed, where the vendor tells no band.

The exchange's own bands and operating ranges are in no vendor's stream. A price outside the widest that they can be at
that minute of the day is a mistake of somebody's, and nothing is traded at it.
"""

from dataclasses import dataclass
from datetime import date

import numpy as np
import numpy.typing as npt

from core import dated
from core.instruments import OPTIONS, Instrument, Kind
from core.money import rupees

Ints = npt.NDArray[np.int64]
WIDEST = 100  # percent; a price cannot fall further


@dataclass(frozen=True, slots=True)
class Ranges:
    """In percent of the previous close. What has derivatives and futures ``begin`` at a range that the exchange
    ``widens`` by steps, each ``every_ms`` after the one before at the earliest; ``fixed`` is the widest band of other
    shares, and ``index`` how far an index may go before the whole market is halted, and what a last print overshoots.
    """

    begins: int
    widens: int
    every_ms: int
    fixed: int
    index: int


# Exchange circulars on price bands, on operating ranges that are flexed after a cooling-off, on market-wide breakers.
_ROWS: tuple[tuple[date, Ranges], ...] = (
    (date(2020, 1, 1), Ranges(begins=10, widens=5, every_ms=900_000, fixed=20, index=25)),
)


def in_force(on: date) -> Ranges:
    """The ranges of a trading date. Raises LookupError before the first row."""
    return dated.value_in_force(_ROWS, on, "ranges of live prices")


def flexes(one: Instrument, has_derivatives: bool) -> bool:
    """Whether the exchange widens the instrument's range in the course of the day."""
    return one.kind is Kind.FUT or (has_derivatives and one.kind in (Kind.EQ, Kind.ETF))


def fixed_percent(ranges: Ranges, one: Instrument, has_derivatives: bool) -> int:
    """The range of an instrument that is as wide all day; 0 where there is none: what it is of tells of an option, and
    an index without contracts, such as that of volatility, goes where it likes."""
    if one.kind is Kind.INDEX:
        return ranges.index if has_derivatives else 0
    return 0 if one.kind in OPTIONS else ranges.fixed


def widened(ranges: Ranges, open_for_ms: int) -> int:
    """The widest that a range which flexes can be so long after the open, in percent."""
    return ranges.begins + ranges.widens * (max(0, open_for_ms) // ranges.every_ms)


def bounds(close: Ints, percent: Ints) -> tuple[Ints, Ints]:
    """(lower, upper) in paise; both 0, which is none, where there is no close or no range."""
    none = (close <= 0) | (percent <= 0)
    lower = -(-close * (WIDEST - np.minimum(percent, WIDEST)) // WIDEST)
    return np.where(none, 0, lower), np.where(none, 0, close * (WIDEST + percent) // WIDEST)


def option_bound(strike: Ints, is_call: npt.NDArray[np.bool_], underlying: Ints) -> Ints:
    """What no option is worth more than, in paise: a call what it is on, a put its strike; 0 where unknown."""
    return np.where(is_call, np.maximum(underlying, 0), strike)


def sentence(key: str, price: int, lower: int, upper: int) -> str:
    """Why nothing is traded at a price."""
    if not lower:
        return f"{key} at {rupees(price)} is worth more than an option can be ({rupees(upper)}): nothing fills at that."
    return (
        f"{key} at {rupees(price)} is outside {rupees(lower)} to {rupees(upper)}, the furthest from its previous close"
        " that it can be now: nothing fills at that."
    )
