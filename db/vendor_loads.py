"""A vendor's file of instruments brought into the masters: rows by COPY, then set-based statements.

Steps to be called in their order within one transaction that holds the masters' lock; ``desk.vendor_masters``
does. None of them deletes anything: what leaves a file keeps its row, its keys and its history.
"""

from collections.abc import Iterable, Iterator
from datetime import date
from itertools import islice
from typing import Any

from psycopg import Connection
from psycopg.types.json import Jsonb

from core.vendor_rows import VendorRow
from core.vendors import Vendor

Conn = Connection[Any]
EXAMPLES = 20
"""So many of each change are named in a report; all are counted."""
BATCH = 500
COLUMNS = (
    "line", "key", "exchange", "symbol", "name", "kind", "isin", "lot", "tick", "most", "expiry", "strike", "root",
    "under",
)  # fmt: skip

_INCOMING = """
create temporary table vendor_rows (
    line integer not null, key text not null, exchange text not null, symbol text not null, name text not null,
    kind text not null, isin text, lot integer, tick integer, most integer, expiry date, strike bigint,
    root text not null, under text not null, underlying_id integer, id integer, fresh boolean not null default false
) on commit drop;
create temporary table vendor_problems (line integer, why text, text text) on commit drop;
create temporary table vendor_changes (what text, key text, was text, now text) on commit drop;
"""


def _batches(rows: Iterable[VendorRow]) -> Iterator[list[VendorRow]]:
    given = iter(rows)
    while some := list(islice(given, BATCH)):
        yield some


def _line(row: VendorRow) -> str:
    """A row in COPY's text form. Single spaces are all the white space that its texts hold."""
    fields = (
        row.line, row.key, row.exchange, row.symbol, row.name, row.kind.value, row.isin, row.lot, row.tick, row.freeze,
        row.expiry, row.strike, row.root, row.under,
    )  # fmt: skip
    text = "\t".join(["\0" if field is None else str(field) for field in fields])
    return text.replace("\\", "\\\\").replace("\0", "\\N") + "\n"


def receive(conn: Conn, rows: Iterable[VendorRow]) -> None:
    """Make the tables of this load and fill them; contracts bring the symbols that this house gives them."""
    conn.execute(_INCOMING)
    with conn.cursor() as cursor, cursor.copy(f"copy vendor_rows ({', '.join(COLUMNS)}) from stdin") as copy:
        for some in _batches(rows):
            copy.write("".join(map(_line, some)))
    conn.execute("create index on vendor_rows (exchange, symbol); create index on vendor_rows (key)")
    conn.execute("analyze vendor_rows")
    _leave_out(conn, "TWICE", "select line from (select line, key, row_number() over (partition by key order by line)"
               " n from vendor_rows) v where n > 1")  # fmt: skip
    _leave_out(conn, "TWICE", "select line from (select line, row_number() over (partition by exchange, symbol order"
               " by line) n from vendor_rows) v where n > 1")  # fmt: skip


def _leave_out(conn: Conn, why: str, lines: str, given: dict[str, Any] | None = None) -> None:
    conn.execute(
        f"with gone as (delete from vendor_rows where line in ({lines}) returning line, key, root)"
        " insert into vendor_problems select line, %(why)s, left(key || ' ' || root, 80) from gone",
        {"why": why, **(given or {})},
    )


# By ISIN; then by the vendor's own name; then by this house's symbol. Each instrument is found once.
_BY_ISIN = """
update vendor_rows r set id = f.id from (
    select distinct on (i.id) i.id, v.line from vendor_rows v
    join instruments i on i.isin = v.isin and i.exchange = v.exchange and i.underlying_id is null
    where v.expiry is null order by i.id, i.symbol <> v.symbol, v.line
) f where f.line = r.line and r.id is null
"""
_BY_KEY = """
update vendor_rows r set id = k.instrument_id from instrument_keys k join instruments i on i.id = k.instrument_id
where r.id is null and r.expiry is null and k.vendor = %(vendor)s and k.key = r.key and k.until is null
    and i.exchange = r.exchange and i.underlying_id is null and (i.kind = 'INDEX') = (r.kind = 'INDEX')
    and (i.isin is null or r.isin is null or i.isin = r.isin)
    and not exists (select from vendor_rows o where o.id = k.instrument_id)
"""
_BY_SYMBOL = """
update vendor_rows r set id = i.id from instruments i
where r.id is null and r.expiry is null and i.exchange = r.exchange and i.symbol = r.symbol
    and i.underlying_id is null and (i.kind = 'INDEX') = (r.kind = 'INDEX')
    and (i.listed_to is null or i.listed_to >= %(on)s or i.isin is null)
    and not exists (select from vendor_rows o where o.id = i.id)
"""


def match_cash(conn: Conn, vendor: Vendor, on: date) -> None:
    """Find which shares, funds and indices are known. A share keeps its number through a new symbol or ISIN."""
    given = {"vendor": vendor, "on": on}
    for statement in (_BY_ISIN, _BY_KEY, _BY_SYMBOL):
        conn.execute(statement, given)


_UNDER = """
with of_key as (
    select v.line, coalesce(c.id, k.instrument_id) as id from vendor_rows v
    left join vendor_rows c on c.key = v.under
    left join instrument_keys k on k.vendor = %(vendor)s and k.key = v.under and k.until is null
    where v.expiry is not null
), named (exchange, root, home, symbol) as (
    select * from unnest(%(exchanges)s::text[], %(roots)s::text[], %(homes)s::text[], %(symbols)s::text[])
), roots as (
    -- What this house's own contracts of that root stand on; else the share of that symbol, at home first.
    select distinct on (v.exchange, v.root) v.exchange, v.root, i.id
    from (select distinct exchange, root from vendor_rows where expiry is not null) v
    left join named n on n.exchange = v.exchange and n.root = v.root
    join instruments i on i.underlying_id is null and i.symbol = coalesce(n.symbol, v.root)
        and i.exchange in (coalesce(n.home, case v.exchange when 'NFO' then 'NSE' else 'BSE' end), 'NSE')
    order by v.exchange, v.root, (i.exchange = 'NSE') = (v.exchange = 'BFO'), i.id
)
update vendor_rows r set underlying_id = coalesce(n.id, o.id, s.id)
from of_key o left join vendor_rows l on l.line = o.line
left join roots s on s.exchange = l.exchange and s.root = l.root
left join roots n on n.exchange = l.exchange and n.root = l.root
    and exists (select from named d where d.exchange = l.exchange and d.root = l.root)
where o.line = r.line
"""
_BY_TERMS = """
update vendor_rows r set id = f.id from (
    select distinct on (i.id) i.id, v.line from vendor_rows v join instruments i
        on i.underlying_id = v.underlying_id and i.exchange = v.exchange and i.kind = v.kind and i.expiry = v.expiry
        and i.strike is not distinct from v.strike
    where v.expiry is not null order by i.id, i.symbol <> v.symbol, v.line
) f where f.line = r.line
"""
# A month's contract whose expiry a holiday has moved keeps its symbol.
_MOVED = """
update vendor_rows r set id = i.id from instruments i
where r.id is null and r.expiry is not null and i.exchange = r.exchange and i.symbol = r.symbol
    and i.underlying_id = r.underlying_id and i.kind = r.kind and i.strike is not distinct from r.strike
    and i.expiry >= %(on)s and not exists (select from vendor_rows o where o.id = i.id)
"""


def match_contracts(conn: Conn, vendor: Vendor, on: date, roots: Iterable[tuple[str, str, str, str]]) -> None:
    """Find the underlyings of contracts, and which contracts are known by (underlying, expiry, strike, right).

    ``roots`` are (exchange, root, exchange of the underlying, its symbol) as this house's own contracts have them.
    """
    columns: list[list[str]] = [list(each) for each in zip(*roots, strict=True)] or [[], [], [], []]
    given = dict(zip(("exchanges", "roots", "homes", "symbols"), columns, strict=True))
    conn.execute(_UNDER, {"vendor": vendor, **given})
    _leave_out(conn, "UNDERLYING", "select line from vendor_rows where expiry is not null and underlying_id is null")
    conn.execute(_BY_TERMS)
    conn.execute(_MOVED, {"on": on})


# The symbol of one that has left goes to whoever bears it now; of two that both are listed the file's is refused.
_GIVE_WAY = """
with gone as (
    select i.id, i.symbol from vendor_rows r join instruments i on i.exchange = r.exchange and i.symbol = r.symbol
    where (r.expiry is not null) = %(contracts)s and i.id is distinct from r.id
        and not exists (select from vendor_rows o where o.id = i.id)
        and coalesce(i.listed_to, i.expiry) < %(on)s
)
update instruments i set symbol = left(i.symbol, 40) || '.' || i.id from gone where gone.id = i.id
"""
_TAKEN = """
select r.line from vendor_rows r join instruments i on i.exchange = r.exchange and i.symbol = r.symbol
where (r.expiry is not null) = %(contracts)s and i.id is distinct from r.id
    and (r.id is null or not %(contracts)s)
    and (%(contracts)s or not exists (select from vendor_rows o where o.id = i.id and o.expiry is null))
"""
_CHANGED = """
with changed as (
    select i.id, i.exchange, i.symbol, i.isin, i.expiry, r.symbol as new_symbol, r.isin as new_isin,
        r.expiry as new_expiry, r.name as new_name, i.listed_to, r.kind, i.house, i.name
    from vendor_rows r join instruments i on i.id = r.id
    where (r.expiry is not null) = %(contracts)s and not r.fresh
), told as (
    insert into vendor_changes
    select 'renamed', exchange || ':' || new_symbol, symbol, new_symbol from changed
        where symbol <> new_symbol and new_expiry is null
    union all select 'isin_changed', exchange || ':' || new_symbol, isin, new_isin from changed
        where isin <> new_isin
    union all select 'expiry_moved', exchange || ':' || symbol, expiry::text, new_expiry::text from changed
        where expiry <> new_expiry
    union all select 'relisted', exchange || ':' || symbol, listed_to::text, null from changed
        where listed_to is not null
)
select id from changed where (symbol <> new_symbol and new_expiry is null) or isin is distinct from coalesce(new_isin,
    isin) or expiry is distinct from new_expiry or listed_to is not null or (name <> new_name and not house
    and new_expiry is null)
"""


def change(conn: Conn, on: date, contracts: bool) -> int:
    """Bring what is known, cash or contracts, to the file's symbol, ISIN, expiry and name, and list again what had
    left; how many."""
    given = {"on": on, "contracts": contracts}
    conn.execute(_GIVE_WAY, given)
    _leave_out(conn, "TAKEN", _TAKEN, given)
    ids = [row[0] for row in conn.execute(_CHANGED, given)]
    if ids:
        # Through names that nobody bears, because two may have changed theirs with each other.
        conn.execute(
            "update instruments i set symbol = '~' || i.id from vendor_rows r where r.id = i.id and i.id = any(%s)"
            " and r.expiry is null and r.symbol <> i.symbol",
            [ids],
        )
        conn.execute(
            "update instruments i set symbol = case when r.expiry is null then r.symbol else i.symbol end,"
            " isin = coalesce(r.isin, i.isin), expiry = r.expiry, listed_to = null,"
            " name = case when i.house or r.expiry is not null then i.name else r.name end"
            " from vendor_rows r where r.id = i.id and i.id = any(%s)",
            [ids],
        )
    return len(ids)


_INSERT = """
with made as (
    insert into instruments (exchange, symbol, name, kind, underlying_id, isin, expiry, strike, listed_from, house)
    select exchange, symbol, name, kind, underlying_id, isin, expiry, strike, %(on)s, false
    from vendor_rows where id is null and (expiry is not null) = %(contracts)s
    order by expiry nulls first, underlying_id, strike, kind, exchange, symbol
    returning id, exchange, symbol
), found as (
    update vendor_rows r set id = m.id, fresh = true from made m
    where m.exchange = r.exchange and m.symbol = r.symbol
    returning m.id
)
select count(*) from found
"""


def add(conn: Conn, on: date, contracts: bool) -> int:
    """List what is not known yet, cash or contracts; how many. Terms follow by ``put_terms``."""
    row = conn.execute(_INSERT, {"on": on, "contracts": contracts}).fetchone()
    return int(row[0]) if row else 0


# What the file leaves open stays as it was; of a new instrument it is what its fellows have, or the usual.
_TERMS = """
create temporary table vendor_terms on commit drop as
select r.id, i.exchange || ':' || i.symbol as key, r.fresh, t.lot as old_lot, t.tick as old_tick,
    t.freeze_quantity as old_freeze, coalesce(r.lot, t.lot, 1) as lot, coalesce(r.tick, t.tick, 5) as tick,
    coalesce(r.most, t.freeze_quantity,
        case when r.expiry is null then 100000
             else coalesce(s.most, least(30::bigint * coalesce(r.lot, 1), 2147483647)::integer) end) as most
from vendor_rows r join instruments i on i.id = r.id
left join lateral (
    select lot, tick, freeze_quantity from instrument_terms where instrument_id = r.id and not r.fresh
    order by effective_from <= %(on)s desc, abs(effective_from - %(on)s) limit 1
) t on true
left join (
    select i.underlying_id, i.exchange, max(t.freeze_quantity) as most from instruments i
    join instrument_terms t on t.instrument_id = i.id
    where i.underlying_id is not null and i.house and i.expiry >= %(on)s group by 1, 2
) s on s.underlying_id = r.underlying_id and s.exchange = r.exchange
"""
_TOLD_TERMS = """
insert into vendor_changes
select 'lot_changed', key, old_lot::text, lot::text from vendor_terms where not fresh and old_lot <> lot
union all select 'tick_changed', key, old_tick::text, tick::text from vendor_terms where not fresh and old_tick <> tick
union all select 'freeze_changed', key, old_freeze::text, most::text from vendor_terms
    where not fresh and old_freeze <> most
"""
_PUT_TERMS = """
insert into instrument_terms (instrument_id, effective_from, lot, tick, freeze_quantity)
select id, %(on)s, lot, tick, most from vendor_terms
where old_lot is null or (old_lot, old_tick, old_freeze) <> (lot, tick, most)
on conflict (instrument_id, effective_from) do update
    set lot = excluded.lot, tick = excluded.tick, freeze_quantity = excluded.freeze_quantity
"""


def put_terms(conn: Conn, on: date) -> int:
    """Write lot, tick and freeze quantity from this date on where they are others; how many rows."""
    conn.execute(_TERMS, {"on": on})
    conn.execute("update vendor_terms set most = lot where most < lot")
    conn.execute(_TOLD_TERMS)
    return conn.execute(_PUT_TERMS, {"on": on}).rowcount


_CLOSE_KEYS = """
with other as (
    select k.key, k.instrument_id, r.key as row_key, r.id as row_id from instrument_keys k
    join vendor_rows r on r.key = k.key and r.id <> k.instrument_id where k.vendor = %(vendor)s and k.until is null
    union all
    select k.key, k.instrument_id, r.key, r.id from instrument_keys k
    join vendor_rows r on r.id = k.instrument_id and r.key <> k.key where k.vendor = %(vendor)s and k.until is null
), closed as (
    update instrument_keys k set until = greatest(%(on)s, k.since) from other o
    where k.vendor = %(vendor)s and k.key = o.key and k.until is null
    returning o.*
)
insert into vendor_changes
select distinct 'key_reused', c.key, o.exchange || ':' || o.symbol, n.exchange || ':' || n.symbol
from closed c join instruments o on o.id = c.instrument_id join instruments n on n.id = c.row_id
where c.key = c.row_key
"""
_OPEN_KEYS = """
insert into instrument_keys (vendor, key, since, instrument_id)
select %(vendor)s, r.key, %(on)s, r.id from vendor_rows r
where not exists (select from instrument_keys k where k.vendor = %(vendor)s and k.key = r.key and k.until is null)
on conflict (vendor, key, since) do update set instrument_id = excluded.instrument_id, until = null
"""


def put_keys(conn: Conn, vendor: Vendor, on: date) -> int:
    """Note the vendor's name of each instrument; one that meant another instrument ends for that. How many are new."""
    given = {"vendor": vendor, "on": on}
    conn.execute(_CLOSE_KEYS, given)
    return conn.execute(_OPEN_KEYS, given).rowcount


def missing(conn: Conn, vendor: Vendor, on: date) -> dict[str, tuple[int, int]]:
    """(absent from the file, named by the vendor) of what trades on, by each exchange that the file speaks of."""
    rows = conn.execute(
        "select i.exchange, count(*) filter (where r.id is null), count(*) from instrument_keys k"
        " join instruments i on i.id = k.instrument_id left join vendor_rows r on r.id = i.id"
        " where k.vendor = %s and k.until is null and (i.expiry is null or i.expiry >= %s)"
        " and i.exchange in (select exchange from vendor_rows) group by 1",
        [vendor, on],
    ).fetchall()
    return {exchange: (gone, known) for exchange, gone, known in rows}


_LEAVE = """
with closed as (
    update instrument_keys k set until = greatest(%(on)s, k.since) from instruments i
    where i.id = k.instrument_id and k.vendor = %(vendor)s and k.until is null
        and ((i.expiry is null or i.expiry >= %(on)s) and i.exchange = any(%(exchanges)s) or i.expiry < %(on)s)
        and not exists (select from vendor_rows r where r.id = i.id)
    returning k.instrument_id
), left_now as (
    update instruments i set listed_to = %(on)s - 1 from closed c
    where i.id = c.instrument_id and i.listed_to is null and not i.house and (i.expiry is null or i.expiry >= %(on)s)
        and not exists (select from instrument_keys k where k.instrument_id = i.id and k.vendor <> %(vendor)s
            and k.until is null)
    returning i.exchange || ':' || i.symbol as key
), told as (insert into vendor_changes select 'left', key from left_now)
select (select count(*) from left_now), (select count(*) from closed)
"""


def leave(conn: Conn, vendor: Vendor, on: date, exchanges: list[str]) -> int:
    """End the vendor's names that are not in the file, on these exchanges and of all expired contracts; and the
    listing of what no other vendor names and this house does not list itself. How many rows changed."""
    row = conn.execute(_LEAVE, {"vendor": vendor, "on": on, "exchanges": exchanges}).fetchone()
    return sum(row) if row else 0


def changes(conn: Conn) -> dict[str, tuple[int, list[dict[str, Any]]]]:
    """How many of each change there were, and some by name: ``{"key", "was", "now"}``."""
    rows = conn.execute(
        "select what, count(*), (jsonb_agg(jsonb_build_object('key', key, 'was', was, 'now', now) order by key)"
        " filter (where n <= %s)) from (select *, row_number() over (partition by what order by key) n"
        " from vendor_changes) c group by 1",
        [EXAMPLES],
    ).fetchall()
    return {what: (count, some) for what, count, some in rows}


def problems(conn: Conn) -> list[tuple[int, str, str]]:
    """(line, reason, text) of the rows that could not be used beside the others."""
    return conn.execute("select line, why, text from vendor_problems order by line").fetchall()


def keep_report(conn: Conn, vendor: Vendor, source: str, on: date, actor: str, report: dict[str, Any]) -> int:
    """Write down what a file has changed; the load's number."""
    row = conn.execute(
        "insert into master_loads (vendor, source, as_of, actor, report) values (%s, %s, %s, %s, %s) returning id",
        [vendor, source, on, actor, Jsonb(report)],
    ).fetchone()
    assert row is not None
    return int(row[0])
