"""Price alerts as Postgres holds them. Questions are bounded by an account, or by a market where its leader asks."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from core.price_alerts import AlertFact, Condition, Measure, Status, Terms
from db.arrays import Int4
from db.rows import value
from db.trading import Connection

_COLUMNS = (
    "p.id, p.account_id, p.instrument_id, p.measure, p.condition, p.level, p.repeats, p.note, p.side, p.status,"
    " p.resting, p.seen_at, p.rings, p.rung_at, p.created_at, p.updated_at"
)


@dataclass(frozen=True, slots=True)
class PriceAlert:
    """An alert as it stands. ``resting``: it has rung, and a price on the other side of its level must come first."""

    id: int
    account_id: int
    instrument_id: int
    terms: Terms
    status: Status
    resting: bool
    seen_at: datetime
    rings: int
    rung_at: datetime | None
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class Waiting:
    """An alert that the leader watches, with the previous close that a change is counted from."""

    alert: PriceAlert
    prev_close: int | None


@dataclass(frozen=True, slots=True)
class Price:
    """What an instrument is at, in the market of an account: paise, 0 and None where there is nothing yet."""

    last_price: int
    prev_close: int | None
    exchange_time: datetime


def _alert(row: Sequence[Any]) -> PriceAlert:
    number, account, instrument, measure, condition, level, repeats, note, side, status, *rest = row
    terms = Terms(Measure(measure), Condition(condition), level, repeats, note, side and Condition(side))
    return PriceAlert(number, account, instrument, terms, Status(status), *rest)


def listed(
    connection: Connection, account_id: int, statuses: Sequence[str], before: int | None, limit: int
) -> list[PriceAlert]:
    """Alerts of an account in these states, newest first, below an id."""
    sql = f"""select {_COLUMNS} from price_alerts p
              where p.account_id = %s and p.status = any(%s) and (%s::bigint is null or p.id < %s)
              order by p.id desc nulls last limit %s"""
    rows = connection.execute(sql.encode(), [account_id, list(statuses), before, before, limit]).fetchall()
    return [_alert(row) for row in rows]


def one(connection: Connection, account_id: int, alert_id: int, *, lock: bool = False) -> PriceAlert | None:
    """An alert of this account that was not deleted, perhaps locked until the transaction ends."""
    sql = f"select {_COLUMNS} from price_alerts p where p.id = %s and p.account_id = %s and p.status <> 'DELETED'"
    row = connection.execute(f"{sql}{' for update' if lock else ''}".encode(), [alert_id, account_id]).fetchone()
    return None if row is None else _alert(row)


def lock_account(connection: Connection, account_id: int) -> bool:
    """Alerts of one account are made one after the other, so that their number stays bounded; False when it is put
    away."""
    sql = "select 1 from accounts where id = %s and archived_at is null for no key update"
    return value(connection, sql, (account_id,)) is not None


def asked_for(connection: Connection, account_id: int, key: str) -> tuple[PriceAlert, str] | None:
    """The alert that a request of this key made, and the hash of that request."""
    sql = f"select {_COLUMNS}, p.request_hash from price_alerts p where p.account_id = %s and p.request_key = %s"
    row = connection.execute(sql.encode(), [account_id, key]).fetchone()
    return None if row is None else (_alert(row[:-1]), row[-1])


def how_many(connection: Connection, account_id: int) -> int:
    """Alerts of an account that wait."""
    sql = "select count(*) from price_alerts where account_id = %s and status = 'ACTIVE'"
    return int(value(connection, sql, (account_id,)))


def price(connection: Connection, account_id: int, instrument_id: int) -> Price:
    """What the instrument is at, in the account's market."""
    row: Any = connection.execute(
        "select coalesce(q.last_price, 0), d.prev_close, coalesce(m.exchange_time, clock_timestamp())"
        " from accounts a join markets m on m.id = a.market"
        " left join quotes q on q.market = m.id and q.instrument_id = %s"
        " left join market_days d on d.market = m.id and d.trading_date = m.trading_date and d.instrument_id = %s"
        " where a.id = %s",
        [instrument_id, instrument_id, account_id],
    ).fetchone()
    return Price(*row)


def insert(
    connection: Connection, account_id: int, instrument_id: int, terms: Terms, seen_at: datetime,
    request: tuple[str, str] | None,
) -> PriceAlert:  # fmt: skip
    """A new alert that waits."""
    key, asked = request or (None, None)
    sql = f"""insert into price_alerts as p (account_id, instrument_id, measure, condition, level, repeats, note, side,
                  seen_at, request_key, request_hash)
              values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s) returning {_COLUMNS}"""
    what = (terms.measure, terms.condition, terms.level, terms.repeats, terms.note, terms.side)
    row: Any = connection.execute(
        sql.encode(), [account_id, instrument_id, *what, seen_at, key, asked]
    ).fetchone()  # fmt: skip
    return _alert(row)


def change(connection: Connection, alert_id: int, terms: Terms, seen_at: datetime) -> PriceAlert:
    """Give an alert new terms, on which it waits from then on, whatever it did before."""
    sql = f"""update price_alerts p set measure = %s, condition = %s, level = %s, repeats = %s, note = %s, side = %s,
                  status = 'ACTIVE', resting = false, seen_at = %s, updated_at = clock_timestamp()
              where p.id = %s returning {_COLUMNS}"""
    what = (terms.measure, terms.condition, terms.level, terms.repeats, terms.note, terms.side)
    row: Any = connection.execute(sql.encode(), [*what, seen_at, alert_id]).fetchone()
    return _alert(row)


def delete(connection: Connection, alert_id: int) -> None:
    """Let an alert ring no more; what it said stays."""
    connection.execute(
        "update price_alerts set status = 'DELETED', updated_at = clock_timestamp() where id = %s", [alert_id]
    )


_ARMED = f"""
select {_COLUMNS}, d.prev_close
from price_alerts p join accounts a on a.id = p.account_id join markets m on m.id = a.market
left join market_days d on d.market = m.id and d.trading_date = m.trading_date and d.instrument_id = p.instrument_id
where a.market = %(market)s and a.archived_at is null and a.trading_date >= m.trading_date and p.status = 'ACTIVE'
"""


def armed(connection: Connection, market: str, ids: Sequence[int] | None = None) -> list[Waiting]:
    """What waits in the market's living accounts: all of it, or of those ids."""
    sql = _ARMED + ("" if ids is None else " and p.id = any(%(ids)s)") + " order by p.id"
    rows = connection.execute(sql.encode(), {"market": market, "ids": list(ids or ())}).fetchall()
    return [Waiting(_alert(row[:-1]), row[-1]) for row in rows]


def any_changed(connection: Connection, market: str) -> bool:
    """Whether any alert is on the list of those that changed."""
    sql = "select from price_alert_changes where market = %s limit 1"
    return connection.execute(sql, [market], prepare=True).fetchone() is not None


def take_changes(connection: Connection, market: str) -> list[int]:
    """Alerts that changed, each once, taken off the list."""
    connection.execute("set local synchronous_commit = off")
    sql = "delete from price_alert_changes where market = %s returning alert_id"
    return sorted({row[0] for row in connection.execute(sql, [market]).fetchall()})


def note_closes(connection: Connection, market: str, ids: Any) -> None:
    """Have the watch look again at alerts on the day's change of these instruments: what they count from was told."""
    connection.execute(
        "insert into price_alert_changes (market, alert_id) select a.market, p.id"
        " from accounts a join price_alerts p on p.account_id = a.id"
        " where a.market = %s and p.status = 'ACTIVE' and p.measure = 'CHANGE' and p.instrument_id = any(%s::int4[])",
        [market, Int4(ids)],
    )


def raise_version(connection: Connection, account_id: int) -> None:
    """Have the account's streams look: its version says that something of it is new. Its row is locked from here on."""
    connection.execute("update accounts set version = version + 1 where id = %s", [account_id])


def ring(
    connection: Connection, alert: PriceAlert, price: int, frame: int, exchange_time: datetime, sentence: str
) -> None:
    """Write that an alert has rung: one that repeats rests from here on, the other is done."""
    connection.execute(
        "insert into price_alert_rings (alert_id, n, account_id, price, frame, exchange_time, sentence)"
        " values (%s, %s, %s, %s, %s, %s, %s)",
        [alert.id, alert.rings + 1, alert.account_id, price, frame, exchange_time, sentence],
    )
    connection.execute(
        "update price_alerts set rings = rings + 1, rung_at = clock_timestamp(), updated_at = clock_timestamp(),"
        " resting = repeats, status = case when repeats then 'ACTIVE' else 'DONE' end where id = %s",
        [alert.id],
    )


def wake(connection: Connection, alert_id: int, seen_at: datetime, side: Condition | None = None) -> None:
    """Let one that rested wait again, for what prints after ``seen_at``; one for a crossing on that side."""
    connection.execute(
        "update price_alerts set resting = false, seen_at = %s, side = coalesce(%s, side)"
        " where id = %s and resting and status = 'ACTIVE'",
        [seen_at, side, alert_id],
    )


def expire(connection: Connection, market: str, day: date) -> int:
    """End the alerts whose contract has ended before the trading date; how many."""
    done = connection.execute(
        "update price_alerts p set status = 'EXPIRED', updated_at = clock_timestamp()"
        " from accounts a, instruments i where a.id = p.account_id and i.id = p.instrument_id and a.market = %s"
        " and p.status = 'ACTIVE' and i.expiry < %s",
        [market, day],
    )
    return done.rowcount


def split(connection: Connection, account_id: int, instrument_id: int, held: int, becomes: int) -> int:
    """Bring an account's prices of a share, and of contracts on it, to new units; changes in per cent stay. How many
    were moved."""
    done = connection.execute(
        "update price_alerts set level = greatest(1, round(level::numeric * %s / %s)), updated_at = clock_timestamp()"
        " where account_id = %s and status = 'ACTIVE' and measure = 'PRICE'"
        " and instrument_id in (select id from instruments where id = %s or underlying_id = %s)",
        [held, becomes, account_id, instrument_id, instrument_id],
    )
    return done.rowcount


def facts(connection: Connection, accounts: Sequence[int]) -> list[AlertFact]:
    """Every alert of some accounts, for those who check."""
    rows = connection.execute(
        "select p.id, p.repeats, p.status, p.resting, p.rings,"
        " array(select r.n from price_alert_rings r where r.alert_id = p.id order by r.n)"
        " from price_alerts p where p.account_id = any(%s) order by p.id",
        [list(accounts)],
    ).fetchall()
    return [
        AlertFact(number, repeats, status, resting, rings, tuple(written))
        for number, repeats, status, resting, rings, written in rows
    ]
