"""Reading and writing of instruments, their terms, calendar days and charge rates."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass, fields
from datetime import date, time
from typing import Any

from psycopg import Connection
from psycopg.types.json import Jsonb

from core.calendar import CalendarDay, DayKind
from core.charges import ChargeSegment, Tariff, TariffRow
from core.instruments import Instrument, Kind

# The advisory lock under which masters are changed, so that two processes that seed take turns.
MASTERS_LOCK = 0x6B61_6761_7A01


@dataclass(frozen=True, slots=True)
class Listing:
    """An instrument to be listed, with its first terms. ``strike`` and ``tick`` are paise."""

    exchange: str
    symbol: str
    name: str
    kind: Kind
    lot: int
    tick: int
    freeze_quantity: int
    listed_from: date
    underlying_id: int | None = None
    isin: str | None = None
    sector: str | None = None
    expiry: date | None = None
    strike: int | None = None


_COLUMNS = tuple(field.name for field in fields(Listing))

_INCOMING = """
create temporary table incoming_listings (
    exchange text, symbol text, name text, kind text, lot integer, tick integer, freeze_quantity integer,
    listed_from date, underlying_id integer, isin text, sector text, expiry date, strike bigint
) on commit drop
"""

_INSERT = """
with fresh as (
    insert into instruments
        (exchange, symbol, name, kind, underlying_id, isin, sector, expiry, strike, listed_from)
    select exchange, symbol, name, kind, underlying_id, isin, sector, expiry, strike, listed_from
    from incoming_listings i
    where not exists (select from instruments o where o.exchange = i.exchange and o.symbol = i.symbol)
        -- A share that a vendor's file has renamed is the one of its ISIN.
        and not exists (select from instruments o where o.exchange = i.exchange and o.isin = i.isin)
        -- A contract whose expiry a holiday has moved keeps its symbol, and is the one of its new day.
        and not exists (select from instruments o where o.underlying_id = i.underlying_id and o.expiry = i.expiry
            and o.exchange = i.exchange and o.kind = i.kind and o.strike is not distinct from i.strike)
    order by expiry nulls first, underlying_id, strike, kind, symbol
    on conflict (exchange, symbol) do nothing
    returning id, exchange, symbol
)
insert into instrument_terms (instrument_id, effective_from, lot, tick, freeze_quantity)
select f.id, i.listed_from, i.lot, i.tick, i.freeze_quantity
from fresh f join incoming_listings i using (exchange, symbol)
"""

# What a vendor's file has listed before this house came to list it is from now on the house's as well.
_TAKE_IN = """
update instruments o set house = true from incoming_listings i
where not o.house and o.exchange = i.exchange and (o.symbol = i.symbol or (o.underlying_id = i.underlying_id
    and o.expiry = i.expiry and o.kind = i.kind and o.strike is not distinct from i.strike))
"""

# The terms in force on the date; for an instrument listed after it, the first that it ever had.
_LOAD = """
select i.id, i.exchange, i.symbol, i.name, i.kind, t.lot, t.tick, t.freeze_quantity,
       i.underlying_id, i.isin, i.sector, i.expiry, i.strike,
       coalesce(i.fee_group, u.fee_group, case when i.exchange = 'BFO' and u.kind = 'EQ' then 'STOCK' else '' end),
       i.house, i.listed_to
from instruments i left join instruments u on u.id = i.underlying_id
join lateral (
    select lot, tick, freeze_quantity from instrument_terms
    where instrument_id = i.id
    order by effective_from <= %(on)s desc, abs(effective_from - %(on)s)
    limit 1
) t on true
where {which}
order by i.id
"""
# What a snapshot had not seen (its bound first: that spares most rows the look), and whose terms a later date has.
_UNSEEN = """
(i.changed >= %(bound)s and not pg_visible_in_snapshot(i.changed::text::xid8, %(seen)s::pg_snapshot))
or i.id in (select instrument_id from instrument_terms where changed >= %(bound)s
    and not pg_visible_in_snapshot(changed::text::xid8, %(seen)s::pg_snapshot))
or i.id in (select instrument_id from instrument_terms where effective_from > least(%(on)s, %(before)s)
    and effective_from <= greatest(%(on)s, %(before)s))
or i.underlying_id in (select id from instruments where changed >= %(bound)s
    and not pg_visible_in_snapshot(changed::text::xid8, %(seen)s::pg_snapshot))
"""


def lock(connection: Connection[Any]) -> None:
    """Waits for every other transaction that changes masters; held until this one ends."""
    connection.execute("set local lock_timeout = '60s'")
    connection.execute("select pg_advisory_xact_lock(%s)", (MASTERS_LOCK,))


def insert(connection: Connection[Any], listings: Iterable[Listing]) -> int:
    """Lists what is not listed yet, by COPY; how many were new to this house. Symbols that exist stay as they are."""
    connection.execute(_INCOMING)
    with (
        connection.cursor() as cursor,
        cursor.copy(f"copy incoming_listings ({', '.join(_COLUMNS)}) from stdin") as copy,
    ):
        for row in listings:
            copy.write_row([getattr(row, name) for name in _COLUMNS])
    added = connection.execute(_INSERT).rowcount + connection.execute(_TAKE_IN).rowcount
    connection.execute("drop table incoming_listings")
    return added


def delist_expired(connection: Connection[Any], on: date) -> int:
    """Ends the listing of contracts whose expiry has passed; how many. Their rows stay for history's sake."""
    return connection.execute(
        "update instruments set listed_to = expiry where expiry < %s and listed_to is null", (on,)
    ).rowcount


def insert_calendar_days(connection: Connection[Any], rows: Iterable[tuple[str, CalendarDay]]) -> int:
    """Adds days that the calendar does not speak of yet; how many."""
    columns: list[list[Any]] = [[], [], [], [], [], []]
    for exchange, day in rows:
        values = (exchange, day.day, day.kind.value, day.name, day.opens, day.closes)
        for column, value in zip(columns, values, strict=True):
            column.append(value)
    return connection.execute(
        "insert into calendar_days (exchange, day, kind, name, opens, closes)"
        " select * from unnest(%s::text[], %s::date[], %s::text[], %s::text[], %s::time[], %s::time[])"
        " on conflict do nothing",
        columns,
    ).rowcount


def put_calendar_day(connection: Connection[Any], exchange: str, day: CalendarDay) -> None:
    """Sets a day, over whatever the calendar said of it: holidays are announced at short notice."""
    connection.execute(
        "insert into calendar_days (exchange, day, kind, name, opens, closes) values (%s, %s, %s, %s, %s, %s)"
        " on conflict (exchange, day) do update set kind = excluded.kind, name = excluded.name,"
        " opens = excluded.opens, closes = excluded.closes",
        (exchange, day.day, day.kind.value, day.name, day.opens, day.closes),
    )


def remove_calendar_day(connection: Connection[Any], exchange: str, day: date) -> None:
    """Makes a day what its weekday says."""
    connection.execute("delete from calendar_days where exchange = %s and day = %s", (exchange, day))


def expiries(connection: Connection[Any], on: date) -> list[tuple[str, int, str, date]]:
    """(exchange, underlying, the underlying's ``NSE:INFY``, expiry) of contracts that have not expired by a date."""
    return connection.execute(
        "select i.exchange, i.underlying_id, u.exchange || ':' || u.symbol, i.expiry"
        " from instruments i join instruments u on u.id = i.underlying_id"
        " where i.expiry >= %s and i.listed_to is null group by 1, 2, 3, 4 order by 1, 2, 4",
        (on,),
    ).fetchall()


def move_expiries(connection: Connection[Any], moves: list[tuple[str, int, date, date]]) -> int:
    """Moves the contracts of (exchange, underlying, expiry) to another day; how many contracts. Margins in those
    underlyings are those of the day that was, until they are secured anew."""
    connection.execute(
        "update margin_groups set snapshot_id = null where segment = 'DERIVATIVES' and snapshot_id is not null"
        " and underlying_id = any(%s::int4[])",
        [sorted({underlying_id for _, underlying_id, _, _ in moves})],
    )
    return connection.execute(
        "update instruments i set expiry = u.new_day from unnest(%s::text[], %s::int4[], %s::date[], %s::date[])"
        " as u (exchange, underlying_id, old_day, new_day) where i.exchange = u.exchange"
        " and i.underlying_id = u.underlying_id and i.expiry = u.old_day and i.listed_to is null",
        [[move[place] for move in moves] for place in range(4)],
    ).rowcount


def insert_charge_rates(connection: Connection[Any], rows: Iterable[TariffRow]) -> int:
    """Adds tariffs that are not there yet; how many."""
    with connection.cursor() as cursor:
        cursor.executemany(
            "insert into charge_rates (effective_from, plan, segment, rates) values (%s, %s, %s, %s)"
            " on conflict do nothing",
            [(row.effective_from, row.plan, row.segment.value, Jsonb(asdict(row.tariff))) for row in rows],
        )
        return cursor.rowcount


def seeded(connection: Connection[Any]) -> str:
    """What the masters were last seeded with; empty before the first time."""
    row = connection.execute("select seeded from master_version").fetchone()
    return str(row[0]) if row else ""


def note_seeded(connection: Connection[Any], mark: str) -> None:
    """Writes down what the masters have been seeded with."""
    connection.execute("update master_version set seeded = %s", (mark,))


def raise_version(connection: Connection[Any]) -> None:
    """Tells every process that what it keeps in memory of the masters is old, once this commits."""
    connection.execute("update master_version set version = version + 1")


def version_and_date(connection: Connection[Any]) -> tuple[int, date | None]:
    """The masters' version, and the latest trading date of the markets that run, None where none does."""
    row = connection.execute(
        "select version, (select max(trading_date) from markets where running) from master_version"
    ).fetchone()
    return (0, None) if row is None else (row[0], row[1])


@dataclass(frozen=True, slots=True)
class Loaded:
    """Instruments with their terms on a date, ascending by id; by id, until when those that have left were listed;
    and the snapshot that saw them, from which a later load goes on."""

    instruments: list[Instrument]
    listed_to: dict[int, date]
    seen: str


def load(connection: Connection[Any], on: date, seen: str | None = None, before: date | None = None) -> Loaded:
    """Every instrument ever listed with its terms on a date; or what a load for ``before`` with the snapshot
    ``seen`` has not seen, or saw with other terms. To be called outside a transaction that has written."""
    which, given = "true", {"on": on, "before": before or on, "seen": seen, "bound": 0}
    if seen is not None:
        which, given["bound"] = _UNSEEN, int(seen.split(":", 1)[0])
    found: list[Instrument] = []
    listed_to: dict[int, date] = {}
    # One statement, one snapshot: what commits while it runs is for the next load.
    statement = f"select pg_current_snapshot()::text, l.* from ({_LOAD.format(which=which)}) l"
    snapshot = ""
    for row in connection.execute(statement, given):
        snapshot = row[0]
        found.append(Instrument(row[1], row[2], row[3], row[4], Kind(row[5]), *row[6:16]))
        if row[16] is not None:
            listed_to[row[1]] = row[16]
    return Loaded(found, listed_to, snapshot or seen or "")


def ids_by_key(connection: Connection[Any]) -> dict[str, tuple[int, Kind]]:
    """Id and kind of everything that is not a contract, by ``NSE:INFY`` and by ``NSE:INE009A01021``."""
    found: dict[str, tuple[int, Kind]] = {}
    for exchange, symbol, isin, number, kind in connection.execute(
        "select exchange, symbol, isin, id, kind from instruments where underlying_id is null"
    ):
        for name in (symbol, isin) if isin else (symbol,):
            found[f"{exchange}:{name}"] = (number, Kind(kind))
    return found


def calendar_days(connection: Connection[Any]) -> dict[str, list[CalendarDay]]:
    """All days that differ, by exchange."""
    days: dict[str, list[CalendarDay]] = {}
    opens: time | None
    closes: time | None
    for exchange, day, kind, name, opens, closes in connection.execute(
        "select exchange, day, kind, name, opens, closes from calendar_days"
    ):
        days.setdefault(exchange, []).append(CalendarDay(day, DayKind(kind), name, opens, closes))
    return days


def charge_rates(connection: Connection[Any]) -> list[TariffRow]:
    """All tariffs of all dates."""
    rows = connection.execute("select effective_from, plan, segment, rates from charge_rates")
    return [TariffRow(start, plan, ChargeSegment(segment), Tariff(**rates)) for start, plan, segment, rates in rows]
