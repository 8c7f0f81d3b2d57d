"""What the lists on the screens show of one account: orders, trades, positions, holdings.

Every statement is bounded by an account, and a page by its length; a list takes two statements, whatever
its length. Cursors are ids: within an account they rise in the order in which its rows were committed.
"""

from collections.abc import Sequence
from dataclasses import fields
from datetime import date

from core.orders import Order, OrderType, Product, Side, Status, Validity
from db.engine import Database
from db.reading import Row, Statement, ask, together
from db.screen_rows import Header, HoldingRow, Listing, OrderEvent, OrderRow, PositionRow, TradeRow

LAST = 2**62
AMONG = "cast(:accounts as bigint[])"
"""Where a question that is bounded by several accounts names them."""
ORDER_FIELDS = tuple(each.name for each in fields(Order))
HEADS = ("brokerage", "stt", "exchange", "ipft", "sebi", "stamp", "gst", "total")
WORKING = "o.status in ('AMO', 'TRIGGER_PENDING', 'OPEN')"

HEADER = Statement("select id as account_id, version, trading_date, market from accounts where id = :account")

ORDER = f"""
select {", ".join(f"o.{name}" for name in ORDER_FIELDS)}, i.exchange as at_exchange, i.symbol
from orders o join instruments i on i.id = o.instrument_id
"""
ORDER_BY_ID = Statement(ORDER + "where o.id = :order and o.account_id = :account")
NEWEST = " and o.id < :cursor order by o.id desc nulls last limit :limit"
# The date asked for, or the account's own.
GIVEN = "where o.account_id = :account and o.trading_date = cast(:day as date)"
DAY = "coalesce(cast(:day as date), (select trading_date from accounts where id = :account))"
TODAY = f"where o.account_id = :account and (o.trading_date >= {DAY} or {WORKING})"
ORDERS = {
    ("all", False): Statement(ORDER + TODAY + NEWEST),
    ("open", False): Statement(ORDER + f"where o.account_id = :account and {WORKING}" + NEWEST),
    ("done", False): Statement(
        ORDER + f"where o.account_id = :account and o.trading_date >= {DAY} and not ({WORKING})" + NEWEST
    ),
    ("all", True): Statement(ORDER + GIVEN + NEWEST),
    ("open", True): Statement(ORDER + GIVEN + f" and {WORKING}" + NEWEST),
    ("done", True): Statement(ORDER + GIVEN + f" and not ({WORKING})" + NEWEST),
}
ORDER_COUNTS = Statement(
    f"""
    select count(*) filter (where {WORKING}) as open,
           count(*) filter (where o.filled > 0) as executed,
           count(*) as all
    from orders o where o.account_id = :account and (o.trading_date >= {DAY} or {WORKING})
    """
)
HISTORY = Statement(
    """
    select n, at, event, status, actor, reason_code, reason, quantity, price, trigger_price, filled
    from order_events where order_id = :order order by n
    """
)

TRADE = f"""
select t.id, t.order_id, t.account_id, t.kind, t.side, t.product, t.quantity, t.price, t.value,
       t.realised, t.limit_price, t.traded_at, t.trading_date, t.frame, t.exchange_time, t.last_price, t.levels,
       t.version, coalesce(u.kind, i.kind) as lead,
       i.exchange as at_exchange, i.symbol,
       {", ".join(f"coalesce(c.{head}, 0) as charge_{head}" for head in HEADS)}
from trades t join instruments i on i.id = t.instrument_id left join instruments u on u.id = i.underlying_id
left join charge_entries c on c.id = t.charge_id
"""
TRADES = Statement(
    TRADE + f"where t.account_id = :account and t.trading_date = {DAY} and t.id < :cursor "
    "order by t.id desc nulls last limit :limit"
)
TRADES_OF_ORDER = Statement(
    TRADE + "where t.account_id = :account and t.order_id = :order and t.kind = 'FILL' order by t.id"
)

# The market's latest price of a position's instrument; before the first frame its previous close, and
# where there is not even that, what was paid.
PRICE = """
coalesce(q.last_price, d.prev_close, round(abs(p.cost)::numeric / nullif(abs(p.quantity), 0))::integer)
"""
PRICE_FROM = """
left join quotes q on q.market = a.market and q.instrument_id = p.instrument_id
left join market_days d
       on d.market = a.market and d.trading_date = a.trading_date and d.instrument_id = p.instrument_id
"""
# Of CNC only what was bought today is a position; what is older is a holding.
POSITION = f"""
select p.account_id, p.instrument_id, p.product, i.exchange as at_exchange, i.symbol, i.isin, p.version,
       m.session, a.trading_date, p.realised, p.open_buy, p.open_sell, {PRICE} as last_price,
       i.kind, i.expiry, coalesce(u.exchange || ':' || u.symbol, i.exchange || ':' || i.symbol) as underlying,
       p.day_buy_quantity, p.day_buy_value, p.day_sell_quantity, p.day_sell_value, p.quantity as held,
       moved.converted, paid.charges, i.strike, under.last_price as spot, coalesce(u.kind, i.kind) as lead,
       m.exchange_time as at,
       case when p.product = 'CNC' then 0 else coalesce(kept.unrealised, 0) end as unrealised_before,
       case when p.product = 'CNC' then coalesce(today.quantity, 0) else p.quantity end as quantity,
       case when p.product = 'CNC' then coalesce(today.cost, 0) else p.cost end as cost,
       case when p.product = 'CNC' then coalesce(today.cost, 0) else p.mark end as mark
from accounts a join positions p on p.account_id = a.id join instruments i on i.id = p.instrument_id
join markets m on m.id = a.market left join instruments u on u.id = i.underlying_id
left join quotes under on under.market = a.market and under.instrument_id = i.underlying_id
{PRICE_FROM}
left join daily_positions kept
       on kept.account_id = p.account_id and kept.instrument_id = p.instrument_id and kept.product = p.product
      and kept.trading_date = (select max(e.trading_date) from daily_equity e
                               where e.account_id = a.id and e.trading_date < a.trading_date)
cross join lateral (
    select coalesce(sum(case p.product when c.to_product then c.quantity when c.from_product then -c.quantity end),
                    0)::integer as converted
    from conversions c
    where c.account_id = a.id and c.trading_date = a.trading_date and c.instrument_id = p.instrument_id
) moved
cross join lateral (
    select coalesce(sum(e.total), 0)::bigint as charges
    from charge_entries e join orders o on o.id = e.order_id
    where e.account_id = a.id and e.trading_date = a.trading_date and e.instrument_id = p.instrument_id
      and o.product = p.product
) paid
left join (
    select l.account_id, l.instrument_id, sum(l.quantity) as quantity, sum(l.cost)::bigint as cost
    from lots l join accounts b on b.id = l.account_id
    where l.account_id = any({AMONG}) and l.bought_on >= b.trading_date
    group by l.account_id, l.instrument_id
) today on p.product = 'CNC' and today.account_id = p.account_id and today.instrument_id = p.instrument_id
where a.id = any({AMONG})
"""
POSITIONS = Statement(
    f"""
    select * from ({POSITION}
      and (p.product <> 'CNC' and p.quantity <> 0 or today.quantity > 0 or p.open_buy > 0 or p.open_sell > 0
           or p.realised <> 0 or p.day_buy_quantity > 0 or p.day_sell_quantity > 0)) shown
    order by quantity = 0, symbol, product
    """
)

HOLDINGS = Statement(
    f"""
    select p.account_id, p.instrument_id, i.exchange as at_exchange, i.symbol, i.isin, p.open_sell, p.version,
           {PRICE} as last_price, d.prev_close, l.settled, l.unsettled, l.cost
    from accounts a
    join (
        select l.account_id, l.instrument_id, sum(l.cost)::bigint as cost,
               coalesce(sum(l.quantity) filter (where l.settles_on < b.trading_date), 0) as settled,
               coalesce(sum(l.quantity) filter (where l.settles_on >= b.trading_date), 0) as unsettled
        from lots l join accounts b on b.id = l.account_id
        where l.account_id = :account and l.bought_on < b.trading_date
        group by l.account_id, l.instrument_id
    ) l on l.account_id = a.id
    join positions p on p.account_id = a.id and p.instrument_id = l.instrument_id and p.product = 'CNC'
    join instruments i on i.id = l.instrument_id
    {PRICE_FROM}
    where a.id = :account
    order by i.symbol
    """
)


def order_of(found: Row) -> OrderRow:
    """An order of a row that the statements above returned."""
    values = {name: found[name] for name in ORDER_FIELDS}
    values["side"] = Side(values["side"])
    values["order_type"] = OrderType(values["order_type"])
    values["product"] = Product(values["product"])
    values["validity"] = Validity(values["validity"])
    values["status"] = Status(values["status"])
    return OrderRow(Order(**values), Listing(found["at_exchange"], found["symbol"]))


def trade_of(found: Row) -> TradeRow:
    """A trade of a row that the statements above returned."""
    values = dict(found)
    charges = {head: values.pop(f"charge_{head}") for head in HEADS}
    listing = Listing(values.pop("at_exchange"), values.pop("symbol"))
    return TradeRow(listing=listing, charges=charges, **values)


def position_of(found: Row) -> PositionRow:
    """A position of a row that the statements above returned."""
    values = dict(found)
    listing = Listing(values.pop("at_exchange"), values.pop("symbol"), values.pop("isin"))
    return PositionRow(listing=listing, **values)


def holding_of(found: Row) -> HoldingRow:
    """A holding of a row that the statements above returned."""
    values = dict(found)
    listing = Listing(values.pop("at_exchange"), values.pop("symbol"), values.pop("isin"))
    return HoldingRow(listing=listing, **values)


def orders(
    database: Database, account_id: int, status: str, day: date | None, cursor: int, limit: int
) -> tuple[Header, list[OrderRow]] | None:
    """Orders of a date, newest first; without a date those of today and what still works."""
    values = {"account": account_id, "day": day, "cursor": cursor, "limit": limit}
    tops, found = together(database, (HEADER, values), (ORDERS[status, day is not None], values))
    return (Header(**tops[0]), [order_of(each) for each in found]) if tops else None


def order_counts(database: Database, account_id: int) -> dict[str, int]:
    """How many orders today are open, have fills, and are there at all."""
    return ask(database, ORDER_COUNTS, account=account_id, day=None)[0]


def order(
    database: Database, account_id: int, order_id: int
) -> tuple[OrderRow, Sequence[OrderEvent], Sequence[TradeRow]] | None:
    """One order with its history and trades; None when this account has no such order."""
    values = {"account": account_id, "order": order_id}
    found, history, fills = together(database, (ORDER_BY_ID, values), (HISTORY, values), (TRADES_OF_ORDER, values))
    if not found:
        return None
    return order_of(found[0]), [OrderEvent(**each) for each in history], [trade_of(each) for each in fills]


def trades(
    database: Database, account_id: int, day: date | None, cursor: int, limit: int
) -> tuple[Header, list[TradeRow]] | None:
    """Trades of a date (default: today), newest first."""
    values = {"account": account_id, "day": day, "cursor": cursor, "limit": limit}
    tops, found = together(database, (HEADER, values), (TRADES, values))
    return (Header(**tops[0]), [trade_of(each) for each in found]) if tops else None


def positions(database: Database, account_id: int) -> tuple[Header, list[PositionRow]] | None:
    """Open positions, and those closed today; open ones first, by symbol."""
    tops, found = together(database, (HEADER, {"account": account_id}), (POSITIONS, {"accounts": [account_id]}))
    return (Header(**tops[0]), [position_of(each) for each in found]) if tops else None


def holdings(database: Database, account_id: int) -> tuple[Header, list[HoldingRow]] | None:
    """Shares bought before the account's trading date, by symbol."""
    values = {"account": account_id}
    tops, found = together(database, (HEADER, values), (HOLDINGS, values))
    return (Header(**tops[0]), [holding_of(each) for each in found]) if tops else None
