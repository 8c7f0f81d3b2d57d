-- Limits as dated rows, what an account may still do, and each decision of risk.

-- One row; it rises in the transaction that changes a limit, a restriction or a switch. Every use case reads it
-- with its account's rows, so that no process decides by limits that have changed.
create table risk_version (
    one     boolean primary key default true check (one),
    version bigint not null default 1
);
insert into risk_version default values;

-- The tightest of the rows that apply is what holds. Money in paise, percentages in basis points.
create table risk_limits (
    id             bigint generated always as identity primary key,
    scope          text not null check (scope in ('DEFAULT', 'USER', 'ACCOUNT', 'INSTRUMENT', 'GROUP')),
    subject        bigint not null default 0,   -- user, account, instrument or underlying; 0 for DEFAULT
    name           text not null,
    value          bigint not null check (value >= 0),
    effective_from date not null,
    effective_to   date,                        -- the last trading date; null: until it is ended
    set_by         text not null,
    by_admin       boolean not null,
    created_at     timestamptz not null default now(),
    check ((scope = 'DEFAULT') = (subject = 0)),
    check (effective_to is null or effective_from <= effective_to + 1)
);
create index risk_limits_subject on risk_limits (scope, subject, name);

create table restrictions (
    id             bigint generated always as identity primary key,
    instrument_id  integer not null references instruments,
    kind           text not null check (kind in ('BAN', 'TRADE_FOR_TRADE', 'SURVEILLANCE', 'ILLIQUID', 'HALTED')),
    note           text not null default '',
    effective_from date not null,
    effective_to   date,
    set_by         text not null,
    created_at     timestamptz not null default now(),
    check (effective_to is null or effective_from <= effective_to + 1)
);

-- Kill switches over a whole user or a whole market; one account's own is its trading state.
create table kill_switches (
    id         bigint generated always as identity primary key,
    scope      text not null check (scope in ('USER', 'MARKET')),
    subject    text not null,                   -- the user's id, or the market's
    sentence   text not null,
    pressed_by text not null,
    by_admin   boolean not null,
    pressed_at timestamptz not null default now(),
    rearmed_by text,
    rearmed_at timestamptz
);
create unique index kill_switches_pressed on kill_switches (scope, subject) where rearmed_at is null;

-- Accounts whose positions are to be closed because a kill switch said so: a row stays until all is flat, or until
-- the account is re-armed.
create table flattenings (
    account_id bigint primary key references accounts,
    pressed_by text not null,
    since      timestamptz not null default clock_timestamp(),
    tried_at   timestamptz
);

-- Refusals and changes of state, each with the rule's number and its figures. What was accepted is in the log.
create table risk_decisions (
    id         bigint generated always as identity primary key,
    at         timestamptz not null default now(),
    account_id bigint not null references accounts,
    order_id   bigint,
    actor      text not null,
    decision   text not null check (decision in ('REFUSED', 'ACTIVE', 'REDUCING', 'HALTED', 'CARRIED')),
    rule       integer not null,
    sentence   text not null,
    numbers    jsonb not null default '{}'
);
create index risk_decisions_account on risk_decisions (account_id, id desc);
create trigger append_only before update or delete on risk_decisions for each row execute function refuse_change();

alter table accounts
    add trading_state text not null default 'ACTIVE' check (trading_state in ('ACTIVE', 'REDUCING', 'HALTED')),
    add state_rule    integer,
    add state_reason  text not null default '',
    add state_by      text not null default '',
    add state_power   text not null default 'OWNER' check (state_power in ('OWNER', 'ADMIN', 'RISK')), -- who may re-arm
    add state_since   timestamptz,
    -- Counters that limits are held against, kept by whoever holds the row's lock.
    add open_orders   integer not null default 0 check (open_orders >= 0),
    add orders_today  integer not null default 0,
    add trades_today  integer not null default 0,
    add flows_today   bigint not null default 0,
    add pace          bigint[] not null default '{0,0,0,0,0,0,0}',  -- core.standing.Pace
    -- As of the last look at prices; the highest equity moves with what is paid in or taken out.
    add equity        bigint not null default 0,
    add peak_equity   bigint not null default 0,
    add gross_exposure bigint not null default 0,
    add net_exposure  bigint not null default 0;

update accounts a set
    open_orders = (select count(*) from orders o
        where o.account_id = a.id and o.status in ('AMO', 'TRIGGER_PENDING', 'OPEN')),
    orders_today = (select count(*) from orders o where o.account_id = a.id and o.trading_date = a.trading_date),
    trades_today = (select count(*) from trades t
        where t.account_id = a.id and t.trading_date = a.trading_date and t.kind = 'FILL'),
    flows_today = (select coalesce(sum(case from_ledger when 'BANK' then amount else -amount end), 0)
        from transfers t where t.account_id = a.id and t.trading_date = a.trading_date
            and 'BANK' in (from_ledger, to_ledger)),
    equity = cash + hold + margin + invested + unsettled + gains + option_credit,
    peak_equity = greatest(0, cash + hold + margin + invested + unsettled + gains + option_credit);

-- Who may trade with himself is asked by price: few orders rest on the wrong side of it.
create index orders_crossing on orders (instrument_id, side, worst_price) where status = 'OPEN';

-- Generous for paper money; docs/risk.md has them in a table. The pace of orders comes from KAGAZ_ORDER_RATE.
insert into risk_limits (scope, name, value, effective_from, set_by, by_admin)
select 'DEFAULT', name, value, date '2020-01-01', 'seed', true
from (values
    ('TRADES_PER_DAY', 20000),
    ('OPEN_ORDERS', 5000),
    ('ORDER_VALUE', 25000000000),
    ('ORDER_QUANTITY', 1000000),
    ('PRICE_AWAY_SHARES', 3000),
    ('PRICE_AWAY_FUTURES', 3000),
    ('PRICE_AWAY_OPTIONS', 20000),
    ('PRICE_ROOM_OPTIONS', 2000),
    ('DUPLICATE_MS', 0),
    ('POSITION_QUANTITY', 10000000),
    ('POSITION_VALUE', 100000000000),
    ('GROUP_VALUE', 500000000000),
    ('CONCENTRATION', 500000),
    ('GROSS_EXPOSURE', 1000000000000),
    ('NET_EXPOSURE', 1000000000000),
    ('DAILY_LOSS_PERCENT', 5000),
    ('DRAWDOWN', 8000),
    ('REARM_NEXT_DAY', 1)
) as seeds (name, value);
