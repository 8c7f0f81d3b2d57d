-- What an order may say beside price and quantity.

alter table orders drop constraint orders_origin_check;
alter table orders add constraint orders_origin_check
    check (origin in ('USER', 'SQUARE_OFF', 'SYSTEM', 'GTT', 'RISK'));
