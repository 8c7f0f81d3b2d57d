-- The requests that made a basket or added to one, by which their repetition is known: the same key adds no second time.
create table basket_requests (
    user_id   bigint not null references users,
    key       text not null check (char_length(key) between 1 and 64),
    hash      text not null,
    basket_id bigint not null references baskets on delete cascade,
    at        timestamptz not null default clock_timestamp(),
    primary key (user_id, key)
);
create index basket_requests_basket on basket_requests (basket_id);
