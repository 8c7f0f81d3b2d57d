"""GTTs as Postgres holds them. Whoever writes one holds its account's lock; every question is bounded."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date
from typing import Any

import orjson

from core.gtt import Gtt, GttEvent, GttStatus, Leg, LegState
from core.gtt_watch import Armed, Trigger
from core.orders import OrderType, Product, Side
from db.trading import Connection

_FIELDS = (
    "id", "account_id", "instrument_id", "parent_id", "cover", "status", "last_price", "seen_at", "expires_on",
    "reason_code", "reason", "created_at", "updated_at", "events", "version", "carried",
)  # fmt: skip
_LEG_FIELDS = (
    "leg", "side", "order_type", "product", "quantity", "trigger_price", "price", "above", "state", "order_id",
    "reason_code", "reason",
)  # fmt: skip
_ROW = ", ".join(f"g.{name}" for name in _FIELDS)
_LEGS = f"""
(select json_agg(json_build_array({", ".join(f"l.{name}" for name in _LEG_FIELDS)}) order by l.leg)
 from gtt_legs l where l.gtt_id = g.id) as legs
"""
GTT = f"select {_ROW}, {_LEGS} from gtts g "
LIVE = "g.status in ('ACTIVE', 'DISABLED')"


def next_id(connection: Connection) -> int:
    """The number of a GTT that is to be made."""
    return _number(connection, "select nextval('gtts_id_seq')")


def next_order(connection: Connection) -> int:
    """The number of an order that a GTT is about to place, where others were loaded with the account."""
    return _number(connection, "select nextval('orders_id_seq')")


def _number(connection: Connection, statement: str) -> int:
    row = connection.execute(statement.encode()).fetchone()
    assert row
    return int(row[0])


def how_many(connection: Connection, account_id: int) -> int:
    """How many GTTs of an account are active; those attached to an entry do not count."""
    row = connection.execute(
        "select count(*) from gtts where account_id = %s and status = 'ACTIVE' and parent_id is null", [account_id]
    ).fetchone()
    return int(row[0]) if row else 0


def one(connection: Connection, account_id: int, gtt_id: int) -> Gtt | None:
    """A GTT of this account; None when the account has no such one."""
    rows = connection.execute(GTT + "where g.id = %s and g.account_id = %s", [gtt_id, account_id]).fetchall()
    return gtt_of(rows[0]) if rows else None


def instrument_of(connection: Connection, account_id: int, gtt_id: int) -> tuple[int, int | None] | None:
    """(instrument, entry) of a GTT, without a lock; None when the account has no such one."""
    return connection.execute(
        "select instrument_id, parent_id from gtts where id = %s and account_id = %s", [gtt_id, account_id]
    ).fetchone()


def live(connection: Connection, account_id: int) -> list[Gtt]:
    """Every GTT of an account that may still fire, or be enabled again."""
    rows = connection.execute(GTT + f"where g.account_id = %s and {LIVE} order by g.id", [account_id]).fetchall()
    return [gtt_of(row) for row in rows]


def of_accounts(connection: Connection, accounts: Sequence[int]) -> dict[int, list[Gtt]]:
    """Every GTT that accounts ever had, oldest first, with all their steps; for those who check."""
    found: defaultdict[int, list[Gtt]] = defaultdict(list)
    by_id: dict[int, Gtt] = {}
    for row in connection.execute(GTT + "where g.account_id = any(%s) order by g.id", [list(accounts)]):
        gtt = by_id[row[0]] = gtt_of(row)
        found[gtt.account_id].append(gtt)
    steps = connection.execute(
        "select e.gtt_id, e.n, e.at, e.event, e.status, e.actor, e.reason_code, e.reason, e.leg, e.price, e.terms"
        " from gtt_events e join gtts g on g.id = e.gtt_id where g.account_id = any(%s) order by e.gtt_id, e.n",
        [list(accounts)],
    )
    for row in steps:
        by_id[row[0]].steps.append(_event(row))
    return found


def unclosed(connection: Connection, ids: Sequence[int]) -> dict[int, int]:
    """Of GTTs that are attached to an entry: units that it has opened and their orders have not closed yet."""
    if not ids:
        return {}
    rows = connection.execute(
        "select g.id, entry.filled + g.carried - (select coalesce(sum(x.filled), 0)::integer from gtt_legs l"
        "   join orders x on x.id = l.order_id where l.gtt_id = g.id)"
        " from gtts g join orders entry on entry.id = g.parent_id where g.id = any(%s)",
        [list(ids)],
    ).fetchall()
    return dict(rows)


def history(connection: Connection, gtt_id: int) -> list[GttEvent]:
    """The steps of a GTT, oldest first."""
    rows = connection.execute(
        "select gtt_id, n, at, event, status, actor, reason_code, reason, leg, price, terms from gtt_events"
        " where gtt_id = %s order by n",
        [gtt_id],
    ).fetchall()
    return [_event(row) for row in rows]


def write(connection: Connection, market: str, gtts: Sequence[Gtt], version: int) -> None:
    """Write GTTs with the steps they took, in the transaction that holds their account's lock.

    After the orders that they name were written. Raises psycopg errors with SQLSTATE KG002 where one had ended.
    """
    changed = [each for each in gtts if each.steps]
    if not changed:
        return
    for each in changed:
        each.version = version
    document = {
        "market": market,
        "gtts": [{name: getattr(each, name) for name in _FIELDS} for each in changed],
        "legs": [
            {"gtt_id": each.id} | {name: getattr(leg, name) for name in _LEG_FIELDS}
            for each in changed
            for leg in each.legs
        ],
        "events": [
            {name: getattr(step, name) for name in GttEvent.__slots__} for each in changed for step in each.steps
        ],
    }
    connection.execute("select commit_gtts(%s::text::jsonb)", [orjson.dumps(document).decode()])


ARMED = """
select g.id, g.account_id, g.instrument_id, (extract(epoch from g.seen_at) * 1000)::bigint, g.parent_id is not null,
       l.leg, l.trigger_price, l.above, l.side
from gtts g join accounts a on a.id = g.account_id join markets m on m.id = a.market
join gtt_legs l on l.gtt_id = g.id and l.state = 'WAITING'
left join orders entry on entry.id = g.parent_id
where a.market = %(market)s and a.archived_at is null and a.trading_date >= m.trading_date
  and g.status = 'ACTIVE' and g.expires_on >= m.trading_date and (g.parent_id is null or entry.filled > 0)
"""


def armed(connection: Connection, market: str, ids: Sequence[int] | None = None) -> list[Armed]:
    """What may fire now, of the market's living accounts: all of it, or of those ids. A target and stop wait
    until their entry has filled something."""
    values = {"market": market, "ids": None if ids is None else list(ids)}
    return _armed(connection.execute(ARMED + ("" if ids is None else " and g.id = any(%(ids)s)"), values).fetchall())


def unarmed_entries(connection: Connection, market: str, known: Sequence[int]) -> list[Armed]:
    """Attachments whose entry has filled something, but for those that are ``known`` to be watched."""
    values = {"market": market, "known": list(known)}
    statement = ARMED + " and g.parent_id is not null and g.id <> all(%(known)s::bigint[])"
    return _armed(connection.execute(statement, values).fetchall())


def _armed(rows: list[tuple[Any, ...]]) -> list[Armed]:
    found: dict[int, Armed] = {}
    for gtt_id, account_id, instrument_id, seen_at, attached, leg, price, above, side in rows:
        trigger = Trigger(leg, price, above, above == (side == Side.SELL))
        known = found.get(gtt_id)
        if known is None:
            # What guards a position is judged by the last price at once; a GTT only by what printed since it was set.
            found[gtt_id] = Armed(gtt_id, account_id, instrument_id, (trigger,), 0 if attached else seen_at, attached)
        else:
            known.triggers = tuple(sorted((*known.triggers, trigger), key=lambda each: each.leg))
    return list(found.values())


def take_changes(connection: Connection, market: str) -> list[int]:
    """GTTs that changed, each once, taken off the list; as orders are."""
    connection.execute("set local synchronous_commit = off")
    rows = connection.execute("delete from gtt_changes where market = %s returning gtt_id", [market]).fetchall()
    return sorted({row[0] for row in rows})


def over(connection: Connection, market: str, day: date, limit: int) -> list[int]:
    """Living accounts of a market, rolled to ``day``, with GTTs whose last trading date was before it."""
    rows = connection.execute(
        "select distinct g.account_id from gtts g join accounts a on a.id = g.account_id"
        f" where g.expires_on < %s and {LIVE} and a.market = %s and a.archived_at is null and a.trading_date >= %s"
        " order by 1 limit %s",
        [day, market, day, limit],
    ).fetchall()
    return [row[0] for row in rows]


def holders(connection: Connection, market: str, instrument_id: int) -> list[int]:
    """Living accounts of a market with a GTT in an instrument that may still fire."""
    rows = connection.execute(
        "select distinct g.account_id from gtts g join accounts a on a.id = g.account_id"
        f" where a.market = %s and a.archived_at is null and g.instrument_id = %s and {LIVE} order by 1",
        [market, instrument_id],
    ).fetchall()
    return [row[0] for row in rows]


TO_TEND = """
select g.account_id, g.id from gtts g join accounts a on a.id = g.account_id
join orders entry on entry.id = g.parent_id
left join positions p on p.account_id = g.account_id and p.instrument_id = g.instrument_id and p.product = entry.product
where a.market = %(market)s and a.archived_at is null and g.status = 'ACTIVE'
  and (
    (entry.status in ('COMPLETE', 'CANCELLED', 'REJECTED') and (
        entry.filled = 0
        or coalesce(case entry.side when 'BUY' then p.quantity else -p.quantity end, 0) <= 0
        or entry.filled + g.carried <= (select coalesce(sum(x.filled), 0)
            from gtt_legs l join orders x on x.id = l.order_id where l.gtt_id = g.id)))
    or (entry.product = 'MIS' and g.instrument_id = any(%(over)s::int[])))
order by 1, 2
"""


def intraday(connection: Connection, market: str) -> list[int]:
    """The instruments in which an intraday entry has a target or a stop."""
    rows = connection.execute(
        "select distinct g.instrument_id from gtts g join accounts a on a.id = g.account_id"
        " join gtt_legs l on l.gtt_id = g.id and l.leg = 1 where a.market = %s and a.archived_at is null"
        " and g.parent_id is not null and g.status = 'ACTIVE' and l.product = 'MIS'",
        [market],
    ).fetchall()
    return [row[0] for row in rows]


def to_tend(connection: Connection, market: str, over: Sequence[int]) -> list[tuple[int, int]]:
    """(account, GTT) of attachments that have nothing left to do; ``over`` are the instruments whose intraday
    positions are being closed."""
    return connection.execute(TO_TEND, {"market": market, "over": list(over)}).fetchall()


def oversized(connection: Connection, market: str) -> list[tuple[int, int]]:
    """(account, order) of resting exits that are larger than the position they close."""
    return connection.execute(
        "select x.account_id, x.id from orders x join accounts a on a.id = x.account_id left join positions p"
        " on p.account_id = x.account_id and p.instrument_id = x.instrument_id and p.product = x.product"
        " where a.market = %s and a.archived_at is null and x.origin = 'EXIT'"
        " and x.status in ('OPEN', 'TRIGGER_PENDING')"
        " and x.quantity - x.filled - x.cancelled"
        "   > greatest(0, coalesce(case x.side when 'SELL' then p.quantity else -p.quantity end, 0)) order by 1, 2",
        [market],
    ).fetchall()


def gtt_of(row: tuple[Any, ...]) -> Gtt:
    """A GTT of a row that begins with its own fields and ends with its legs."""
    *values, legs = row
    told = dict(zip(_FIELDS, values, strict=True))
    told["status"] = GttStatus(told["status"])
    return Gtt(**told, legs=[_leg(each) for each in legs])


def _leg(values: list[Any]) -> Leg:
    number, side, order_type, product, quantity, trigger, price, above, state, *rest = values
    return Leg(
        number, Side(side), OrderType(order_type), Product(product), quantity, trigger, price, above, LegState(state),
        *rest,
    )  # fmt: skip


def _event(row: tuple[Any, ...]) -> GttEvent:
    gtt_id, n, at, event, status, actor, code, reason, leg, price, terms = row
    told = tuple((trigger, quantity, limit) for trigger, quantity, limit in terms)
    return GttEvent(gtt_id, n, at, event, GttStatus(status), actor, code, reason, leg, price, told)


def list_rows(
    connection: Connection, account_id: int, status: str, after: int, limit: int, entry: int | None = None
) -> tuple[list[Gtt], int]:
    """GTTs of an account, newest first, before number ``after``, and the account's version: ``active`` (with the
    disabled), ``done`` or ``all``; only those attached to ``entry`` where it is given."""
    bound = {"active": f" and {LIVE}", "done": f" and not ({LIVE})", "all": ""}[status]
    rows = connection.execute(
        GTT + f"where g.account_id = %(account)s and g.id < %(after)s{bound}"
        " and (%(entry)s::bigint is null or g.parent_id = %(entry)s)"
        " order by g.id desc nulls last limit %(limit)s",
        {"account": account_id, "after": after, "limit": limit, "entry": entry},
    ).fetchall()
    version = connection.execute("select version from accounts where id = %s", [account_id]).fetchone()
    return [gtt_of(row) for row in rows], int(version[0]) if version else 0


def covers_of(accounts: str, entries: str = "'{}'::bigint[]") -> str:
    """The stops of the accounts' cover orders of today, oldest first, and of those entries, with what each entry has
    filled and its tag. Two branches, each through an index: an OR between them would read every GTT there ever was."""
    return f"""
    select {_ROW}, {_LEGS}, entry.filled, entry.tag
    from (
        select o.id from accounts a join orders o on o.account_id = a.id and o.trading_date = a.trading_date
        where a.id = any({accounts})
        union
        select unnest({entries})
    ) wanted
    join gtts g on g.parent_id = wanted.id
    join orders entry on entry.id = g.parent_id
    where g.account_id = any({accounts}) and g.cover order by g.id
    """


COVERS = covers_of("%(accounts)s", "%(entries)s::bigint[]")


def covers(connection: Connection, accounts: Sequence[int], entries: Sequence[int] = ()) -> list[tuple[Gtt, int, str]]:
    """(stop, what its entry has filled, the entry's tag) of the accounts' cover orders of today, oldest first, and of
    those ``entries`` whenever they were."""
    rows = connection.execute(COVERS, {"accounts": list(accounts), "entries": list(entries)}).fetchall()
    return [(gtt_of(row[:-2]), row[-2], row[-1]) for row in rows]


def counts(connection: Connection, account_id: int) -> dict[str, int]:
    """How many of an account's GTTs are active (or disabled), and how many have ended."""
    row = connection.execute(
        f"select count(*) filter (where {LIVE}), count(*) filter (where not ({LIVE})) from gtts g"
        " where g.account_id = %s",
        [account_id],
    ).fetchone()
    return {"active": int(row[0]), "done": int(row[1])} if row else {"active": 0, "done": 0}


def orders_of(connection: Connection, account_id: int, ids: Sequence[int]) -> dict[int, tuple[str, int, int]]:
    """(status, quantity, filled) of orders of an account by id."""
    rows = connection.execute(
        "select id, status, quantity, filled from orders where account_id = %s and id = any(%s)",
        [account_id, list(ids)],
    ).fetchall()
    return {row[0]: row[1:] for row in rows}
