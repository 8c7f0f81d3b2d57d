-- Charts of live markets begin with the vendor's history: what has been asked for, so that a restart asks nothing twice.

-- Up to which trading date the past candles of an instrument are the vendor's. Asked anew on each date on which
-- somebody wants the instrument: vendors adjust the past for splits, and days that were seen in part become whole.
create table live_charts (
    market        text not null references markets,
    instrument_id integer not null references instruments,
    filled_for    date not null,
    vendor        text not null check (vendor in ('upstox', 'truedata')),
    candles       integer not null,
    failed        text,                     -- what the vendor said of this instrument where it has no history
    filled_at     timestamptz not null default now(),
    primary key (market, instrument_id)
);
