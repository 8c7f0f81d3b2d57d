"""What risk knows beside the account: the limits that hold, what is said of the instrument, who pressed a switch."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from core.instruments import DERIVATIVES, Instrument
from core.reasons import Reason
from core.risk_limits import LimitName
from core.standing import TradingState

# Orders that the house itself sends to close positions: a halt stops people, never the square-off.
HOUSE_ORIGINS = frozenset({"SQUARE_OFF", "SYSTEM", "RISK"})


class Restriction(StrEnum):
    """What an exchange says of an instrument. BAN is said of an underlying and holds for its contracts."""

    BAN = "BAN"
    TRADE_FOR_TRADE = "TRADE_FOR_TRADE"
    SURVEILLANCE = "SURVEILLANCE"
    ILLIQUID = "ILLIQUID"
    HALTED = "HALTED"


NO_INTRADAY = (Restriction.TRADE_FOR_TRADE, Restriction.SURVEILLANCE, Restriction.ILLIQUID)
"""What a share is said to be where it is bought and sold for delivery alone."""

RESTRICTION_WORDS: dict[Restriction, str] = {
    Restriction.BAN: "Ban period: positions in its contracts may only become smaller",
    Restriction.TRADE_FOR_TRADE: "Trade-for-trade: delivery only, settled shares only",
    Restriction.SURVEILLANCE: "Surveillance: no intraday",
    Restriction.ILLIQUID: "Thinly traded: no intraday, no order without a price",
    Restriction.HALTED: "Halted: no order",
}
RESTRICTION_REASONS: dict[Restriction, Reason] = {
    Restriction.BAN: Reason.BAN_PERIOD,
    Restriction.TRADE_FOR_TRADE: Reason.TRADE_FOR_TRADE,
    Restriction.SURVEILLANCE: Reason.SURVEILLANCE,
    Restriction.ILLIQUID: Reason.ILLIQUID,
    Restriction.HALTED: Reason.INSTRUMENT_HALTED,
}


@dataclass(frozen=True, slots=True)
class RestrictionRow:
    """One dated row: from which trading date to which (None: until it is lifted) an instrument is restricted."""

    id: int
    instrument_id: int
    kind: Restriction
    note: str
    starts: date
    ends: date | None
    set_by: str

    def holds(self, on: date) -> bool:
        """Whether it is in force on a trading date."""
        return self.starts <= on and (self.ends is None or on <= self.ends)


@dataclass(frozen=True, slots=True)
class Switch:
    """A kill switch that holds for more than one account: a user's or a market's. ``sentence`` says whose."""

    state: TradingState
    sentence: str


@dataclass(frozen=True, slots=True)
class Crossing:
    """The same user's own resting order that an incoming one would trade with. ``price`` in paise."""

    order_id: int
    price: int
    account: str


@dataclass(frozen=True, slots=True)
class RiskFacts:
    """All that the rules of risk hold an order against. The empty one knows no limit at all."""

    limits: Mapping[LimitName, int] = field(default_factory=dict)
    restrictions: Mapping[Restriction, str] = field(default_factory=dict)
    switch: Switch | None = None
    crossing: Crossing | None = None


NO_RISK = RiskFacts()


def restrictions_of(
    rows: Mapping[int, list[RestrictionRow]], instrument: Instrument, on: date
) -> dict[Restriction, str]:
    """What is said of an instrument on a date, with the note of who said it. A contract is banned, or halted, by
    its underlying; shares of a banned underlying trade on."""
    derivative = instrument.kind in DERIVATIVES
    own = {Restriction.HALTED} if derivative else set(Restriction) - {Restriction.BAN}
    found: dict[Restriction, str] = {
        row.kind: row.note for row in rows.get(instrument.id, ()) if row.kind in own and row.holds(on)
    }
    if derivative:
        above = (Restriction.BAN, Restriction.HALTED)
        for row in rows.get(instrument.margin_underlying, ()):
            if row.kind in above and row.holds(on):
                found[row.kind] = row.note
    return found
