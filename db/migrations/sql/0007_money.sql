-- Interest on what an account owes, and what a stock contract asks for in its last days.

-- A plan's rate: paise a crore of what is owed, for each day. It belongs to no order, and stands where ``dp`` does.
update charge_rates
set rates = rates || jsonb_build_object('interest', case segment when 'DELIVERY' then 500000 else 0 end);
update broker_plans set says = says || ' Interest of 0.05 % a day on what you owe.';

alter table charge_entries drop constraint charge_entries_kind_check;
alter table charge_entries add constraint charge_entries_kind_check
    check (kind in ('TRADE', 'CONTRACT_NOTE', 'DP', 'SQUARE_OFF', 'INTEREST'));
-- A generated column cannot learn of another one; the view over it is made again as it was.
drop view trades_in_rupees;
alter table charge_entries drop column total;
alter table charge_entries add column interest bigint not null default 0;
alter table charge_entries add column total bigint not null
    generated always as (brokerage + stt + exchange + ipft + sebi + stamp + gst + dp + interest) stored;
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

-- The trading dates that followed when a snapshot was taken: what is asked for by the days that a contract has left
-- depends on the snapshot, and on nothing that may change behind it.
alter table risk_snapshots add column ahead date[] not null default '{}';

-- Of bought stock options in the money, in their last days. The parts add up to position_margin.
alter table margin_groups add column delivery bigint not null default 0 check (delivery >= 0);
alter table margin_groups drop constraint margin_groups_check;
alter table margin_groups add constraint margin_groups_check
    check (position_margin = span + exposure + add_ons + delivery);
-- Options on a share belong to a group even where they are bought and nothing lies beside them.
insert into margin_groups (account_id, segment, underlying_id)
select distinct p.account_id, 'DERIVATIVES', p.underlying_id
from positions p
join instruments i on i.id = p.instrument_id
join instruments u on u.id = p.underlying_id
where i.kind in ('CE', 'PE') and u.kind <> 'INDEX' and (p.quantity <> 0 or p.open_buy > 0 or p.open_sell > 0)
on conflict do nothing;
