"""How a fill changes a position: average cost for what is carried on margin or as an option, FIFO lots for CNC.

``cost`` and ``mark`` are signed like the quantity: the entry value of what is open, and the value from
which profit is measured (the same, until a future is marked to market). Unrealised is always
``quantity x last - mark``. The cost of a part is rounded half up and the remainder stays.
"""

from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from core.money import half_up
from core.orders import Product, Side


@dataclass(slots=True)
class Position:
    """One row per account, instrument and product. Quantities in units, values in paise; ``claimed`` is what of a
    written option resting buys will close."""

    account_id: int
    instrument_id: int
    product: Product
    underlying_id: int
    quantity: int = 0
    cost: int = 0
    mark: int = 0
    realised: int = 0
    open_buy: int = 0
    open_sell: int = 0
    day_buy_quantity: int = 0
    day_buy_value: int = 0
    day_sell_quantity: int = 0
    day_sell_value: int = 0
    claimed: int = 0


@dataclass(slots=True)
class Lot:
    """CNC shares of one purchase. Of today, T1 or demat by where the account's date stands."""

    account_id: int
    instrument_id: int
    trade_id: int
    quantity: int
    cost: int
    bought_on: date
    settles_on: date


class Effect(NamedTuple):
    """What one fill did: ``closed`` and ``opened`` units; ``closed_mark`` signed like the old position;
    ``opened_value`` >= 0; ``realised`` before charges."""

    closed: int
    closed_mark: int
    opened: int
    opened_value: int
    realised: int


def apply_fill(position: Position, side: Side, quantity: int, price: int) -> Effect:
    """Change the position by a fill at average cost. A flip closes all and opens the rest at the price."""
    sign, held = side.sign, abs(position.quantity)
    closed = min(held, quantity) if position.quantity * sign < 0 else 0
    closed_mark = half_up(position.mark * closed, held) if closed else 0
    closed_cost = half_up(position.cost * closed, held) if closed else 0
    opened = quantity - closed
    opened_value = opened * price
    realised = -sign * price * closed - closed_mark if closed else 0
    position.quantity += sign * quantity
    position.mark += sign * opened_value - closed_mark
    position.cost += sign * opened_value - closed_cost
    _count(position, side, quantity, price, realised)
    return Effect(closed, closed_mark, opened, opened_value, realised)


@dataclass(frozen=True, slots=True)
class LotSale:
    """The part of one lot that a sale took."""

    lot: Lot
    quantity: int
    cost: int
    proceeds: int


def sell_lots(position: Position, lots: list[Lot], quantity: int, price: int) -> list[LotSale]:
    """Take ``quantity`` shares from ``lots``, oldest first, and change lots and position.

    Lots that are used up stay in the list with quantity 0, for the caller to delete.
    Raises ValueError when the lots hold less: the caller's check has failed to hold.
    """
    sales: list[LotSale] = []
    left = quantity
    for lot in sorted(lots, key=lambda each: (each.bought_on, each.trade_id)):
        part = min(left, lot.quantity)
        if part == 0:
            continue
        cost = half_up(lot.cost * part, lot.quantity)
        lot.quantity -= part
        lot.cost -= cost
        sales.append(LotSale(lot, part, cost, part * price))
        left -= part
    if left:
        raise ValueError(f"lots are short of {left} shares")
    cost = sum(sale.cost for sale in sales)
    position.quantity -= quantity
    position.cost -= cost
    position.mark -= cost
    _count(position, Side.SELL, quantity, price, quantity * price - cost)
    return sales


def take_part(position: Position, quantity: int) -> tuple[int, int]:
    """(cost, mark) of ``quantity`` units that leave an open position at its average; the remainder stays in it."""
    held, sign = abs(position.quantity), 1 if position.quantity > 0 else -1
    cost, mark = half_up(position.cost * quantity, held), half_up(position.mark * quantity, held)
    join(position, -sign * quantity, -cost, -mark)
    return cost, mark


def take_lots(position: Position, lots: list[Lot], quantity: int) -> int:
    """Cost of ``quantity`` shares that leave ``lots``, oldest first, without a sale; lots and position follow.

    Lots that are used up stay in the list with quantity 0. Raises ValueError when the lots hold less.
    """
    total, left = 0, quantity
    for lot in sorted(lots, key=lambda each: (each.bought_on, each.trade_id)):
        part = min(left, lot.quantity)
        if part:
            cost = half_up(lot.cost * part, lot.quantity)
            lot.quantity, lot.cost = lot.quantity - part, lot.cost - cost
            total, left = total + cost, left - part
    if left:
        raise ValueError(f"lots are short of {left} shares")
    join(position, -quantity, -total, -total)
    return total


def join(position: Position, quantity: int, cost: int, mark: int) -> None:
    """Add units that no trade brought; all three are signed."""
    position.quantity += quantity
    position.cost += cost
    position.mark += mark


def _count(position: Position, side: Side, quantity: int, price: int, realised: int) -> None:
    position.realised += realised
    if side is Side.BUY:
        position.day_buy_quantity += quantity
        position.day_buy_value += quantity * price
    else:
        position.day_sell_quantity += quantity
        position.day_sell_value += quantity * price


def unrealised(position: Position, last_price: int) -> int:
    """Profit not yet taken, in paise, at a last price in paise."""
    return position.quantity * last_price - position.mark
