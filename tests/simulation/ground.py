"""Where a simulation happens: a small universe of the seeded instruments in a database of its own."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from core.calendar import IST
from db import doorbell
from db.engine import Database
from tests.cluster import TODAY, Throwaway
from tests.simulation.clock import INSTALL, OURS_FIRST, Clock

OPENING = datetime(TODAY.year, TODAY.month, TODAY.day, 9, 20, tzinfo=IST)
SHARES = ("INFY", "SBIN", "RELIANCE", "TCS", "ITC", "TATASTEEL", "HDFCBANK", "ONGC")
INDEX = "NSE:NIFTY 50"

# The slice is cut once for all seeds: a master of ten thousand contracts would be read anew by every one.
SLICE = """
create temp table kept as
    select id from instruments where (exchange = 'NSE' and symbol = any(%(shares)s))
        or exchange || ':' || symbol = %(index)s
    union select id from (
        select i.id, row_number() over (partition by i.kind order by i.expiry, abs(i.strike - %(spot)s), i.id) as place
        from instruments i join instruments u on u.id = i.underlying_id
        where u.exchange || ':' || u.symbol = %(index)s) ranked where place <= 3;
"""
CUT = (
    "delete from instrument_terms where instrument_id not in (select id from kept)",
    "delete from instruments where id not in (select id from kept) and underlying_id is not null",
    "delete from instruments where id not in (select id from kept)",
)


class Quiet:
    """A doorbell that never rings. Rings may be lost, so that nothing may depend on one."""

    def ring(self, channel: str, payload: str = "", later: float = 0.0) -> None:
        """Nobody hears it."""

    def close(self) -> None:
        """Nothing to end."""


class Ground(Database):
    """A database whose reply can be lost: ``after_commit`` is called once, after a transaction is durable."""

    after_commit: Callable[[], None] | None = None

    @contextmanager
    def connection(self) -> Iterator[Any]:
        """As the real one; then the process may die before it tells anybody."""
        with super().connection() as connection:
            yield connection
        if self.after_commit is not None:
            self.after_commit()


def template(cluster: Throwaway, seeded: str) -> str:
    """Make the template of all simulations; its name."""
    cluster.run(f"create database simulated template {seeded} strategy file_copy")
    with Database(cluster.url("simulated"), pool_size=2) as database:
        with database.connection() as connection:
            connection.execute(SLICE, {"shares": list(SHARES), "index": INDEX, "spot": 2_500_000})
            for statement in CUT:
                connection.execute(statement)
            connection.execute(
                "update markets set running = (id = 'sim'), phase = 'OPEN', trading_date = %s, exchange_time = %s",
                [TODAY, OPENING],
            )
            connection.execute(INSTALL)
        with database.autocommit() as connection:
            connection.execute("vacuum full")
    return "simulated"


@contextmanager
def cloned(cluster: Throwaway, name: str) -> Iterator[tuple[Ground, Clock]]:
    """A fresh database of the template, and its clock."""
    url = cluster.clone(name)
    clock = Clock(url, OPENING)
    try:
        database = Ground(url + OURS_FIRST, pool_size=6)
        with database:
            doorbell._bells[database] = Quiet()  # type: ignore[assignment]
            yield database, clock
    finally:
        clock.close()
        cluster.drop(url)
