-- What an order may say beside price and quantity.

alter table orders drop constraint orders_origin_check;
alter table orders add constraint orders_origin_check
    check (origin in ('USER', 'SQUARE_OFF', 'SYSTEM', 'GTT', 'RISK'));

alter table orders drop constraint orders_validity_check;
alter table orders add constraint orders_validity_check check (validity in ('DAY', 'IOC', 'TTL'));

-- Constants as defaults cost no rewrite of the table.
alter table orders
    add column validity_ttl integer not null default 0 check (validity_ttl >= 0),   -- minutes; 0: no TTL order
    add column expires_at   timestamptz,                                            -- by the exchange's clock
    add column legs         integer not null default 0 check (legs >= 0),           -- 0: no iceberg
    add column protection   integer not null default -1                             -- basis points; -1: by its slab
                            check (protection between -1 and 10000),
    add column parent_id    bigint,                                                 -- the first of the slices
    add constraint orders_ttl check ((validity = 'TTL') = (expires_at is not null) and (validity_ttl > 0) = (validity = 'TTL')),
    add constraint orders_legs check (legs <> 1 and (legs = 0 or disclosed_quantity > 0));
