-- Broker plans, contract notes, splits and bonuses.

-- What an account pays beside the statute's charges. The rates of a plan are dated rows of charge_rates.
create table broker_plans (
    plan  text primary key,
    title text not null,
    says  text not null
);
insert into broker_plans (plan, title, says) values
    ('free-delivery', 'Free delivery', 'No brokerage on delivery; 0.03 % and at most ₹20 an order on intraday shares and futures; ₹20 an order on options.'),
    ('flat-20', 'Flat ₹20', '₹20 an order on delivery and options; 0.1 % on intraday shares and 0.05 % on futures, at most ₹20 an order.'),
    ('zero', 'Zero brokerage', 'No brokerage anywhere; the statute''s charges and the depository''s remain.');
-- The first schema named its two plans otherwise.
update charge_rates set plan = 'free-delivery' where plan = 'zerodha';
update charge_rates set plan = 'flat-20' where plan = 'upstox';

-- The plan in force on the account's trading date; a change waits in account_plans for its date.
alter table accounts add column plan text not null default 'free-delivery' references broker_plans;
create table account_plans (
    account_id     bigint not null references accounts,
    effective_from date not null,
    plan           text not null references broker_plans,
    set_by         text not null,
    set_at         timestamptz not null default now(),
    primary key (account_id, effective_from)
);

-- The exchange's own group, where its fee is another than the usual one (BSE: X, XT, Z, ZP, SS, ST; STOCK).
alter table instruments add column fee_group text;

-- ``held`` shares become ``becomes``: a split of 5:1 is 5 for 1, a bonus of 1:1 is 2 for 1.
create table corporate_actions (
    id            bigint generated always as identity primary key,
    instrument_id integer not null references instruments,
    ex_date       date not null,
    kind          text not null check (kind in ('SPLIT', 'BONUS')),
    becomes       integer not null check (becomes > 0),
    held          integer not null check (held > 0),
    new_isin      text,
    new_lot       integer check (new_lot > 0),
    new_tick      integer check (new_tick > 0),
    entered_by    text not null,
    entered_at    timestamptz not null default now(),
    listed_at     timestamptz,   -- when ISIN, terms and contracts were changed
    check (becomes <> held),
    unique (instrument_id, ex_date)
);
-- A market's candles, quotes and prices of risk are rewritten once, when it comes to the date.
create table corporate_action_markets (
    action_id  bigint not null references corporate_actions,
    market     text not null references markets,
    applied_at timestamptz not null default now(),
    primary key (action_id, market)
);

update charge_rates set rates = rates || jsonb_build_object('exchange_groups', case
    when segment in ('DELIVERY', 'INTRADAY') then
        '{"X": 1000000, "XT": 1000000, "Z": 1000000, "ZP": 1000000, "SS": 10000000, "ST": 10000000}'::jsonb
    when segment = 'OPTIONS' then '{"STOCK": 50000, "SENSEX50": 50000}'::jsonb
    else '{}'::jsonb end);

-- A split of which an account keeps only the fraction in cash changes no whole unit.
alter table trades drop constraint trades_quantity_check;
alter table trades add constraint trades_quantity_check check (quantity > 0 or (kind = 'SPLIT' and quantity = 0));

-- By how much a run began later than its hour; 0 where it was on time.
alter table job_runs add column late_ms bigint not null default 0 check (late_ms >= 0);
