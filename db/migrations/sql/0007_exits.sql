-- Units that splits have added to what an entry opened and its exits have not closed (below 0: taken from it): the
-- entry's own order keeps the units in which it traded.
alter table gtts add carried integer not null default 0;

create or replace function commit_gtts(p jsonb) returns void language plpgsql as $$
declare
    v_written integer;
begin
    insert into gtts (id, account_id, instrument_id, parent_id, cover, status, last_price, seen_at, expires_on,
        reason_code, reason, created_at, updated_at, events, version, carried)
    select x.id, x.account_id, x.instrument_id, x.parent_id, x.cover, x.status, x.last_price, x.seen_at, x.expires_on,
        x.reason_code, x.reason, x.created_at, x.updated_at, x.events, x.version, coalesce(x.carried, 0)
    from jsonb_populate_recordset(null::gtts, p -> 'gtts') x
    on conflict (id) do update set
        status = excluded.status, last_price = excluded.last_price, seen_at = excluded.seen_at,
        reason_code = excluded.reason_code, reason = excluded.reason, updated_at = excluded.updated_at,
        events = excluded.events, version = excluded.version, carried = excluded.carried
    where gtts.account_id = excluded.account_id and gtts.status in ('ACTIVE', 'DISABLED')
        and gtts.events < excluded.events;
    get diagnostics v_written = row_count;
    if v_written <> jsonb_array_length(p -> 'gtts') then
        raise exception 'a GTT ended under its account''s lock' using errcode = 'KG002';
    end if;
    insert into gtt_legs (gtt_id, leg, side, order_type, product, quantity, trigger_price, price, above, state, order_id,
        reason_code, reason)
    select x.gtt_id, x.leg, x.side, x.order_type, x.product, x.quantity, x.trigger_price, x.price, x.above, x.state,
        x.order_id, x.reason_code, x.reason
    from jsonb_populate_recordset(null::gtt_legs, p -> 'legs') x
    on conflict (gtt_id, leg) do update set
        order_type = excluded.order_type, quantity = excluded.quantity, trigger_price = excluded.trigger_price,
        price = excluded.price, above = excluded.above, state = excluded.state, order_id = excluded.order_id,
        reason_code = excluded.reason_code, reason = excluded.reason;
    insert into gtt_events (gtt_id, n, at, event, status, actor, reason_code, reason, leg, price, terms)
    select x.gtt_id, x.n, x.at, x.event, x.status, x.actor, x.reason_code, x.reason, x.leg, x.price, x.terms
    from jsonb_populate_recordset(null::gtt_events, p -> 'events') x;
    insert into gtt_changes (market, gtt_id)
    select p ->> 'market', (x ->> 'id')::bigint from jsonb_array_elements(p -> 'gtts') x;
end $$;
