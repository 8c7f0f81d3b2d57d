-- Positions that change their product.

-- Numbered by the sequence of trades, so that both lie in one order of time: what a position is, is the sum of
-- its signed trades and conversions. Shares that become CNC are a lot under this number.
create table conversions (
    id            bigint primary key,
    account_id    bigint not null references accounts,
    instrument_id integer not null references instruments,
    from_product  text not null check (from_product in ('CNC', 'MIS', 'NRML')),
    to_product    text not null check (to_product in ('CNC', 'MIS', 'NRML') and to_product <> from_product),
    quantity      integer not null check (quantity <> 0),   -- signed like the position
    cost          bigint not null,                          -- of these units, signed
    mark          bigint not null,
    actor         text not null,
    converted_at  timestamptz not null,
    trading_date  date not null,
    version       bigint not null
);
create index conversions_account_day on conversions (account_id, trading_date);

-- The square-off looks at what is held intraday each second. Its condition never changes with a fill, which
-- therefore still writes its row in place.
create index positions_intraday on positions (account_id) where product = 'MIS';
