-- Hours and windows of a trading day as rows, and orders that wait for an opening.

-- What the masters were last seeded with, and for which date: a start that would seed the same asks nothing more.
alter table master_version add column seeded text not null default '';

-- Set for good at placement: after its release an order is as any other, and still was one of these.
alter table orders add column amo boolean not null default false;
alter table orders add constraint orders_amo_check check (status <> 'AMO' or (amo and filled = 0));
create index orders_waiting on orders (account_id) where status = 'AMO';

alter table order_events drop constraint order_events_event_check;
alter table order_events add constraint order_events_event_check
    check (event in ('PLACED', 'REJECTED', 'MODIFIED', 'MODIFY_REFUSED', 'RELEASED', 'TRIGGERED', 'FILLED',
                     'CANCELLED', 'EXPIRED'));

-- The price that an auction struck, once; null where nothing crossed. Who trades how much at it is decided with it,
-- so that a process that dies in between hands out what is left of the same, and nothing twice.
create table auctions (
    market        text not null references markets,
    trading_date  date not null,
    kind          text not null check (kind in ('OPEN', 'CLOSE')),
    instrument_id integer not null references instruments,
    price         integer check (price > 0),
    quantity      bigint not null check (quantity >= 0),
    frame         bigint not null,          -- whose display was the crowd's book
    exchange_time timestamptz not null,
    last_price    integer not null,
    shares        jsonb not null default '[]',   -- of users' orders: [order, account, quantity, what was to fill]
    struck_at     timestamptz not null default now(),
    primary key (market, trading_date, kind, instrument_id),
    check ((price is null) = (quantity = 0))
);

-- Volume-weighted price before the closing auction, from which its band is measured.
alter table market_days add column reference integer check (reference > 0);
