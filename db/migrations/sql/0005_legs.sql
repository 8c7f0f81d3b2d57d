-- What each leg of an iceberg has traded for, in paise: a leg is an order to the broker and pays brokerage by itself, on
-- its own turnover. Empty of other orders, and of icebergs that had traded before.
alter table orders add column leg_values bigint[] not null default '{}';
