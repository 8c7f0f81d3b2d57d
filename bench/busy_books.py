"""Users with a full day behind them: 200 orders, 150 of them filled, and 50 positions that add up.

Rows are written by SQL alone, for many users at once; ledger, lots, holds and balances agree with each other.
"""

from db.engine import Database
from desk import identity, masters

CASH = 10**12
FILLED, RESTING, CANCELLED = 150, 20, 30
POSITIONS = 50
PRICE = 100_000  # paise of every fill
LOW = 100  # paise of what rests, so far away that it stays
QUANTITY = 10
BROKERAGE = 2_000

_ORDERS = """
insert into orders (account_id, client_order_id, instrument_id, side, order_type, product, validity, quantity, filled,
    cancelled, price, worst_price, turnover, hold_cash, status, events, trading_date, placed_at, updated_at,
    active_from, priority, version)
select a.id, 'bench-' || n, (%(shares)s::int[])[1 + n %% %(positions)s], 'BUY', 'LIMIT', 'CNC', 'DAY', %(quantity)s,
    case when n < %(filled)s then %(quantity)s else 0 end,
    case when n >= %(filled)s + %(resting)s then %(quantity)s else 0 end,
    case when n < %(filled)s then %(price)s else %(low)s end,
    case when n < %(filled)s then %(price)s else %(low)s end,
    case when n < %(filled)s then %(price)s * %(quantity)s else 0 end,
    case when n >= %(filled)s and n < %(filled)s + %(resting)s then %(low)s * %(quantity)s else 0 end,
    case when n < %(filled)s then 'COMPLETE' when n < %(filled)s + %(resting)s then 'OPEN' else 'CANCELLED' end,
    case when n < %(filled)s or n >= %(filled)s + %(resting)s then 2 else 1 end,
    a.trading_date, now(), now(), now(), n + 1, n + 1
from accounts a, generate_series(0, %(filled)s + %(resting)s + %(cancelled)s - 1) n
where a.id = any (%(accounts)s)"""

_EVENTS = """
insert into order_events (order_id, n, at, event, status, actor, quantity, price, trigger_price, worst_price, filled,
    cancelled)
select id, 1, placed_at, 'PLACED', 'OPEN', 'bench', quantity, price, 0, worst_price, 0, 0
from orders where account_id = any (%(accounts)s)
union all
select id, 2, updated_at, case status when 'COMPLETE' then 'FILLED' else 'CANCELLED' end, status,
    case status when 'COMPLETE' then 'engine' else 'bench' end, quantity, price, 0, worst_price, filled, cancelled
from orders where account_id = any (%(accounts)s) and status in ('COMPLETE', 'CANCELLED')"""

_CHARGES = """
insert into charge_entries (account_id, trading_date, order_id, instrument_id, kind, brokerage)
select account_id, trading_date, id, instrument_id, 'TRADE', %(brokerage)s
from orders where account_id = any (%(accounts)s) and status = 'COMPLETE'"""

_TRADES = """
insert into trades (order_id, account_id, instrument_id, side, product, quantity, price, value, realised, charge_id,
    limit_price, traded_at, trading_date, frame, exchange_time, last_price, levels, version)
select o.id, o.account_id, o.instrument_id, 'BUY', 'CNC', o.quantity, o.price, o.turnover, 0, c.id, o.price, now(),
    o.trading_date, 1, now(), o.price, jsonb_build_array(jsonb_build_array(o.price, o.quantity)),
    o.version
from orders o join charge_entries c on c.order_id = o.id where o.account_id = any (%(accounts)s)"""

_POSITIONS = """
insert into positions (account_id, instrument_id, product, underlying_id, quantity, cost, mark, open_buy,
    day_buy_quantity, day_buy_value, version)
select account_id, instrument_id, 'CNC', instrument_id, sum(filled), sum(turnover), sum(turnover),
    sum(quantity - filled - cancelled), sum(filled), sum(turnover), max(version)
from orders where account_id = any (%(accounts)s) group by 1, 2"""

_LOTS = """
insert into lots (account_id, instrument_id, trade_id, quantity, cost, bought_on, settles_on)
select account_id, instrument_id, id, quantity, value, trading_date, trading_date + 1
from trades where account_id = any (%(accounts)s)"""

_TRANSFERS = """
insert into transfers (account_id, trading_date, from_ledger, to_ledger, amount, code, order_id, trade_id, charge_id,
    event_at, cash_after, version)
select account_id, trading_date, source, target, amount, code, order_id, trade_id, charge_id, now(),
    %(cash)s - sum(case when source = 'BANK' then 0 else amount end)
        over (partition by account_id order by version, target desc), version
from (
    select id as account_id, trading_date, 'BANK' as source, 'CASH' as target, %(cash)s as amount, 'DEPOSIT' as code,
        null::bigint as order_id, null::bigint as trade_id, null::bigint as charge_id, 0 as version
    from accounts where id = any (%(accounts)s)
    union all select account_id, trading_date, 'CASH', 'INVESTED', value, 'BUY', order_id, id, null, version
    from trades where account_id = any (%(accounts)s)
    union all select account_id, trading_date, 'CASH', 'CHARGES', %(brokerage)s, 'CHARGES', order_id, id, charge_id,
        version from trades where account_id = any (%(accounts)s)
    union all select account_id, trading_date, 'CASH', 'HOLD', hold_cash, 'HOLD', id, null, null, version
    from orders where account_id = any (%(accounts)s) and hold_cash > 0
) moved order by account_id, version, target desc"""

_BALANCES = """
update accounts set cash = %(cash)s - %(filled)s * (%(price)s * %(quantity)s + %(brokerage)s)
        - %(resting)s * %(low)s * %(quantity)s,
    hold = %(resting)s * %(low)s * %(quantity)s, invested = %(filled)s * %(price)s * %(quantity)s, version = 1000
where id = any (%(accounts)s)"""

_EVERYTHING = (_ORDERS, _EVENTS, _CHARGES, _TRADES, _POSITIONS, _LOTS, _TRANSFERS, _BALANCES)


def traders(database: Database, names: list[str], role: str = "trader") -> None:
    """Users of these names, each with a book that has had a busy day."""
    for name in names:
        identity.add_user(database, name, role)
    master = masters.get(database)
    listed = [each.id for each in master.listed() if each.exchange == "NSE" and str(each.kind) == "EQ"]
    values = {
        "shares": listed[:POSITIONS],
        "positions": POSITIONS,
        "filled": FILLED,
        "resting": RESTING,
        "cancelled": CANCELLED,
        "quantity": QUANTITY,
        "price": PRICE,
        "low": LOW,
        "brokerage": BROKERAGE,
        "cash": CASH,
    }
    with database.connection() as connection:
        found = connection.execute(
            "select a.id from accounts a join users u on u.id = a.user_id where u.name = any (%s)", [names]
        ).fetchall()
        for statement in _EVERYTHING:
            connection.execute(statement, {**values, "accounts": [row[0] for row in found]})
    with database.autocommit() as connection:
        connection.execute("analyze")
