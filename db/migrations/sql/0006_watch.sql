-- How a user's market watch looks, colours of its rows, and what was chosen in the search last.
create table watch_views (
    user_id bigint primary key references users,
    columns text[] not null,
    base    text not null check (base in ('CLOSE', 'OPEN'))
);
create table recent_instruments (
    user_id       bigint not null references users,
    instrument_id integer not null references instruments,
    chosen_at     timestamptz not null default clock_timestamp(),
    primary key (user_id, instrument_id)
);
alter table watchlist_items add column colour text check (colour in ('RED', 'ORANGE', 'GREEN', 'BLUE', 'VIOLET'));
