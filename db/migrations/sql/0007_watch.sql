-- Sections of a list, what a user's charts show, and how often an instrument was chosen in the search.
alter table watchlist_items add column section text check (char_length(section) between 1 and 40);
alter table watch_views
    add column interval text not null default '1m' check (interval in ('1m', '3m', '5m', '10m', '15m', '30m', '1h', '1d')),
    add column studies text[] not null default '{}';
alter table recent_instruments add column times integer not null default 1 check (times > 0);
