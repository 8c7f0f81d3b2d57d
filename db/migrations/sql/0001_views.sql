-- For those who read with SQL: names instead of numbers, rupees instead of paise. Nothing of Kagaz reads these.

create function rupees(paise bigint) returns numeric language sql immutable parallel safe
    return (paise / 100.0)::numeric(20, 2);

create view accounts_in_rupees as
select a.id as account_id, u.name || '/' || a.name as account, a.market, a.trading_date, a.archived_at,
    rupees(a.cash) as cash, rupees(a.hold) as hold, rupees(a.margin) as margin, rupees(a.invested) as invested,
    rupees(a.unsettled) as unsettled, rupees(a.gains) as gains, rupees(a.option_credit) as option_credit,
    rupees(a.cash + a.hold + a.margin + a.invested + a.unsettled + a.gains + a.option_credit) as balance,
    rupees(a.blocked_loss) as blocked_loss, rupees(a.cash - a.blocked_loss) as available, a.version
from accounts a join users u on u.id = a.user_id;

create view orders_in_rupees as
select o.id as order_id, u.name || '/' || a.name as account, i.exchange || ':' || i.symbol as instrument, o.side,
    o.order_type, o.product, o.validity, o.quantity, o.filled, o.cancelled, o.status, rupees(o.price) as price,
    rupees(o.trigger_price) as trigger_price, rupees(o.worst_price) as worst_price,
    (o.turnover / 100.0 / nullif(o.filled, 0))::numeric(20, 4) as average_price, rupees(o.turnover) as turnover,
    rupees(o.hold_cash) as hold_cash, rupees(o.hold_credit) as hold_credit, o.reason_code, o.reason, o.tag, o.origin,
    o.trading_date, o.placed_at, o.updated_at
from orders o
join accounts a on a.id = o.account_id
join users u on u.id = a.user_id
join instruments i on i.id = o.instrument_id;

create view trades_in_rupees as
select t.id as trade_id, t.order_id, u.name || '/' || a.name as account, i.exchange || ':' || i.symbol as instrument,
    t.kind, t.side, t.product, t.quantity, rupees(t.price) as price, rupees(t.value) as value,
    rupees(t.realised) as realised, rupees(c.total) as charges, rupees(c.brokerage) as brokerage, rupees(c.stt) as stt,
    rupees(c.exchange) as exchange_fee, rupees(c.ipft) as ipft, rupees(c.sebi) as sebi, rupees(c.stamp) as stamp,
    rupees(c.gst) as gst, t.traded_at, t.trading_date, t.frame
from trades t
join accounts a on a.id = t.account_id
join users u on u.id = a.user_id
join instruments i on i.id = t.instrument_id
left join charge_entries c on c.id = t.charge_id;

create view positions_in_rupees as
select u.name || '/' || a.name as account, i.exchange || ':' || i.symbol as instrument, p.product, p.quantity,
    rupees(p.cost) as cost, (p.cost / 100.0 / nullif(p.quantity, 0))::numeric(20, 4) as average_price,
    rupees(p.mark) as mark, rupees(p.realised) as realised, p.open_buy, p.open_sell, rupees(q.last_price) as last_price,
    rupees(q.last_price::bigint * p.quantity) as value, rupees(q.last_price::bigint * p.quantity - p.mark) as unrealised
from positions p
join accounts a on a.id = p.account_id
join users u on u.id = a.user_id
join instruments i on i.id = p.instrument_id
left join quotes q on q.market = a.market and q.instrument_id = p.instrument_id;

create view ledger_in_rupees as
select t.id as transfer_id, u.name || '/' || a.name as account, t.trading_date, t.code, t.from_ledger as "from",
    t.to_ledger as "to", rupees(t.amount) as amount, rupees(t.cash_after) as cash_after, t.reference, t.order_id,
    t.trade_id, i.exchange || ':' || i.symbol as instrument, t.event_at, t.created_at
from transfers t
join accounts a on a.id = t.account_id
join users u on u.id = a.user_id
left join orders o on o.id = t.order_id
left join instruments i on i.id = o.instrument_id;
