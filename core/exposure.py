"""What an account is exposed to: the value that could be lost or gained, with all that rests counted as filled.

Shares and futures count at their last price. An option that is bought counts at its premium, one that is written
at the price of its underlying. Products of one contract net.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from core.account import Work
from core.facts import Facts
from core.instruments import OPTIONS, Instrument, Kind
from core.positions import Position


def price_of(work: Work, facts: Facts, instrument: Instrument) -> int:
    """Paise of one unit: the last price; else that of its underlying for shares and futures, and the entry price
    for options; 0 where nothing is known."""
    quote = facts.quotes.get(instrument.id)
    if quote is not None:
        return quote.last_price
    if instrument.kind not in OPTIONS:
        snapshot = facts.snapshots.get(instrument.margin_underlying)
        return snapshot.price if snapshot else 0
    held = [position for position in _of(work, instrument) if position.quantity]
    units = sum(abs(position.quantity) for position in held)
    return sum(abs(position.mark) for position in held) // units if units else 0


def units(work: Work, facts: Facts, instrument: Instrument) -> tuple[int, int]:
    """(paise of a unit that is bought, of one that is sold short)."""
    price = price_of(work, facts, instrument)
    if instrument.kind not in OPTIONS:
        return price, price
    snapshot = facts.snapshots.get(instrument.margin_underlying)
    return price, snapshot.price if snapshot else (instrument.strike or 0)


def quantities(work: Work, instrument: Instrument) -> tuple[int, int, int]:
    """(held, resting to buy, resting to sell) of an instrument over its products."""
    held = buys = sells = 0
    for position in _of(work, instrument):
        held += position.quantity
        buys += position.open_buy
        sells += position.open_sell
    return held, buys, sells


def worth(held: int, buys: int, sells: int, bought: int, sold: int) -> int:
    """Paise at risk in one instrument, at its worst: ``bought`` and ``sold`` are paise of a unit either way."""
    return max(max(held + buys, 0) * bought, max(sells - held, 0) * sold)


def value(work: Work, facts: Facts, instrument: Instrument) -> int:
    """Paise that an instrument exposes the account to, at its worst."""
    return worth(*quantities(work, instrument), *units(work, facts, instrument))


def lean(work: Work, facts: Facts, instrument: Instrument, units_after: int) -> int:
    """So many units with their direction, in paise: above zero where a rise of the underlying gains."""
    bought, sold = units(work, facts, instrument)
    sign = -1 if instrument.kind is Kind.PE else 1
    return units_after * (bought if units_after > 0 else sold) * sign


def group_value(work: Work, facts: Facts, underlying: int) -> int:
    """Paise that all instruments of one underlying expose the account to."""
    members = {each for each, _ in work.positions if facts.instruments[each].margin_underlying == underlying}
    return sum(value(work, facts, facts.instruments[each]) for each in members)


@contextmanager
def followed(work: Work, facts: Facts, instrument: Instrument) -> Iterator[None]:
    """Carries what a change of an instrument's resting orders does to the account's exposure into its counters:
    between two looks at prices the next order must see what this one added."""
    before, leant = value(work, facts, instrument), leaning(work, facts, instrument)
    yield
    work.standing.gross = max(0, work.standing.gross + value(work, facts, instrument) - before)
    work.standing.net += leaning(work, facts, instrument) - leant


def leaning(work: Work, facts: Facts, instrument: Instrument) -> int:
    """How far an instrument leans, with all that rests counted as filled."""
    held, buys, sells = quantities(work, instrument)
    return lean(work, facts, instrument, held + buys - sells)


def _of(work: Work, instrument: Instrument) -> list[Position]:
    return [position for (each, _), position in work.positions.items() if each == instrument.id]
