"""A Kagaz of its own for a bench: a durable embedded cluster on disk, seeded, with funded accounts."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

from db import embedded, migrate
from db.engine import Database
from desk import market, masters

CASH = 10**13
TAPE_MB = 65_536  # more than ten minutes at full load put on the tape, which pauses at its bound


@contextmanager
def house(pool_size: int = 12) -> Iterator[Database]:
    """The database; cluster and folder are gone afterwards. Money is committed durably, as in use."""
    home = Path(tempfile.mkdtemp(prefix="kagaz-bench-"))
    home.chmod(0o755)
    cluster = embedded.acquire(home)
    try:
        migrate.upgrade(cluster.url)
        with Database(cluster.url, pool_size=pool_size) as database:
            masters.seed(database, date(2026, 11, 23))
            market.ensure_markets(database)
            yield database
    finally:
        cluster.release()
        shutil.rmtree(home, ignore_errors=True)


def fund(database: Database, accounts: int) -> list[int]:
    """So many accounts of one user, each with more money than a bench can spend; the market is opened."""
    with database.connection() as connection:
        connection.execute("update markets set phase = 'OPEN', running = true, exchange_time = clock_timestamp()")
        connection.execute("insert into users (name, role) values ('bench', 'trader')")
        rows = connection.execute(
            "insert into accounts (user_id, market, name, trading_date, cash)"
            " select u.id, m.id, 'a' || n, m.trading_date, %s from users u, markets m, generate_series(1, %s) n"
            " where u.name = 'bench' and m.id = 'sim' returning id",
            [CASH, accounts],
        ).fetchall()
        connection.execute(
            "insert into transfers (account_id, trading_date, from_ledger, to_ledger, amount, code, event_at,"
            " cash_after, version)"
            " select id, trading_date, 'BANK', 'CASH', cash, 'DEPOSIT', now(), cash, 0 from accounts"
        )
    return [row[0] for row in rows]


def quote(database: Database, key: str, price: int) -> int:
    """Give an instrument a price and a day; its id."""
    one = masters.get(database).by_key[key]
    with database.connection() as connection:
        connection.execute(
            "insert into quotes values ('sim', %(id)s, 1, now(), now() + interval '1 day', %(p)s, %(p)s, %(p)s, %(p)s,"
            " %(p)s, 0, 0, '{}', '{}')",
            {"id": one.id, "p": price},
        )
        connection.execute(
            "insert into market_days select 'sim', trading_date, %(id)s, %(p)s, %(p)s * 8 / 10, %(p)s * 12 / 10"
            " from markets where id = 'sim'",
            {"id": one.id, "p": price},
        )
    return one.id
