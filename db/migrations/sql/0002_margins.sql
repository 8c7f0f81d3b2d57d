-- What margins are made of.

-- A snapshot prices options from its own instant; null: the opening of its trading date.
alter table risk_snapshots add column exchange_time timestamptz;

-- What of an option buy closes a short, and therefore holds nothing; and the sum of it in the position.
alter table orders add column closing integer not null default 0 check (closing >= 0);
alter table positions add column claimed integer not null default 0 check (claimed >= 0);
alter table positions add check (claimed <= greatest(0, -quantity));
create index orders_closing on orders (account_id, instrument_id)
    where closing > 0 and status in ('AMO', 'TRIGGER_PENDING', 'OPEN');
