"""Orders that wait for an opening, read without a lock: whoever sends one looks again under its account's."""

from dataclasses import dataclass

from core.orders import OrderType, Side, Validity
from db.trading import Connection


@dataclass(frozen=True, slots=True)
class Waiting:
    """What decides when a waiting order is sent."""

    order_id: int
    account_id: int
    instrument_id: int
    order_type: OrderType
    validity: Validity
    disclosed_quantity: int
    side: Side
    price: int


def waiting(connection: Connection, market: str) -> list[Waiting]:
    """Those of the market's living accounts, first in time first."""
    rows = connection.execute(
        "select o.id, o.account_id, o.instrument_id, o.order_type, o.validity, o.disclosed_quantity,"
        " o.side, o.price"
        " from orders o join accounts a on a.id = o.account_id"
        " where o.status = 'AMO' and a.market = %s and a.archived_at is null order by o.priority, o.id",
        [market],
    ).fetchall()
    return [
        Waiting(number, account, instrument, OrderType(kind), Validity(validity), shown, Side(side), price)
        for number, account, instrument, kind, validity, shown, side, price in rows
    ]
