-- Prices of which the owner of an account wants to hear.
create table price_alerts (
    id            bigint generated always as identity primary key,
    account_id    bigint not null references accounts,
    instrument_id integer not null references instruments,
    measure       text not null check (measure in ('PRICE', 'CHANGE')),
    condition     text not null check (condition in ('ABOVE', 'BELOW')),
    level         integer not null,                 -- paise, or basis points of the previous close
    repeats       boolean not null,
    note          text not null default '' check (char_length(note) <= 100),
    status        text not null default 'ACTIVE' check (status in ('ACTIVE', 'DONE', 'EXPIRED', 'DELETED')),
    resting       boolean not null default false,   -- it has rung: a price on the other side comes first
    seen_at       timestamptz not null,             -- exchange time when it was set: what printed later may ring it
    rings         integer not null default 0 check (rings >= 0),
    rung_at       timestamptz,
    created_at    timestamptz not null default clock_timestamp(),
    updated_at    timestamptz not null default clock_timestamp(),
    request_key   text check (char_length(request_key) between 1 and 64),
    request_hash  text,
    check (measure = 'CHANGE' or level > 0),
    check ((request_key is null) = (request_hash is null)),
    check ((rings > 0) = (rung_at is not null))
) with (fillfactor = 70);
create index price_alerts_account on price_alerts (account_id, id desc nulls last);
create index price_alerts_waiting on price_alerts (account_id) where status = 'ACTIVE';
create unique index price_alerts_request on price_alerts (account_id, request_key) where request_key is not null;

-- Each time one rang, in the words that were said.
create table price_alert_rings (
    alert_id      bigint not null references price_alerts,
    n             integer not null check (n > 0),
    account_id    bigint not null references accounts,
    at            timestamptz not null default clock_timestamp(),
    price         integer not null check (price > 0),
    frame         bigint not null,
    exchange_time timestamptz not null,
    sentence      text not null,
    primary key (alert_id, n)
);
create index price_alert_rings_account on price_alert_rings (account_id, at);
create trigger append_only before update or delete on price_alert_rings for each row execute function refuse_change();

-- What changed since the watch last looked; emptied by a crash, after which it reads everything anyway.
create unlogged table price_alert_changes (
    market   text not null,
    alert_id bigint not null
);
create function note_price_alert() returns trigger language plpgsql as $$
begin
    insert into price_alert_changes (market, alert_id) select a.market, new.id from accounts a where a.id = new.account_id;
    return null;
end $$;
create trigger noted after insert or update on price_alerts for each row execute function note_price_alert();
