"""What can be traded or watched, and the terms it trades on at a date."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum


class Kind(StrEnum):
    """What an instrument is; CE and PE are calls and puts."""

    EQ = "EQ"
    ETF = "ETF"
    INDEX = "INDEX"
    FUT = "FUT"
    CE = "CE"
    PE = "PE"


class Segment(StrEnum):
    """Where margins net: cash shares, or futures and options."""

    CASH = "CASH"
    DERIVATIVES = "DERIVATIVES"


EXCHANGES = ("NSE", "BSE", "NFO", "BFO")
"""Where instruments are listed: shares and contracts apart."""
OPTIONS = frozenset({Kind.CE, Kind.PE})
DERIVATIVES = frozenset({Kind.FUT, Kind.CE, Kind.PE})


@dataclass(frozen=True, slots=True)
class Instrument:
    """One listed instrument with the terms in force on the date it was loaded for.

    ``strike``, ``tick`` are paise; ``lot`` and ``freeze_quantity`` are units (shares), not lots.
    ``underlying_id`` is None for shares, ETFs and indices. ``fee_group`` names a group that pays the exchange
    another fee than the usual one. ``house`` says that this house lists it by itself; simulated markets price what
    only a vendor's file lists where somebody wants it.
    """

    id: int
    exchange: str
    symbol: str
    name: str
    kind: Kind
    lot: int
    tick: int
    freeze_quantity: int
    underlying_id: int | None = None
    isin: str | None = None
    sector: str | None = None
    expiry: date | None = None
    strike: int | None = None
    fee_group: str = ""
    house: bool = True

    @property
    def key(self) -> str:
        """``NSE:INFY``, the name by which programs and screens ask for it."""
        return f"{self.exchange}:{self.symbol}"

    @property
    def segment(self) -> Segment:
        """Whether it nets with shares or with contracts."""
        return Segment.DERIVATIVES if self.kind in DERIVATIVES else Segment.CASH

    @property
    def margin_underlying(self) -> int:
        """The instrument whose margin group this one belongs to."""
        return self.underlying_id if self.underlying_id is not None else self.id
