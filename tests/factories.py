"""Small makers of rows for tests that read: each writes one row, with defaults that pass every CHECK.

Money is in paise. Nothing here keeps the books: a test that needs a true ledger goes through the desk.
"""

import itertools
from datetime import UTC, date, datetime
from typing import Any

from psycopg import sql
from psycopg.types.json import Jsonb

from core.frames import Frame
from db.engine import Database
from desk.access import AccountRef

TODAY = date(2026, 11, 23)
YESTERDAY = date(2026, 11, 20)
NOON = datetime(2026, 11, 23, 6, 30, tzinfo=UTC)
_numbers = itertools.count(1)


def insert(database: Database, table: str, conflict: str = "", **values: Any) -> Any:
    """Writes one row; the first column of it, or None where ``on conflict`` kept another."""
    statement = sql.SQL("insert into {} ({}) values ({}) {} returning *").format(
        sql.Identifier(table),
        sql.SQL(", ").join(map(sql.Identifier, values)),
        sql.SQL(", ").join(sql.Placeholder() * len(values)),
        sql.SQL(conflict),
    )
    bound = [Jsonb(value) if isinstance(value, dict) else value for value in values.values()]
    with database.connection() as connection:
        found = connection.execute(statement, bound).fetchone()
    return found[0] if found else None


def ask(database: Database, statement: str, *values: Any) -> Any:
    """The first column of the first row."""
    with database.connection() as connection:
        found = connection.execute(statement, values).fetchone()
    return found[0] if found else None


def user(database: Database, name: str = "", role: str = "trader") -> int:
    return int(insert(database, "users", name=name or f"user{next(_numbers)}", role=role))


def market(database: Database, id: str = "sim", **values: Any) -> str:
    defaults: dict[str, Any] = {
        "feed": "simulator",
        "session": "always",
        "running": True,
        "phase": "OPEN",
        "trading_date": TODAY,
        "exchange_time": NOON,
    }
    insert(database, "markets", "on conflict (id) do nothing", id=id, **(defaults | values))
    return id


def instrument(database: Database, key: str = "NSE:INFY", **values: Any) -> int:
    """The instrument of that name, made when it is missing."""
    exchange, symbol = key.split(":")
    made = insert(
        database,
        "instruments",
        "on conflict (exchange, symbol) do nothing",
        **(
            {
                "exchange": exchange,
                "symbol": symbol,
                "name": symbol.title(),
                "kind": "EQ",
                "isin": "INE000A00000",
            }
            | {"listed_from": date(2000, 1, 1)}
            | values
        ),
    )
    query = "select id from instruments where exchange = %s and symbol = %s"
    return int(made or ask(database, query, exchange, symbol))


def account(database: Database, owner: int | None = None, name: str = "main", **values: Any) -> AccountRef:
    """An account of a new user, or of the one given, in the market ``sim``."""
    owner = user(database) if owner is None else owner
    place = market(database, values.pop("market", "sim"))
    id = int(insert(database, "accounts", user_id=owner, market=place, name=name, **({"trading_date": TODAY} | values)))
    login = ask(database, "select name from users where id = %s", owner)
    return AccountRef(id, f"{login}/{name}", owner, place, name, False)


def order(database: Database, account: AccountRef, instrument_id: int, **values: Any) -> int:
    defaults: dict[str, Any] = {
        "client_order_id": f"c{next(_numbers)}",
        "side": "BUY",
        "order_type": "LIMIT",
        "product": "CNC",
        "validity": "DAY",
        "quantity": 10,
        "price": 150_000,
        "worst_price": 150_000,
        "status": "OPEN",
        "trading_date": TODAY,
        "placed_at": NOON,
        "updated_at": NOON,
        "active_from": NOON,
        "priority": 1,
        "version": 1,
    }
    return int(insert(database, "orders", account_id=account.id, instrument_id=instrument_id, **(defaults | values)))


def event(database: Database, order_id: int, n: int = 1, **values: Any) -> None:
    defaults: dict[str, Any] = {
        "at": NOON,
        "event": "PLACED",
        "status": "OPEN",
        "actor": "user",
        "quantity": 10,
        "price": 150_000,
        "trigger_price": 0,
        "worst_price": 150_000,
        "filled": 0,
        "cancelled": 0,
    }
    insert(database, "order_events", order_id=order_id, n=n, **(defaults | values))


def trade(database: Database, account: AccountRef, instrument_id: int, order_id: int | None, **values: Any) -> int:
    defaults: dict[str, Any] = {
        "kind": "FILL",
        "side": "BUY",
        "product": "CNC",
        "quantity": 10,
        "price": 150_000,
        "realised": 0,
        "limit_price": 150_000,
        "traded_at": NOON,
        "trading_date": TODAY,
        "frame": next(_numbers),
        "exchange_time": NOON,
        "last_price": 150_000,
        "version": 1,
    }
    row = defaults | values
    row["value"] = row["price"] * row["quantity"]
    row["levels"] = Jsonb(row.pop("levels", [[row["price"], row["quantity"]]]))
    return int(insert(database, "trades", account_id=account.id, instrument_id=instrument_id, order_id=order_id, **row))


def charges(database: Database, account: AccountRef, **heads: Any) -> int:
    return int(insert(database, "charge_entries", account_id=account.id, trading_date=TODAY, kind="TRADE", **heads))


def position(database: Database, account: AccountRef, instrument_id: int, **values: Any) -> None:
    defaults: dict[str, Any] = {"product": "MIS", "underlying_id": instrument_id}
    insert(database, "positions", account_id=account.id, instrument_id=instrument_id, **(defaults | values))


def lot(database: Database, account: AccountRef, instrument_id: int, **values: Any) -> None:
    defaults: dict[str, Any] = {
        "trade_id": next(_numbers),
        "quantity": 10,
        "cost": 1_500_000,
        "bought_on": TODAY,
        "settles_on": TODAY,
    }
    insert(database, "lots", account_id=account.id, instrument_id=instrument_id, **(defaults | values))


def transfer(database: Database, account: AccountRef, source: str, target: str, amount: int, **values: Any) -> int:
    defaults: dict[str, Any] = {
        "code": "DEPOSIT",
        "trading_date": TODAY,
        "event_at": NOON,
        "cash_after": 0,
        "version": 1,
    }
    return int(
        insert(
            database,
            "transfers",
            account_id=account.id,
            from_ledger=source,
            to_ledger=target,
            amount=amount,
            **(defaults | values),
        )
    )


def quote(database: Database, instrument_id: int, last_price: int = 150_000, **values: Any) -> None:
    """The instrument's latest quote, in place of the one there is."""
    defaults: dict[str, Any] = {
        "market": "sim",
        "frame": 1,
        "exchange_time": NOON,
        "open": last_price,
        "high": last_price,
        "low": last_price,
        "prev_close": last_price,
        "volume": 1_000,
        "oi": 0,
        "bids": [last_price - 5, 10, 1] + [0] * 12,
        "asks": [last_price + 5, 20, 2] + [0] * 12,
    }
    row = defaults | values
    with database.connection() as connection:
        connection.execute(
            "delete from quotes where market = %s and instrument_id = %s", (row["market"], instrument_id)
        )
    insert(database, "quotes", instrument_id=instrument_id, last_price=last_price, **row)


def frame(database: Database, frame: Frame) -> None:
    """Puts a frame on the tape, in a partition that takes any time, and moves the market's clock."""
    at = datetime.fromtimestamp(frame.exchange_time / 1000, UTC)
    with database.connection() as connection:
        connection.execute("create table if not exists tape_any partition of tape default")
        connection.execute(
            "insert into tape (market, frame, exchange_time, levels, rows, data) values (%s, %s, %s, %s, %s, %s)",
            (frame.market, frame.number, at, frame.levels, len(frame.rows), frame.rows.tobytes()),
        )
        connection.execute(
            "update markets set frame = %s, frame_at = now(), exchange_time = %s where id = %s",
            (frame.number, at, frame.market),
        )
