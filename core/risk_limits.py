"""Limits of risk by name, as dated rows, and which of them holds for an order: always the tightest.

A row says for whom (everybody, a user, an account, an instrument, a whole underlying), what, how much, and from
which trading date to which. Paise for money, basis points for percentages, units for quantities.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

Limits = Mapping["LimitName", int]


class Scope(StrEnum):
    """For whom a limit holds. GROUP is an underlying with all its contracts, named by the underlying's id."""

    DEFAULT = "DEFAULT"
    USER = "USER"
    ACCOUNT = "ACCOUNT"
    INSTRUMENT = "INSTRUMENT"
    GROUP = "GROUP"


class LimitName(StrEnum):
    """What is limited. Smaller is tighter, except for the time within which the same order again is refused."""

    ORDERS_PER_SECOND = "ORDERS_PER_SECOND"
    ORDERS_PER_MINUTE = "ORDERS_PER_MINUTE"
    ORDERS_PER_DAY = "ORDERS_PER_DAY"
    TRADES_PER_DAY = "TRADES_PER_DAY"
    OPEN_ORDERS = "OPEN_ORDERS"
    ORDER_VALUE = "ORDER_VALUE"
    ORDER_QUANTITY = "ORDER_QUANTITY"
    PRICE_AWAY_SHARES = "PRICE_AWAY_SHARES"
    PRICE_AWAY_FUTURES = "PRICE_AWAY_FUTURES"
    PRICE_AWAY_OPTIONS = "PRICE_AWAY_OPTIONS"
    PRICE_ROOM_OPTIONS = "PRICE_ROOM_OPTIONS"
    STRIKE_AWAY = "STRIKE_AWAY"
    DUPLICATE_MS = "DUPLICATE_MS"
    POSITION_QUANTITY = "POSITION_QUANTITY"
    POSITION_VALUE = "POSITION_VALUE"
    GROUP_VALUE = "GROUP_VALUE"
    CONCENTRATION = "CONCENTRATION"
    GROSS_EXPOSURE = "GROSS_EXPOSURE"
    NET_EXPOSURE = "NET_EXPOSURE"
    DAILY_LOSS = "DAILY_LOSS"
    DAILY_LOSS_PERCENT = "DAILY_LOSS_PERCENT"
    DRAWDOWN = "DRAWDOWN"
    REARM_NEXT_DAY = "REARM_NEXT_DAY"


# In which unit a limit is written: for screens, for the API, and for whoever reads the table.
MONEY = frozenset(
    {
        LimitName.ORDER_VALUE,
        LimitName.POSITION_VALUE,
        LimitName.GROUP_VALUE,
        LimitName.GROSS_EXPOSURE,
        LimitName.NET_EXPOSURE,
        LimitName.DAILY_LOSS,
        LimitName.PRICE_ROOM_OPTIONS,
    }
)
PERCENT = frozenset(
    {
        LimitName.PRICE_AWAY_SHARES,
        LimitName.PRICE_AWAY_FUTURES,
        LimitName.PRICE_AWAY_OPTIONS,
        LimitName.STRIKE_AWAY,
        LimitName.CONCENTRATION,
        LimitName.DAILY_LOSS_PERCENT,
        LimitName.DRAWDOWN,
    }
)
PACE = (LimitName.ORDERS_PER_SECOND, LimitName.ORDERS_PER_MINUTE, LimitName.ORDERS_PER_DAY)
_LONGER_IS_TIGHTER = frozenset({LimitName.DUPLICATE_MS})


@dataclass(frozen=True, slots=True)
class Limit:
    """One row. ``subject`` is the id of the user, account, instrument or underlying; 0 for DEFAULT.

    ``ends`` is the last trading date it holds on, None for no end. ``by_admin`` says who may loosen it.
    """

    id: int
    scope: Scope
    subject: int
    name: LimitName
    value: int
    starts: date
    ends: date | None
    set_by: str
    by_admin: bool

    def holds(self, on: date) -> bool:
        """Whether it is in force on a trading date."""
        return self.starts <= on and (self.ends is None or on <= self.ends)


def tighter(name: LimitName, one: int, other: int) -> int:
    """The tighter of two values of a limit."""
    return max(one, other) if name in _LONGER_IS_TIGHTER else min(one, other)


def pace_of(a_second: int) -> dict[LimitName, int]:
    """The default pace of orders at so many a second, in the proportion that brokers publish: ten a second, four
    hundred a minute, five thousand a day. Empty for 0, which sets no bound."""
    return dict(zip(PACE, (a_second, a_second * 40, a_second * 500), strict=True)) if a_second else {}


def tightest(rows: Iterable[Limit], defaults: Limits = {}) -> dict[LimitName, int]:  # noqa: B006 - never written to
    """The value of each limit that rows and ``defaults`` speak of. A row for everybody takes a default's place."""
    rows = list(rows)
    spoken = {row.name for row in rows if row.scope is Scope.DEFAULT}
    found = {name: value for name, value in defaults.items() if name not in spoken}
    for row in rows:
        found[row.name] = tighter(row.name, found.get(row.name, row.value), row.value)
    return found
