"""The changed rows of a use case in the shape that ``commit_work`` reads.

What a batch of fills writes goes as arrays of values, each table's in the order of columns given here: names would be
most of what is sent, and most of the time that it takes to read. The rest goes by names.
"""

from collections.abc import Sequence
from operator import attrgetter, itemgetter
from typing import Any

from core.account import OrderEvent, Work
from core.charges import HEADS
from core.ledger import BALANCES
from core.orders import Order
from core.positions import Lot, Position

Row = dict[str, Any]
Values = tuple[Any, ...]

# What an order may still change once it was placed: an update carries no more.
MUTABLE = (
    "id", "order_type", "validity", "quantity", "filled", "cancelled", "price", "trigger_price", "worst_price",
    "turnover", "hold_cash", "hold_credit", "disclosed_quantity", "status", "reason_code", "reason", "modifications",
    "events", "updated_at", "active_from", "priority", "version", "validity_ttl", "expires_at", "legs", "protection",
    "trading_date", "closing", "leg_values",
)  # fmt: skip
_GROUP = (
    "account_id", "segment", "underlying_id", "position_margin", "order_margin", "snapshot_id", "span", "exposure",
    "add_ons", "delivery",
)  # fmt: skip

COLUMNS = {
    "accounts": (
        "id", "version", "spend", *(ledger.lower() for ledger in BALANCES), "open_orders", "orders_today",
        "trades_today", "flows_today", "peak_equity", "gross_exposure", "net_exposure", "pace",
    ),
    "orders": MUTABLE,
    "events": (*OrderEvent._fields, "version"),
    "charges": ("id", "account_id", "trading_date", "order_id", "instrument_id", "kind", *HEADS),
    "trades": (
        "id", "order_id", "account_id", "instrument_id", "kind", "side", "product", "quantity", "price", "value",
        "realised", "charge_id", "limit_price", "traded_at", "trading_date", "frame", "exchange_time", "last_price",
        "levels", "version",
    ),
    "groups": _GROUP,
    "positions": (*Position.__slots__, "version"),
    "lots": Lot.__slots__,
    "transfers": (
        "account_id", "trading_date", "version", "from_ledger", "to_ledger", "amount", "code", "event_at", "cash_after",
        "order_id", "trade_id", "charge_id", "reference",
    ),
}  # fmt: skip
"""The columns of what goes as arrays, by the name of the array."""

_order, _group = attrgetter(*MUTABLE), attrgetter(*_GROUP)
_position, _lot = attrgetter(*Position.__slots__), attrgetter(*Lot.__slots__)
_new_order, _balances = attrgetter(*Order.__slots__), itemgetter(*BALANCES)


def payload(works: Sequence[Work], request: Row | None, announce: bool) -> Row:
    """One document of all changes. Empty tables are left out, so that the function skips them.

    ``announce`` lists the changed orders for the execution loop, which knows of those it changed itself but not
    of those that changed beside them.
    """
    tables: dict[str, list[Any]] = {
        "new_orders": [], "orders": [], "charges": [], "trades": [], "groups": [], "positions": [], "lots": [],
        "ended_lots": [], "transfers": [], "decisions": [], "conversions": [],
    }  # fmt: skip
    accounts: list[Values] = []
    events: list[Values] = []
    for work in works:
        work.check()
        accounts.append((work.id, work.version, work.spend, *_balances(work.balances), *work.standing.values()))
        _orders(work, tables)
        _holdings(work, tables)
        events += [(*each, work.version) for each in work.events]
        _money(work, tables)
        if work.refused or work.conversions:
            _seldom(work, tables)
    document: Row = {name: rows for name, rows in tables.items() if rows}
    document["accounts"] = accounts
    document["events"] = events
    told = [(work.market, each) for work in works for each in _told(work, announce)]
    if told:
        document["announce"] = told
    if request:
        document["request"] = request
    return document


def _told(work: Work, all_changes: bool) -> set[int]:
    return work.new_orders | work.changed_orders if all_changes else work.beside


def _orders(work: Work, tables: dict[str, list[Any]]) -> None:
    for order_id in work.new_orders:
        order = work.orders[order_id]
        order.version = work.version
        tables["new_orders"].append(dict(zip(Order.__slots__, _new_order(order), strict=True)))
    tables["orders"] += [_order(work.orders[order_id]) for order_id in work.changed_orders]


def _holdings(work: Work, tables: dict[str, list[Any]]) -> None:
    version = (work.version,)
    tables["groups"] += [_group(work.groups[key]) for key in work.changed_groups]
    tables["positions"] += [_position(work.positions[key]) + version for key in work.changed_positions]
    for lot in (lot for instrument in work.changed_lots for lot in work.lots.get(instrument, ())):
        tables["lots" if lot.quantity else "ended_lots"].append(_lot(lot))


def _money(work: Work, tables: dict[str, list[Any]]) -> None:
    owner, day, version = work.id, work.trading_date, work.version
    tables["charges"] += [
        (each.id, owner, day, each.order_id, each.instrument_id, each.kind, *each.heads)
        for each in work.charges
    ]  # fmt: skip
    for trade in work.trades:
        seen = trade.evidence
        tables["trades"].append(
            (
                trade.id, trade.order_id, owner, trade.instrument_id, trade.kind, trade.side, trade.product,
                trade.quantity, trade.price, trade.quantity * trade.price, trade.realised, trade.charge_id,
                trade.limit_price, trade.at, day, seen.frame, seen.exchange_time, seen.last_price, seen.levels, version,
            )
        )  # fmt: skip
    head = (owner, day, version)
    tables["transfers"] += [head + each for each in work.transfers]


def _seldom(work: Work, tables: dict[str, list[Any]]) -> None:
    """What comes alone goes by names."""
    for refusal, order_id in work.refused:
        tables["decisions"].append(
            {
                "at": work.events[-1].at, "account_id": work.id, "order_id": order_id,
                "actor": work.events[-1].actor, "rule": int(refusal.reason), "sentence": refusal.sentence,
                "numbers": refusal.numbers,
            }
        )  # fmt: skip
    for each in work.conversions:
        tables["conversions"].append(
            {
                "id": each.id, "account_id": work.id, "instrument_id": each.instrument_id,
                "from_product": each.source, "to_product": each.target, "quantity": each.quantity,
                "cost": each.cost, "mark": each.mark, "actor": each.actor, "converted_at": each.at,
                "trading_date": work.trading_date, "version": work.version,
            }
        )  # fmt: skip
