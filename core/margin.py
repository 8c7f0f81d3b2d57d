"""Margin of one group: all that an account holds or has resting in one underlying of one segment.

``position_margin`` secures what is open; ``order_margin`` is what the worst subset of the pending orders
could add to it. Both depend on positions, open orders and a stored risk snapshot alone, so that at one
snapshot a fill or a cancel never raises their sum.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from core.instruments import OPTIONS, Instrument, Kind, Segment
from core.money import ceil_div
from core.orders import Product
from core.positions import Position
from core.rulebook import Rulebook


@dataclass(slots=True)
class Group:
    """What one underlying of one segment blocks in an account, in paise."""

    account_id: int
    segment: Segment
    underlying_id: int
    position_margin: int = 0
    order_margin: int = 0
    snapshot_id: int | None = None


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The price of the group's underlying, in paise, as it was taken at a fixed time of the day."""

    id: int | None
    price: int


def rate(rulebook: Rulebook, instrument: Instrument, index: bool) -> int:
    """Basis points of the notional that one unit blocks."""
    if instrument.kind is not Kind.FUT:
        return rulebook.mis_margin
    return rulebook.index_future_margin if index else rulebook.stock_future_margin


def is_margined(instrument: Instrument, product: Product) -> bool:
    """Whether orders in it are secured by their group (True) or carry a hold of their own (False)."""
    return instrument.kind not in OPTIONS and product is not Product.CNC


def group_margin(
    positions: Iterable[tuple[Instrument, Position]], price: int, index: bool, rulebook: Rulebook
) -> tuple[int, int]:
    """(position_margin, order_margin) of a group, in paise; products of one contract net.

    ``price`` is the snapshot's price of the underlying, ``index`` whether that is an index.
    """
    nets: dict[int, list[int]] = {}
    rates: dict[int, int] = {}
    for instrument, position in positions:
        if not is_margined(instrument, position.product):
            continue
        net = nets.setdefault(instrument.id, [0, 0, 0])
        net[0] += position.quantity
        net[1] += position.open_buy
        net[2] += position.open_sell
        rates[instrument.id] = rate(rulebook, instrument, index)
    held = total = 0
    for instrument_id, (quantity, buy, sell) in nets.items():
        worst = max(abs(quantity + buy), abs(quantity - sell))
        held += ceil_div(rates[instrument_id] * price * abs(quantity), 10_000)
        total += ceil_div(rates[instrument_id] * price * max(worst, abs(quantity)), 10_000)
    return held, total - held
