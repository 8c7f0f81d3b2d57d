"""All rows of accounts as the invariants read them: one snapshot of the database, a fixed number of queries."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from psycopg.rows import class_row

from core.account import OrderEvent, Work
from core.instruments import Instrument, Segment
from core.invariants import Books, ConversionFact, TradeFact, TransferFact
from core.ledger import BALANCES, Ledger
from core.margin import Group
from core.orders import Order, OrderType, Product, Side, Status, Validity
from core.positions import Position
from core.scan import Snapshot
from db import gtts
from db.engine import Database
from db.trading import Connection, snapshot_of, standing_of

# Accounts are read this many at a time, so that memory stays bounded.
BATCH = 200


@contextmanager
def snapshot(database: Database) -> Iterator[Connection]:
    """A connection on which every query sees the same moment."""
    with database.connection() as connection:
        connection.execute("set transaction isolation level repeatable read, read only")
        yield connection


def accounts(connection: Connection, market: str | None) -> list[int]:
    """Every account, archived ones too, of a market or of all."""
    rows = connection.execute(
        "select id from accounts where %(market)s::text is null or market = %(market)s order by id", {"market": market}
    ).fetchall()
    return [row[0] for row in rows]


def books(connection: Connection, ids: list[int], instruments: Mapping[int, Instrument]) -> list[Books]:
    """The books of some accounts."""
    works = {work.id: work for work in _works(connection, ids)}
    _holdings(connection, ids, works)
    orders = _by_account(_orders(connection, ids))
    events = _events(connection, ids)
    trades = _trades(connection, ids)
    transfers = _transfers(connection, ids)
    charges = _sums(connection, "select account_id, id, total from charge_entries where account_id = any(%s)", ids)
    lots = _sums(
        connection,
        "select account_id, instrument_id, sum(quantity) from lots where account_id = any(%s) group by 1, 2",
        ids,
    )
    converted = _conversions(connection, ids)
    waiting = gtts.of_accounts(connection, ids)
    rows = connection.execute("select id, archived_at is not null, state_since from accounts where id = any(%s)", [ids])
    states = {number: (archived, since) for number, archived, since in rows}
    taken = _snapshots(connection, ids)
    return [
        Books(work, orders[n], events, trades[n], transfers[n], charges[n], lots[n], instruments,
              waiting.get(n, []), states[n][0], converted[n], taken, states[n][1])
        for n, work in works.items()
    ]  # fmt: skip


def _works(connection: Connection, ids: list[int]) -> Iterator[Work]:
    rows = connection.execute(
        "select a.id, u.name || '/' || a.name, a.market, a.trading_date, a.version, a.blocked_loss,"
        " json_build_array(a.user_id, a.trading_state, a.state_reason, a.open_orders, a.orders_today, a.trades_today,"
        " a.flows_today, a.peak_equity, a.gross_exposure, a.net_exposure, a.pace), a.cash, a.hold,"
        " a.margin, a.invested, a.unsettled, a.gains, a.option_credit"
        " from accounts a join users u on u.id = a.user_id where a.id = any(%s) order by a.id",
        [ids],
    )
    for account_id, key, market, day, version, blocked, standing, *balances in rows:
        money = dict(zip(BALANCES, balances, strict=True))
        yield Work(account_id, key, market, day, version, money, blocked, standing=standing_of(standing))


def _holdings(connection: Connection, ids: list[int], works: Mapping[int, Work]) -> None:
    rows = connection.execute(
        "select account_id, segment, underlying_id, position_margin, order_margin, snapshot_id,"
        " span, exposure, add_ons, delivery from margin_groups"
        " where account_id = any(%s)",
        [ids],
    )
    for account_id, segment, underlying, *rest in rows:
        works[account_id].groups[Segment(segment), underlying] = Group(account_id, Segment(segment), underlying, *rest)
    rows = connection.execute(
        "select account_id, instrument_id, product, underlying_id, quantity, cost, mark, realised, open_buy, open_sell,"
        " day_buy_quantity, day_buy_value, day_sell_quantity, day_sell_value, claimed"
        " from positions where account_id = any(%s)",
        [ids],
    )
    for account_id, instrument_id, product, *rest in rows:
        position = Position(account_id, instrument_id, Product(product), *rest)
        works[account_id].positions[instrument_id, position.product] = position


def _orders(connection: Connection, ids: list[int]) -> list[Order]:
    names = ", ".join(Order.__slots__)
    with connection.cursor(row_factory=class_row(Order)) as cursor:
        found = cursor.execute(f"select {names} from orders where account_id = any(%s) order by id", [ids]).fetchall()
    for order in found:
        order.side, order.status, order.product = Side(order.side), Status(order.status), Product(order.product)
        order.order_type, order.validity = OrderType(order.order_type), Validity(order.validity)
    return found


def _by_account(orders: list[Order]) -> defaultdict[int, list[Order]]:
    grouped: defaultdict[int, list[Order]] = defaultdict(list)
    for order in orders:
        grouped[order.account_id].append(order)
    return grouped


def _events(connection: Connection, ids: list[int]) -> defaultdict[int, list[OrderEvent]]:
    names = ", ".join(f"e.{name}" for name in OrderEvent._fields)
    grouped: defaultdict[int, list[OrderEvent]] = defaultdict(list)
    rows = connection.execute(
        f"select {names} from order_events e join orders o on o.id = e.order_id"
        " where o.account_id = any(%s) order by e.order_id, e.n",
        [ids],
    )
    for order_id, n, at, event, status, *rest in rows:
        grouped[order_id].append(OrderEvent(order_id, n, at, event, Status(status), *rest))
    return grouped


def _trades(connection: Connection, ids: list[int]) -> defaultdict[int, list[TradeFact]]:
    grouped: defaultdict[int, list[TradeFact]] = defaultdict(list)
    rows = connection.execute(
        "select account_id, id, order_id, instrument_id, product,"
        " case side when 'BUY' then quantity else -quantity end, price, realised, limit_price, kind, frame, levels,"
        " charge_id, trading_date from trades where account_id = any(%s) order by id",
        [ids],
    )
    for account_id, trade_id, order_id, instrument_id, product, *numbers, kind, frame, levels, charge_id, on in rows:
        signed, price, realised, limit_price = numbers
        consumed = tuple((at, quantity) for at, quantity in levels)
        fact = TradeFact(
            trade_id, order_id, instrument_id, Product(product), signed, price, realised, limit_price, kind, frame,
            consumed, charge_id, on,
        )  # fmt: skip
        grouped[account_id].append(fact)
    return grouped


def _conversions(connection: Connection, ids: list[int]) -> defaultdict[int, list[ConversionFact]]:
    grouped: defaultdict[int, list[ConversionFact]] = defaultdict(list)
    rows = connection.execute(
        "select account_id, id, instrument_id, from_product, to_product, quantity, actor, converted_at from conversions"
        " where account_id = any(%s) order by id",
        [ids],
    )
    for account_id, number, instrument_id, source, target, *rest in rows:
        fact = ConversionFact(number, instrument_id, Product(source), Product(target), *rest)
        grouped[account_id].append(fact)
    return grouped


def _transfers(connection: Connection, ids: list[int]) -> defaultdict[int, list[TransferFact]]:
    grouped: defaultdict[int, list[TransferFact]] = defaultdict(list)
    rows = connection.execute(
        "select account_id, from_ledger, to_ledger, amount, code, charge_id, trading_date, order_id, event_at,"
        " reference from transfers where account_id = any(%s)",
        [ids],
    )
    for account_id, source, target, *rest in rows:
        grouped[account_id].append(TransferFact(Ledger(source), Ledger(target), *rest))
    return grouped


def _snapshots(connection: Connection, ids: list[int]) -> dict[tuple[int, int], Snapshot]:
    """What the accounts' groups were secured at, by (snapshot, underlying), as far as the snapshot names a price."""
    rows = connection.execute(
        "select s.id, r.instrument_id, r.price, s.trading_date, (extract(epoch from s.exchange_time) * 1000)::bigint,"
        " r.volatility_bp, r.rate_bp, s.ahead"
        " from (select distinct snapshot_id, underlying_id from margin_groups where account_id = any(%s)) g"
        " join risk_snapshots s on s.id = g.snapshot_id"
        " join risk_prices r on r.snapshot_id = s.id and r.instrument_id = g.underlying_id",
        [ids],
    )
    return {(number, underlying): snapshot_of(number, *rest) for number, underlying, *rest in rows}


def _sums(connection: Connection, statement: str, ids: list[int]) -> defaultdict[int, dict[int, int]]:
    grouped: defaultdict[int, dict[int, int]] = defaultdict(dict)
    rows: Any = connection.execute(statement.encode(), [ids])
    for account_id, key, total in rows:
        grouped[account_id][key] = int(total)
    return grouped
