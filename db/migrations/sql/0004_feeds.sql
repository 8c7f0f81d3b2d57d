-- Live markets: one an owner, seen by nobody else, and the credentials by which its prices come.

-- A vendor's prices may be shown to the holder of its account alone. A market without an owner is everybody's.
alter table markets add column owner_id bigint references users;
-- The feed that takes over while ``feed`` is silent or refused.
alter table markets add column backup text check (backup in ('upstox', 'truedata'));
-- Rises when what its feed is opened with has changed: another credential, another token, another backup.
alter table markets add column feed_version bigint not null default 0;
alter table markets add constraint markets_backup check (backup is null or backup <> feed);
create unique index markets_owner on markets (owner_id) where owner_id is not null;

-- What an owner typed in, and the token of the day, sealed: without the sealing key, which is not in this database,
-- both are noise. ``hint`` tells its owner one credential from another.
create table feed_credentials (
    user_id          bigint not null references users,
    vendor           text not null check (vendor in ('upstox', 'truedata')),
    sealed           bytea not null,
    hint             text not null,
    token_sealed     bytea,
    token_expires_at timestamptz,
    refused          text,                  -- what the vendor said when it last refused; null once it let us in
    changed_at       timestamptz not null default now(),
    primary key (user_id, vendor),
    check ((token_sealed is null) = (token_expires_at is null))
);

-- A login on its way: the state that goes to the vendor and comes back once, and the code that it brings, sealed.
create table feed_logins (
    state_sha256 bytea primary key,
    user_id      bigint not null references users,
    vendor       text not null,
    session_id   uuid not null,             -- public id of the session that began it
    created_at   timestamptz not null default now(),
    expires_at   timestamptz not null,
    code_sealed  bytea,
    used_at      timestamptz                -- when the code came back
);
create index feed_logins_waiting on feed_logins (used_at) where code_sealed is not null;

-- An outage of a live market: candles of its span are asked of the vendor's history, once.
create table feed_gaps (
    id         bigint generated always as identity primary key,
    market     text not null references markets,
    began_at   timestamptz not null,
    ended_at   timestamptz not null check (ended_at > began_at),
    noted_at   timestamptz not null default now(),
    filled_at  timestamptz,
    candles    integer not null default 0,
    failed     text,                        -- why it could not be filled, the last time it was tried
    unique (market, began_at)
);

-- Where a candle comes from: what was seen to trade, or the vendor's history of a time when nothing was seen.
alter table candles add column filled boolean not null default false;
