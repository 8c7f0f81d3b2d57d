-- One use case is two calls: load_work locks and reads, commit_work writes what was decided. Round trips,
-- not fsync, set the price of an order; both are therefore one function each.
--
-- Every writer of an account's rows holds its account row's lock, taken here in ascending order, before it
-- reads anything else. Positions, groups, orders, lots are only ever written under that lock.
--
-- Both plan each statement once, by index. Left to itself the planner made a new plan for every order, which cost
-- more than running it, and read all accounts to update one, because it takes any set of rows for a hundred. A scan
-- that cannot be avoided is dear then, and what is dear is compiled, which takes a second: hence no JIT.
--
-- This is the newest text of both: a migration that changes them runs the whole file after its tables.

drop function if exists load_work, commit_work;

create function load_work(
    p_accounts bigint[], p_orders bigint[], p_instruments integer[], p_underlyings integer[],
    p_key text, p_numbers integer, p_whole boolean,
    p_cross text default null, p_cross_price integer default null, p_lots boolean default false
) returns json language plpgsql
    set plan_cache_mode = force_generic_plan set enable_seqscan = off set jit = off as $$
declare
    v_market markets%rowtype;
    v_orders json;
    v_lots json;
    v_trade_ids json;
    v_charge_ids json;
    v_request json;
    v_crossing json;
    v_price integer;
begin
    perform 1 from accounts where id = any (p_accounts) order by id for no key update;
    select m.* into v_market from markets m join accounts a on a.market = m.id where a.id = p_accounts[1];
    if p_orders is not null or p_whole then
        -- Three looks, each by an index of its own: as one condition they read every order that the accounts ever had,
        -- and compared each with all that are asked for. (The "+ 0" keeps the first off the accounts' index.)
        v_orders := (select json_agg(json_build_array(
                id, account_id, client_order_id, instrument_id, side, order_type, product, validity, quantity, price,
                trigger_price, worst_price, status, trading_date, (date_part('epoch', placed_at) * 1000000)::bigint,
                (date_part('epoch', updated_at) * 1000000)::bigint, (date_part('epoch', active_from) * 1000000)::bigint,
                priority, filled, cancelled, turnover, hold_cash, hold_credit, disclosed_quantity, reason_code, reason,
                tag, origin, modifications, events, version, validity_ttl,
                (date_part('epoch', expires_at) * 1000000)::bigint, legs, protection, parent_id, amo, closing,
                leg_values) order by id)
            from (
                select * from orders where id = any (p_orders) and account_id + 0 = any (p_accounts)
                union all
                select * from orders where p_whole and account_id = any (p_accounts)
                    and status in ('AMO', 'TRIGGER_PENDING', 'OPEN') and id <> all (coalesce(p_orders, '{}'))
                union all
                -- What claims a short must be known where a fill may shrink it.
                select * from orders where not p_whole and account_id = any (p_accounts)
                    and instrument_id = any (p_instruments) and closing > 0
                    and status in ('AMO', 'TRIGGER_PENDING', 'OPEN') and id <> all (coalesce(p_orders, '{}'))) o);
    end if;
    -- Lots are read where shares are to be sold; a purchase adds its own without knowing the others.
    if p_numbers > 0 or p_whole then
        v_trade_ids := (select json_agg(nextval('trades_id_seq')) from generate_series(1, p_numbers));
        v_charge_ids := (select json_agg(nextval('charge_entries_id_seq')) from generate_series(1, p_numbers));
        v_lots := (select json_agg(json_build_array(
                account_id, instrument_id, trade_id, quantity, cost, bought_on, settles_on))
            from (
                select * from lots where p_whole and account_id = any (p_accounts)
                union all
                select l.* from (select distinct account_id, instrument_id from orders
                        where not p_whole and id = any (p_orders) and account_id + 0 = any (p_accounts)
                            and side = 'SELL' and product = 'CNC') sold
                    join lots l on l.account_id = sold.account_id and l.instrument_id = sold.instrument_id) l);
    end if;
    if p_lots then
        v_lots := (select json_agg(json_build_array(
                account_id, instrument_id, trade_id, quantity, cost, bought_on, settles_on))
            from lots where account_id = any (p_accounts) and instrument_id = any (p_instruments));
    end if;
    -- The same user's order on the other side that one at this price (the last, where none is given) would meet.
    if p_cross is not null then
        v_price := coalesce(p_cross_price, (select last_price from quotes
            where market = v_market.id and instrument_id = p_instruments[1]));
        if p_cross = 'SELL' then
            v_crossing := (select json_build_array(o.id, o.worst_price, u.name || '/' || b.name)
                from orders o join accounts b on b.id = o.account_id join users u on u.id = b.user_id
                where o.status = 'OPEN' and o.instrument_id = p_instruments[1] and o.side = 'SELL'
                    and o.worst_price <= v_price and o.id <> all (coalesce(p_orders, '{}')) and b.market = v_market.id
                    and b.user_id = (select user_id from accounts where id = p_accounts[1])
                order by o.worst_price limit 1);
        else
            v_crossing := (select json_build_array(o.id, o.worst_price, u.name || '/' || b.name)
                from orders o join accounts b on b.id = o.account_id join users u on u.id = b.user_id
                where o.status = 'OPEN' and o.instrument_id = p_instruments[1] and o.side = 'BUY'
                    and o.worst_price >= v_price and o.id <> all (coalesce(p_orders, '{}')) and b.market = v_market.id
                    and b.user_id = (select user_id from accounts where id = p_accounts[1])
                order by o.worst_price desc limit 1);
        end if;
    end if;
    if p_key is not null then
        v_request := (select json_build_array(encode(hash, 'hex'), status, body)
            from requests where account_id = p_accounts[1] and key = p_key);
    end if;
    -- json and not jsonb: it is written once and read by the client, never looked into here.
    return json_build_object(
        'now', (extract(epoch from clock_timestamp()) * 1000000)::bigint,
        'market', json_build_array(v_market.id, v_market.phase, v_market.running, v_market.trading_date,
                                   (extract(epoch from v_market.exchange_time) * 1000)::bigint,
                                   v_market.risk_snapshot_id, v_market.session,
            -- What the exchange's clock shows: that of the last frame and what has passed since, at the feed's speed.
            (extract(epoch from v_market.exchange_time + (clock_timestamp() - v_market.frame_at)
                * coalesce((v_market.feed_state ->> 'speed')::float8, 1)) * 1000)::bigint, v_market.halts),
        'accounts', (select json_agg(json_build_array(
                a.id, u.name || '/' || a.name, a.market, a.trading_date, a.version, a.blocked_loss, a.archived_at is not null,
                a.plan,
                json_build_array(a.user_id, a.trading_state, a.state_reason, a.open_orders, a.orders_today,
                    a.trades_today, a.flows_today, a.peak_equity, a.gross_exposure, a.net_exposure, a.pace),
                a.cash, a.hold, a.margin, a.invested, a.unsettled, a.gains, a.option_credit) order by a.id)
            from accounts a join users u on u.id = a.user_id where a.id = any (p_accounts)),
        'groups', (select json_agg(json_build_array(
                account_id, segment, underlying_id, position_margin, order_margin, snapshot_id, span, exposure, add_ons,
                delivery))
            from margin_groups where account_id = any (p_accounts) and (p_whole or underlying_id = any (p_underlyings))),
        'positions', (select json_agg(json_build_array(
                account_id, instrument_id, product, underlying_id, quantity, cost, mark, realised, open_buy, open_sell,
                day_buy_quantity, day_buy_value, day_sell_quantity, day_sell_value, claimed))
            from positions where account_id = any (p_accounts) and (p_whole or underlying_id = any (p_underlyings))),
        'next_order', case when p_orders is null then nextval('orders_id_seq') end,
        'quotes', (select json_agg(json_build_array(
                instrument_id, last_price, (extract(epoch from clock_timestamp() - stored_at) * 1000)::bigint))
            from quotes where market = v_market.id and instrument_id = any (p_instruments)),
        'bands', (select json_agg(json_build_array(instrument_id, lower_band, upper_band, settlement))
            from market_days where market = v_market.id and trading_date = v_market.trading_date
                and instrument_id = any (p_instruments)),
        -- A group keeps the price it was last secured at until a snapshot names a newer one.
        'snapshots', (select json_agg(json_build_array(u, coalesce(r.price,
                (select prev_close::bigint from market_days where market = v_market.id
                    and trading_date = v_market.trading_date and instrument_id = u),
                (select last_price::bigint from quotes where market = v_market.id and instrument_id = u)),
                r.volatility_bp, r.rate_bp))
            from unnest(case when p_whole then array(select underlying_id from margin_groups
                    where account_id = any (p_accounts) union select unnest(p_underlyings)) else p_underlyings end) u
            left join risk_prices r on r.snapshot_id = v_market.risk_snapshot_id and r.instrument_id = u),
        'taken', (select json_build_array(trading_date, (extract(epoch from exchange_time) * 1000)::bigint, ahead)
            from risk_snapshots where id = v_market.risk_snapshot_id),
        'orders', v_orders, 'lots', v_lots, 'trade_ids', v_trade_ids, 'charge_ids', v_charge_ids, 'request', v_request,
        'crossing', v_crossing, 'risk_version', (select version from risk_version));
end $$;

-- Rows are arrays, their columns by number, in the order of ``db.trading_rows``: a row of names took three times as
-- long to read. What comes alone still has its names.
create function commit_work(p jsonb) returns void language plpgsql
    set plan_cache_mode = force_generic_plan set enable_seqscan = off set enable_hashjoin = off
    set enable_mergejoin = off set jit = off as $$
declare
    v_written integer;
begin
    update accounts a set
        cash = x.cash, hold = x.hold, margin = x.margin, invested = x.invested, unsettled = x.unsettled,
        gains = x.gains, option_credit = x.option_credit, version = x.version,
        open_orders = x.open_orders, orders_today = x.orders_today, trades_today = x.trades_today,
        flows_today = x.flows_today, equity = a.equity + x.flows_today - a.flows_today, peak_equity = x.peak_equity, gross_exposure = x.gross_exposure,
        net_exposure = x.net_exposure, pace = x.pace
    from (select (x ->> 0)::bigint as id, (x ->> 1)::bigint as version, (x ->> 2)::bigint as spend,
            (x ->> 3)::bigint as cash, (x ->> 4)::bigint as hold, (x ->> 5)::bigint as margin,
            (x ->> 6)::bigint as invested, (x ->> 7)::bigint as unsettled, (x ->> 8)::bigint as gains,
            (x ->> 9)::bigint as option_credit, (x ->> 10)::integer as open_orders,
            (x ->> 11)::integer as orders_today, (x ->> 12)::integer as trades_today,
            (x ->> 13)::bigint as flows_today, (x ->> 14)::bigint as peak_equity,
            (x ->> 15)::bigint as gross_exposure, (x ->> 16)::bigint as net_exposure, translate(x ->> 17, '[]', '{}')::bigint[] as pace
        from jsonb_array_elements(p -> 'accounts') x) x
    where a.id = x.id and a.version = x.version - 1
        and (x.spend is null or a.cash - a.blocked_loss >= x.spend);
    get diagnostics v_written = row_count;
    if v_written <> jsonb_array_length(p -> 'accounts') then
        raise exception 'an account changed under its lock, or its cash no longer covers what it spends'
            using errcode = 'KG001';
    end if;
    if p ? 'new_orders' then
        insert into orders (id, account_id, client_order_id, instrument_id, side, order_type, product, validity, quantity,
            filled, cancelled, price, trigger_price, worst_price, turnover, hold_cash, hold_credit, disclosed_quantity,
            status, reason_code, reason, tag, origin, modifications, events, trading_date, placed_at, updated_at,
            active_from, priority, version, validity_ttl, expires_at, legs, protection, parent_id, amo, closing)
        select x.id, x.account_id, x.client_order_id, x.instrument_id, x.side, x.order_type, x.product, x.validity,
            x.quantity, x.filled, x.cancelled, x.price, x.trigger_price, x.worst_price, x.turnover, x.hold_cash,
            x.hold_credit, x.disclosed_quantity, x.status, x.reason_code, x.reason, x.tag, x.origin, x.modifications,
            x.events, x.trading_date, x.placed_at, x.updated_at, x.active_from, x.priority, x.version, x.validity_ttl,
            x.expires_at, x.legs, x.protection, x.parent_id, x.amo, x.closing
        from jsonb_populate_recordset(null::orders, p -> 'new_orders') x;
    end if;
    if p ? 'orders' then
        update orders o set
            order_type = x.order_type, validity = x.validity, quantity = x.quantity, filled = x.filled,
            cancelled = x.cancelled, price = x.price, trigger_price = x.trigger_price, worst_price = x.worst_price,
            turnover = x.turnover, hold_cash = x.hold_cash, hold_credit = x.hold_credit, status = x.status,
            disclosed_quantity = x.disclosed_quantity, reason_code = x.reason_code, reason = x.reason,
            modifications = x.modifications, events = x.events,
            updated_at = x.updated_at, active_from = x.active_from, priority = x.priority, version = x.version,
            validity_ttl = x.validity_ttl, expires_at = x.expires_at, legs = x.legs, protection = x.protection,
            trading_date = x.trading_date, closing = x.closing, leg_values = x.leg_values
        from (select (x ->> 0)::bigint as id, x ->> 1 as order_type, x ->> 2 as validity,
                (x ->> 3)::integer as quantity, (x ->> 4)::integer as filled, (x ->> 5)::integer as cancelled,
                (x ->> 6)::integer as price, (x ->> 7)::integer as trigger_price, (x ->> 8)::integer as worst_price,
                (x ->> 9)::bigint as turnover, (x ->> 10)::bigint as hold_cash, (x ->> 11)::bigint as hold_credit,
                (x ->> 12)::integer as disclosed_quantity, x ->> 13 as status, (x ->> 14)::integer as reason_code,
                x ->> 15 as reason, (x ->> 16)::integer as modifications, (x ->> 17)::integer as events,
                (x ->> 18)::timestamptz as updated_at, (x ->> 19)::timestamptz as active_from,
                (x ->> 20)::bigint as priority, (x ->> 21)::bigint as version, (x ->> 22)::integer as validity_ttl,
                (x ->> 23)::timestamptz as expires_at, (x ->> 24)::integer as legs, (x ->> 25)::integer as protection,
                (x ->> 26)::date as trading_date, (x ->> 27)::integer as closing,
                translate(x ->> 28, '[]', '{}')::bigint[] as leg_values
            from jsonb_array_elements(p -> 'orders') x) x
        where o.id = x.id and o.status in ('AMO', 'TRIGGER_PENDING', 'OPEN') and o.events < x.events;
        get diagnostics v_written = row_count;
        if v_written <> jsonb_array_length(p -> 'orders') then
            raise exception 'an order ended under its account''s lock' using errcode = 'KG002';
        end if;
    end if;
    insert into order_events (order_id, n, at, event, status, actor, reason_code, reason, quantity, price,
        trigger_price, worst_price, filled, cancelled, version)
    select (x ->> 0)::bigint, (x ->> 1)::integer, (x ->> 2)::timestamptz, x ->> 3, x ->> 4, x ->> 5,
        (x ->> 6)::integer, x ->> 7, (x ->> 8)::integer, (x ->> 9)::integer, (x ->> 10)::integer, (x ->> 11)::integer,
        (x ->> 12)::integer, (x ->> 13)::integer, (x ->> 14)::bigint
    from jsonb_array_elements(p -> 'events') x;
    if p ? 'charges' then
        insert into charge_entries (id, account_id, trading_date, order_id, instrument_id, kind, brokerage, stt,
            exchange, ipft, sebi, stamp, gst, dp, interest)
        select (x ->> 0)::bigint, (x ->> 1)::bigint, (x ->> 2)::date, (x ->> 3)::bigint, (x ->> 4)::integer,
            x ->> 5, (x ->> 6)::bigint, (x ->> 7)::bigint, (x ->> 8)::bigint, (x ->> 9)::bigint, (x ->> 10)::bigint,
            (x ->> 11)::bigint, (x ->> 12)::bigint, (x ->> 13)::bigint, (x ->> 14)::bigint
        from jsonb_array_elements(p -> 'charges') x;
    end if;
    if p ? 'trades' then
        insert into trades (id, order_id, account_id, instrument_id, kind, side, product, quantity, price, value,
            realised, charge_id, limit_price, traded_at, trading_date, frame, exchange_time, last_price, levels,
            version)
        select (x ->> 0)::bigint, (x ->> 1)::bigint, (x ->> 2)::bigint, (x ->> 3)::integer, x ->> 4, x ->> 5,
            x ->> 6, (x ->> 7)::integer, (x ->> 8)::integer, (x ->> 9)::bigint, (x ->> 10)::bigint,
            (x ->> 11)::bigint, (x ->> 12)::integer, (x ->> 13)::timestamptz, (x ->> 14)::date, (x ->> 15)::bigint,
            (x ->> 16)::timestamptz, (x ->> 17)::integer, x -> 18, (x ->> 19)::bigint
        from jsonb_array_elements(p -> 'trades') x;
    end if;
    if p ? 'conversions' then
        insert into conversions select x.* from jsonb_populate_recordset(null::conversions, p -> 'conversions') x;
    end if;
    if p ? 'groups' then
        insert into margin_groups (account_id, segment, underlying_id, position_margin, order_margin, snapshot_id,
            span, exposure, add_ons, delivery)
        select (x ->> 0)::bigint, x ->> 1, (x ->> 2)::integer, (x ->> 3)::bigint, (x ->> 4)::bigint,
            (x ->> 5)::bigint, (x ->> 6)::bigint, (x ->> 7)::bigint, (x ->> 8)::bigint, (x ->> 9)::bigint
        from jsonb_array_elements(p -> 'groups') x
        on conflict (account_id, segment, underlying_id) do update set
            position_margin = excluded.position_margin, order_margin = excluded.order_margin,
            snapshot_id = excluded.snapshot_id, span = excluded.span, exposure = excluded.exposure,
            add_ons = excluded.add_ons, delivery = excluded.delivery;
    end if;
    if p ? 'positions' then
        insert into positions (account_id, instrument_id, product, underlying_id, quantity, cost, mark, realised,
            open_buy, open_sell, day_buy_quantity, day_buy_value, day_sell_quantity, day_sell_value, claimed, version)
        select (x ->> 0)::bigint, (x ->> 1)::integer, x ->> 2, (x ->> 3)::integer, (x ->> 4)::integer,
            (x ->> 5)::bigint, (x ->> 6)::bigint, (x ->> 7)::bigint, (x ->> 8)::integer, (x ->> 9)::integer,
            (x ->> 10)::integer, (x ->> 11)::bigint, (x ->> 12)::integer, (x ->> 13)::bigint, (x ->> 14)::integer,
            (x ->> 15)::bigint
        from jsonb_array_elements(p -> 'positions') x
        on conflict (account_id, instrument_id, product) do update set
            quantity = excluded.quantity, cost = excluded.cost, mark = excluded.mark, realised = excluded.realised,
            open_buy = excluded.open_buy, open_sell = excluded.open_sell, day_buy_quantity = excluded.day_buy_quantity,
            day_buy_value = excluded.day_buy_value, day_sell_quantity = excluded.day_sell_quantity,
            day_sell_value = excluded.day_sell_value, claimed = excluded.claimed, version = excluded.version;
    end if;
    if p ? 'lots' then
        insert into lots (account_id, instrument_id, trade_id, quantity, cost, bought_on, settles_on)
        select (x ->> 0)::bigint, (x ->> 1)::integer, (x ->> 2)::bigint, (x ->> 3)::integer, (x ->> 4)::bigint,
            (x ->> 5)::date, (x ->> 6)::date
        from jsonb_array_elements(p -> 'lots') x
        on conflict (account_id, instrument_id, trade_id) do update set
            quantity = excluded.quantity, cost = excluded.cost;
    end if;
    if p ? 'ended_lots' then
        delete from lots l using jsonb_array_elements(p -> 'ended_lots') x
        where l.account_id = (x ->> 0)::bigint and l.instrument_id = (x ->> 1)::integer
            and l.trade_id = (x ->> 2)::bigint;
    end if;
    if p ? 'transfers' then
        insert into transfers (account_id, trading_date, version, from_ledger, to_ledger, amount, code, event_at,
            cash_after, order_id, trade_id, charge_id, reference)
        select (x ->> 0)::bigint, (x ->> 1)::date, (x ->> 2)::bigint, x ->> 3, x ->> 4, (x ->> 5)::bigint,
            x ->> 6, (x ->> 7)::timestamptz, (x ->> 8)::bigint, (x ->> 9)::bigint, (x ->> 10)::bigint,
            (x ->> 11)::bigint, x ->> 12
        from jsonb_array_elements(p -> 'transfers') x;
    end if;
    if p ? 'decisions' then
        insert into risk_decisions (at, account_id, order_id, actor, decision, rule, sentence, numbers)
        select x.at, x.account_id, x.order_id, x.actor, 'REFUSED', x.rule, x.sentence, x.numbers
        from jsonb_populate_recordset(null::risk_decisions, p -> 'decisions') x;
    end if;
    if p ? 'announce' then
        insert into order_changes (market, order_id)
        select a ->> 0, (a ->> 1)::bigint from jsonb_array_elements(p -> 'announce') a;
    end if;
    if p ? 'request' then
        insert into requests (account_id, key, hash, status, body)
        select (x ->> 'account_id')::bigint, x ->> 'key', decode(x ->> 'hash', 'hex'), (x ->> 'status')::smallint, x -> 'body'
        from (select p -> 'request' as x) as one;
    end if;
end $$;
