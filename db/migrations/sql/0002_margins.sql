-- What margins are made of.

-- A snapshot prices options from its own instant; null: the opening of its trading date.
alter table risk_snapshots add column exchange_time timestamptz;

-- What of an option buy closes a short, and therefore holds nothing; and the sum of it in the position.
alter table orders add column closing integer not null default 0 check (closing >= 0);
alter table positions add column claimed integer not null default 0 check (claimed >= 0);
alter table positions add check (claimed <= greatest(0, -quantity));
create index orders_closing on orders (account_id, instrument_id)
    where closing > 0 and status in ('AMO', 'TRIGGER_PENDING', 'OPEN');

-- What a group's positions need, by its parts; they add up to position_margin.
alter table margin_groups add column span bigint not null default 0 check (span >= 0);
alter table margin_groups add column exposure bigint not null default 0 check (exposure >= 0);
alter table margin_groups add column add_ons bigint not null default 0 check (add_ons >= 0);
update margin_groups set exposure = position_margin;
alter table margin_groups add check (position_margin = span + exposure + add_ons);

-- An account that owes: since when, how much, and since when its positions are being closed. One row while it lasts.
create table margin_calls (
    account_id    bigint primary key references accounts,
    since         timestamptz not null,
    shortfall     bigint not null check (shortfall >= 0),
    closing_since timestamptz
);
