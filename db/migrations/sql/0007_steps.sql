-- The version that its account had when a step of an order was written. Whoever follows the account by its versions is
-- told each step that came since it last looked, where the order's own row tells the newest alone. Null of steps from
-- before.
alter table order_events add column version bigint;
