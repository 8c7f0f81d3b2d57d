"""Instruments by number: ours, with the segment in the low byte, from which clients take how to read a price.

The segments' numbers are those that clients of the dialect hold in a table of their own.
"""

from core.instruments import Instrument, Kind
from desk.masters import Master

INDICES = 9
_EXCHANGES = {"NSE": 1, "NFO": 2, "BSE": 4, "BFO": 5}


def token_of(instrument: Instrument) -> int:
    """The number by which clients know an instrument."""
    return instrument.id << 8 | (INDICES if instrument.kind is Kind.INDEX else _EXCHANGES[instrument.exchange])


def instrument_of(master: Master, token: int) -> Instrument | None:
    """The instrument of a number; None where the number is none of ours."""
    found = master.by_id.get(token >> 8)
    return found if found is not None and token_of(found) == token else None


def segment_of(instrument: Instrument) -> str:
    """The segment's name: NSE, NFO-OPT, INDICES."""
    if instrument.kind is Kind.INDEX:
        return "INDICES"
    if instrument.kind is Kind.FUT:
        return f"{instrument.exchange}-FUT"
    return f"{instrument.exchange}-OPT" if instrument.kind in (Kind.CE, Kind.PE) else instrument.exchange
