-- Instruments as vendors list them: what each vendor calls one, and what each loaded file has changed.

-- Whether this house lists it of its own accord: seeded, or a contract of its own rule. Simulated markets price
-- those unasked; what only a vendor's file lists they price when somebody wants it.
alter table instruments add column house boolean not null default true;

-- The transaction that wrote a row last, so that a process which keeps the masters in memory reads again only
-- what its snapshot had not seen. (An xid8 as a number: it is compared with a snapshot's bounds.)
alter table instruments add column changed bigint not null default (pg_current_xact_id()::text::bigint);
alter table instrument_terms add column changed bigint not null default (pg_current_xact_id()::text::bigint);

create function note_change() returns trigger language plpgsql as $$
begin
    new.changed := pg_current_xact_id()::text::bigint;
    return new;
end
$$;
create trigger instruments_changed before update on instruments for each row execute function note_change();
create trigger instrument_terms_changed before update on instrument_terms for each row execute function note_change();

-- A vendor's name of an instrument holds from a date on and, where it has an end, before that one: vendors give
-- the number of an expired contract to another.
create table instrument_keys (
    vendor        text not null check (vendor in ('upstox', 'truedata')),
    key           text not null,
    since         date not null,
    until         date,
    instrument_id integer not null references instruments,
    primary key (vendor, key, since),
    check (until >= since)
);
create unique index instrument_keys_now on instrument_keys (vendor, key) where until is null;
create unique index instrument_keys_instrument on instrument_keys (instrument_id, vendor) where until is null;

create index instruments_isin on instruments (isin) where isin is not null;

-- Each file that was loaded, with what it changed.
create table master_loads (
    id        bigint generated always as identity primary key,
    vendor    text not null,
    source    text not null,   -- the file's name or address, without credentials
    as_of     date not null,
    loaded_at timestamptz not null default now(),
    actor     text not null,
    report    jsonb not null
);
