"""Positions and holdings as the API and the screens show them. Pure functions of typed rows."""

from collections.abc import Sequence
from datetime import datetime

from core.conversion import OFFERED
from core.instruments import DERIVATIVES, Kind
from core.money import as_number
from core.net_greeks import Held
from core.orders import Product
from db.screen_rows import HoldingRow, PositionRow
from desk import greeks, masters
from desk.masters import Master
from desk.rows import Row, average, ist


def position_rows(found: Sequence[PositionRow], account_key: str, master: Master) -> list[Row]:
    """Positions of an account, with the Greeks of contracts."""
    return [
        position_row(each, account_key, masters.square_off_at(master, each), own)
        for each, own in zip(found, greeks.of(found), strict=True)
    ]


def _greeks(held: Held | None) -> Row | None:
    """Rounded to what a person reads."""
    if held is None:
        return None
    return {
        "delta": round(held.delta, 2),
        "gamma": round(held.gamma, 4),
        "theta": round(held.theta, 2),
        "vega": round(held.vega, 2),
    }


def position_row(
    position: PositionRow,
    account_key: str,
    square_off_at: datetime | None = None,
    held: Held | None = None,
) -> Row:
    """A position; ``unrealised`` is ``value - mark``, all signed like the quantity; ``unrealised_before`` the same at
    the last close; ``charges`` are today's. ``square_off_at`` is when the broker closes it; None of what is carried,
    and of what is flat. ``held`` are the Greeks of all its units, None where they are not known."""
    value = position.quantity * (position.last_price or 0)
    return {
        "account": account_key,
        "exchange": position.listing.exchange,
        "symbol": position.listing.symbol,
        "product": position.product,
        "quantity": position.quantity,
        "average_price": average(position.cost, position.quantity),
        "open_buy": position.open_buy,
        "open_sell": position.open_sell,
        "last_price": None if position.last_price is None else as_number(position.last_price),
        "value": as_number(value),
        "realised": as_number(position.realised),
        "unrealised": as_number(value - position.mark),
        "mark": as_number(position.mark),
        "square_off_at": None if square_off_at is None else ist(square_off_at),
        "kind": position.kind,
        "underlying": position.underlying,
        "expiry": None if position.expiry is None else position.expiry.isoformat(),
        "day_buy_quantity": position.day_buy_quantity,
        "day_buy_price": average(position.day_buy_value, position.day_buy_quantity),
        "day_sell_quantity": position.day_sell_quantity,
        "day_sell_price": average(position.day_sell_value, position.day_sell_quantity),
        "converted_quantity": position.converted,
        "charges": as_number(position.charges),
        "unrealised_before": as_number(position.unrealised_before),
        "converts_to": converts_to(position),
        "convertible_quantity": convertible(position),
        "greeks": _greeks(held) if position.quantity else None,
        "version": position.version,
    }


def converts_to(position: PositionRow) -> str | None:
    """The product that an open position can be converted to; None where there is none."""
    offered = OFFERED[Kind(position.kind) in DERIVATIVES]
    target = next((str(to) for source, to in offered if source == position.product), None)
    return None if not position.quantity or (target == Product.CNC and position.quantity < 0) else target


def convertible(position: PositionRow) -> int:
    """Units that may change their product: what resting exits do not take; of CNC what was bought today."""
    if converts_to(position) is None:
        return 0
    resting = position.open_sell if position.quantity > 0 else position.open_buy
    held = position.held or position.quantity
    return max(0, min(abs(position.quantity), abs(held) - resting))


def holding_row(holding: HoldingRow, account_key: str) -> Row:
    """Shares bought before today. Sells take the oldest first, so open sells reserve these before today's."""
    held = holding.settled + holding.unsettled
    reserved = min(holding.open_sell, held)
    value = held * (holding.last_price or 0)
    return {
        "account": account_key,
        "exchange": holding.listing.exchange,
        "symbol": holding.listing.symbol,
        "isin": holding.listing.isin,
        "quantity": holding.settled,
        "t1_quantity": holding.unsettled,
        "reserved_quantity": reserved,
        "sellable_quantity": held - reserved,
        "average_price": average(holding.cost, held),
        "last_price": None if holding.last_price is None else as_number(holding.last_price),
        "value": as_number(value),
        "invested": as_number(holding.cost),
        "unrealised": as_number(value - holding.cost),
        "prev_close": None if holding.prev_close is None else as_number(holding.prev_close),
        "day_change": as_number(held * ((holding.last_price or 0) - (holding.prev_close or holding.last_price or 0))),
        "version": holding.version,
    }
