"""Positions and holdings as clients of the dialect read them. Pure functions of typed rows, in paise until the end.

What a client works out must come out: ``pnl = sell_value - buy_value + quantity * last_price``.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from core.instruments import Instrument
from core.money import as_number, half_up
from core.orders import Product
from desk.rows import average
from desk.today import HoldingRow, PositionRow
from gateway.tokens import token_of

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Sides:
    """What was bought and sold today, and what was carried into the day; ``carried`` and its value are signed."""

    bought: int
    bought_value: int
    sold: int
    sold_value: int
    carried: int = 0
    carried_value: int = 0

    @property
    def quantity(self) -> int:
        """What is held now."""
        return self.carried + self.bought - self.sold


def position_rows(
    found: Sequence[PositionRow], closes: Mapping[int, int], by_id: Mapping[int, Instrument]
) -> tuple[list[Row], list[Row]]:
    """(net, day): all positions with what was carried into the day, and today's trades alone."""
    net: list[Row] = []
    day: list[Row] = []
    for each in found:
        instrument, sides = by_id[each.instrument_id], sides_of(each)
        close = closes.get(each.instrument_id, 0)
        net.append(_row(each, instrument, sides, close))
        if sides.bought or sides.sold:
            today = Sides(sides.bought, sides.bought_value, sides.sold, sides.sold_value)
            day.append(_row(each, instrument, today, close))
    return net, day


def sides_of(position: PositionRow) -> Sides:
    """Today's trades with what was converted today, and the rest: what was carried in at its own cost.

    Of CNC nothing is carried in, since older shares are holdings; selling them shows as a sale of today.
    """
    bought, bought_value = position.day_buy_quantity, position.day_buy_value
    sold, sold_value = position.day_sell_quantity, position.day_sell_value
    moved = position.converted
    if moved > 0 and position.product == Product.CNC and not position.quantity:
        # Turned into delivery and sold again: what was realised tells what they cost.
        bought, bought_value = bought + moved, sold_value - position.realised
    elif moved:
        units = abs(moved)
        value = _converted_value(position, units)
        gained = position.quantity * moved > 0
        if (moved > 0) == gained:  # into a long position, or out of one
            bought, bought_value = bought + (units if gained else -units), bought_value + (value if gained else -value)
        else:
            sold, sold_value = sold + (units if gained else -units), sold_value + (value if gained else -value)
    if position.product == Product.CNC:
        return Sides(bought, bought_value, sold, sold_value)
    carried = position.quantity - bought + sold
    # What was realised and what is open now say what the carried units once cost, to the paisa.
    value = sold_value - bought_value - position.realised + position.cost if carried else 0
    return Sides(bought, bought_value, sold, sold_value, carried, value)


def _converted_value(position: PositionRow, units: int) -> int:
    """Units change their product at their average cost."""
    if position.quantity:
        return half_up(abs(position.cost) * units, abs(position.quantity))
    buying = position.day_buy_quantity >= position.day_sell_quantity
    value = position.day_buy_value if buying else position.day_sell_value
    return half_up(value * units, max(1, position.day_buy_quantity if buying else position.day_sell_quantity))


def _row(position: PositionRow, instrument: Instrument, sides: Sides, close: int) -> Row:
    last = position.last_price or close
    buys = sides.bought + max(0, sides.carried)
    sells = sides.sold + max(0, -sides.carried)
    buy_value = sides.bought_value + max(0, sides.carried_value)
    sell_value = sides.sold_value + max(0, -sides.carried_value)
    quantity = sides.quantity
    pnl = sell_value - buy_value + quantity * last
    # Marked to market, what was carried in cost yesterday's close.
    buy_marked = sides.bought_value + max(0, sides.carried) * close
    sell_marked = sides.sold_value + max(0, -sides.carried) * close
    own = position.cost if quantity == position.quantity else sides.bought_value - sides.sold_value
    return {
        "tradingsymbol": instrument.symbol,
        "exchange": instrument.exchange,
        "instrument_token": token_of(instrument),
        "product": position.product,
        "quantity": quantity,
        "overnight_quantity": sides.carried,
        "multiplier": 1,
        "average_price": average(own, quantity) or 0,
        "close_price": as_number(close) if sides.carried else 0,
        "last_price": as_number(last),
        "value": as_number(sell_value - buy_value),
        "pnl": as_number(pnl),
        "m2m": as_number(sell_marked - buy_marked + quantity * last),
        "unrealised": as_number(pnl - position.realised),
        "realised": as_number(position.realised),
        "buy_quantity": buys,
        "buy_price": average(buy_value, buys) or 0,
        "buy_value": as_number(buy_value),
        "buy_m2m": as_number(buy_marked),
        "sell_quantity": sells,
        "sell_price": average(sell_value, sells) or 0,
        "sell_value": as_number(sell_value),
        "sell_m2m": as_number(sell_marked),
        "day_buy_quantity": sides.bought,
        "day_buy_price": average(sides.bought_value, sides.bought) or 0,
        "day_buy_value": as_number(sides.bought_value),
        "day_sell_quantity": sides.sold,
        "day_sell_price": average(sides.sold_value, sides.sold) or 0,
        "day_sell_value": as_number(sides.sold_value),
    }


def holding_row(holding: HoldingRow, instrument: Instrument) -> Row:
    """Shares bought before today: ``quantity`` is in the demat account, ``t1_quantity`` on its way there."""
    held = holding.settled + holding.unsettled
    last = holding.last_price or 0
    close = holding.prev_close or last
    change = half_up((last - close) * 10_000, close) / 100 if close else 0
    return {
        "tradingsymbol": instrument.symbol,
        "exchange": instrument.exchange,
        "instrument_token": token_of(instrument),
        "isin": instrument.isin or "",
        "product": str(Product.CNC),
        "price": 0,
        "quantity": holding.settled,
        "used_quantity": min(holding.open_sell, held),
        "t1_quantity": holding.unsettled,
        "realised_quantity": holding.settled,
        "authorised_quantity": 0,
        "authorised_date": _NEVER,
        "authorisation": {},
        "opening_quantity": held,
        "short_quantity": 0,
        "collateral_quantity": 0,
        "collateral_type": "",
        "discrepancy": False,
        "average_price": average(holding.cost, held) or 0,
        "last_price": as_number(last),
        "close_price": as_number(close),
        "pnl": as_number(held * last - holding.cost),
        "day_change": as_number(last - close),
        "day_change_percentage": change,
        "mtf": {"quantity": 0, "used_quantity": 0, "average_price": 0, "value": 0, "initial_margin": 0},
    }


_NEVER = datetime(2000, 1, 1).isoformat(sep=" ")  # noqa: DTZ001 - a text of the right length, no instant
