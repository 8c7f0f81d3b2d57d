"""Splits and bonuses in SQL: what was entered, what of the masters and of a market is in new units already."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from core.contracts import plain
from core.corporate import Action
from db.trading import Connection

_COLUMNS = "id, instrument_id, ex_date, kind, becomes, held, new_isin, new_lot, new_tick"


def actions(connection: Connection, after: date, upto: date) -> list[Action]:
    """The actions whose ex-date lies in (after, upto], by date."""
    rows = connection.execute(
        f"select {_COLUMNS} from corporate_actions where ex_date > %s and ex_date <= %s order by ex_date, id",
        [after, upto],
    ).fetchall()
    return [Action(*row) for row in rows]


@dataclass(frozen=True, slots=True)
class Entered:
    """An action as the administrator's page lists it; ``listed_at`` None while it waits for its date."""

    action: Action
    key: str
    entered_by: str
    entered_at: datetime
    listed_at: datetime | None


def entered(connection: Connection, limit: int) -> list[Entered]:
    """Every action, the newest ex-date first."""
    rows = connection.execute(
        f"select {', '.join('c.' + each.strip() for each in _COLUMNS.split(','))}, i.exchange || ':' || i.symbol,"
        " c.entered_by, c.entered_at, c.listed_at"
        " from corporate_actions c join instruments i on i.id = c.instrument_id order by c.ex_date desc, c.id limit %s",
        [limit],
    ).fetchall()
    return [Entered(Action(*row[:9]), *row[9:]) for row in rows]


def enter(connection: Connection, action: Action, actor: str) -> int | None:
    """Write an action; its number, or None where the instrument has one on that date."""
    row = connection.execute(
        f"insert into corporate_actions ({_COLUMNS.removeprefix('id, ')}, entered_by)"
        " values (%s, %s, %s, %s, %s, %s, %s, %s, %s) on conflict (instrument_id, ex_date) do nothing returning id",
        [
            action.instrument_id, action.ex_date, action.kind, action.becomes, action.held, action.new_isin,
            action.new_lot, action.new_tick, actor,
        ],
    ).fetchone()  # fmt: skip
    return int(row[0]) if row else None


def withdraw(connection: Connection, number: int) -> bool:
    """Take an action back that no market has come to; whether it was there."""
    done = connection.execute("delete from corporate_actions where id = %s and listed_at is null", [number])
    return done.rowcount == 1


def latest_date(connection: Connection) -> date | None:
    """The latest trading date of any market, or that has been opened for one whose date is being rolled."""
    row = connection.execute(
        "select max(greatest(trading_date, (select max(d.trading_date) from market_days d where d.market = m.id)))"
        " from markets m"
    ).fetchone()
    return row[0] if row else None


def lots(connection: Connection, action: Action) -> dict[int, tuple[int, int]]:
    """(lot of before, lot of after) of each contract on the share that is listed on the ex-date."""
    rows = connection.execute(
        """
        select i.id, t.lot from instruments i cross join lateral (
            select lot from instrument_terms where instrument_id = i.id and effective_from < %(day)s
            order by effective_from desc limit 1) t
        where i.underlying_id = %(share)s and i.expiry >= %(day)s
        """,
        {"share": action.instrument_id, "day": action.ex_date},
    ).fetchall()
    return {number: (lot, action.lot(lot)) for number, lot in rows}


def trade_numbers(connection: Connection, count: int) -> Iterator[int]:
    """Fresh numbers of trades."""
    rows = connection.execute("select nextval('trades_id_seq') from generate_series(1, %s)", [count]).fetchall()
    return iter([row[0] for row in rows])


def list_due(connection: Connection, today: date) -> int:
    """Bring ISIN, tick, strikes, lots and symbols to the new units of every action whose date has come; how many.

    The caller holds the masters' lock. Each action is listed once.
    """
    rows = connection.execute(
        f"select {_COLUMNS} from corporate_actions where ex_date <= %s and listed_at is null order by ex_date, id",
        [today],
    ).fetchall()
    for row in rows:
        _list(connection, Action(*row))
    return len(rows)


def _list(connection: Connection, action: Action) -> None:
    connection.execute("update corporate_actions set listed_at = now() where id = %s", [action.id])
    isin = [action.new_isin, action.instrument_id]
    connection.execute("update instruments set isin = coalesce(%s, isin) where id = %s", isin)
    if action.new_tick is not None:
        share = {"id": action.instrument_id, "day": action.ex_date, "tick": action.new_tick}
        connection.execute(_TERMS.format(lot="t.lot", tick="%(tick)s", freeze="t.freeze_quantity"), share)
    freeze = "(t.freeze_quantity::bigint * %(lot)s / %(before)s)::integer"
    tick = "case when i.kind = 'FUT' then coalesce(%(tick)s, t.tick) else t.tick end"
    known = lots(connection, action)
    for number, (before, after) in known.items():
        scale = {"id": number, "day": action.ex_date, "lot": after, "before": before, "tick": action.new_tick}
        connection.execute(_TERMS.format(lot="%(lot)s", tick=tick, freeze=freeze), scale)
    _rename(connection, action, list(known))
    scales = {action.instrument_id: (action.held, action.becomes), **known}
    connection.execute(
        _BASKETS.encode(),
        {
            "ids": list(scales), "before": [old for old, _ in scales.values()], "day": action.ex_date,
            "after": [new for _, new in scales.values()], "held": action.held, "becomes": action.becomes,
        },
    )  # fmt: skip


_TERMS = """
insert into instrument_terms (instrument_id, effective_from, lot, tick, freeze_quantity)
select i.id, %(day)s, {lot}, {tick}, greatest({freeze}, 1)
from instruments i cross join lateral (select * from instrument_terms where instrument_id = i.id
    and effective_from < %(day)s order by effective_from desc limit 1) t
where i.id = %(id)s
on conflict (instrument_id, effective_from) do update
    set lot = excluded.lot, tick = excluded.tick, freeze_quantity = excluded.freeze_quantity
"""


def _on_tick(column: str) -> str:
    """A price of before in new units, on the tick of then; 0 is none and stays."""
    steps = f"round(l.{column} * %(held)s::numeric / (%(becomes)s * t.tick))"
    return f"case l.{column} when 0 then 0 else greatest({steps}, 1)::integer * t.tick end"


# What people keep for later is of no account and no market: it changes with the masters, once.
_BASKETS = f"""
update basket_legs l set
    quantity = greatest(l.quantity::bigint * x.after / x.before, 1)::integer,
    price = {_on_tick("price")}, trigger_price = {_on_tick("trigger_price")}
from unnest(%(ids)s::integer[], %(before)s::integer[], %(after)s::integer[]) x (id, before, after)
cross join lateral (select tick from instrument_terms where instrument_id = x.id and effective_from <= %(day)s
    order by effective_from desc limit 1) t
where l.instrument_id = x.id
"""


def _rename(connection: Connection, action: Action, contracts: Sequence[int]) -> None:
    """New strikes, and the symbols and names that say them; a symbol that is taken keeps its old one.

    From the lowest new strike up where prices fall, so that none takes the symbol of one that is still to move.
    """
    rows = connection.execute(
        "select id, exchange, symbol, name, strike, kind from instruments where id = any(%s) and strike is not null"
        " order by strike" + ("" if action.becomes > action.held else " desc"),
        [list(contracts)],
    ).fetchall()
    for number, exchange, symbol, name, strike, kind in rows:
        new = action.strike(strike)
        old_end, end = f"{plain(strike)}{kind}", f"{plain(new)}{kind}"
        connection.execute(
            "update instruments set strike = %(strike)s, name = %(name)s, symbol = case when exists (select from"
            " instruments o where o.exchange = %(exchange)s and o.symbol = %(symbol)s and o.id <> %(id)s)"
            " then symbol else %(symbol)s end where id = %(id)s",
            {
                "id": number, "strike": new, "exchange": exchange, "symbol": symbol.removesuffix(old_end) + end,
                "name": name.removesuffix(f"{plain(strike)} {kind}") + f"{plain(new)} {kind}",
            },
        )  # fmt: skip


def apply_to_market(connection: Connection, market: str, action: Action, trading_date: date) -> bool:
    """Rewrite a market's candles, latest quotes and prices of risk in new units, once; whether it was now."""
    first = connection.execute(
        "insert into corporate_action_markets (action_id, market) values (%s, %s) on conflict do nothing returning 1",
        [action.id, market],
    ).fetchone()
    if first is None:
        return False
    values: Mapping[str, Any] = {
        "market": market, "share": action.instrument_id, "day": action.ex_date, "becomes": action.becomes,
        "held": action.held, "slot": f"EX-{action.id}", "today": trading_date,
    }  # fmt: skip
    for statement in (_CANDLES, _QUOTES, _SNAPSHOT):
        connection.execute(statement.encode(), values)
    return True


def _scaled(column: str) -> str:
    return f"greatest(1, round({column} * %(held)s::numeric / %(becomes)s))::integer"


_OF = "(select id from instruments where id = %(share)s or (underlying_id = %(share)s and expiry >= %(day)s))"
_CANDLES = f"""
update candles set open = {_scaled("open")}, high = {_scaled("high")}, low = {_scaled("low")},
    close = {_scaled("close")}, volume = volume * %(becomes)s / %(held)s, oi = oi * %(becomes)s / %(held)s
where market = %(market)s and instrument_id in {_OF}
"""
_QUOTES = f"""
update quotes set last_price = {_scaled("last_price")}, open = {_scaled("open")}, high = {_scaled("high")},
    low = {_scaled("low")}, prev_close = {_scaled("prev_close")}, bids = '{{}}', asks = '{{}}'
where market = %(market)s and instrument_id in {_OF}
"""
# Another snapshot of the same prices but the one: what was taken stays as it was taken.
_SNAPSHOT = """
with last as (
    select s.id, s.ahead from markets m join risk_snapshots s on s.id = m.risk_snapshot_id where m.id = %(market)s
),
taken as (
    insert into risk_snapshots (market, trading_date, slot, ahead)
    select %(market)s, %(today)s, %(slot)s, array(select day from unnest(last.ahead) day where day > %(today)s)
    from last
    on conflict do nothing returning id
), priced as (
    insert into risk_prices select (jsonb_populate_record(p, jsonb_build_object('snapshot_id', taken.id, 'price',
        case when p.instrument_id = %(share)s
            then greatest(1, round(p.price * %(held)s::numeric / %(becomes)s))::bigint else p.price end))).*
    from risk_prices p, last, taken where p.snapshot_id = last.id
)
update markets set risk_snapshot_id = taken.id from taken where markets.id = %(market)s
"""
