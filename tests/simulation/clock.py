"""Time that only the simulation moves: the database's clock, the exchange's and the process's are one.

In its database ``now()`` and ``clock_timestamp()`` read a row, because a search path that names ``public``
before ``pg_catalog`` finds ours first. Nothing of the product knows.
"""

from datetime import datetime, timedelta
from typing import Any

import psycopg

EPOCH = datetime.fromisoformat("2026-01-01T00:00:00+00:00")

INSTALL = """
create unlogged table simulated_clock (at timestamptz not null);
insert into simulated_clock values ('2026-01-01');
create function public.clock_timestamp() returns timestamptz language sql volatile as 'select at from simulated_clock';
create function public.now() returns timestamptz language sql volatile as 'select at from simulated_clock';
"""
OURS_FIRST = "&options=-csearch_path%3Dpublic%2Cpg_catalog%20-cjit%3Doff"


class Clock:
    """The one clock. It stands where ``time`` stood in the modules that ask how long something took."""

    def __init__(self, url: str, at: datetime) -> None:
        self.at = at
        self._connection: psycopg.Connection[Any] = psycopg.connect(url, autocommit=True)
        self.set(at)

    def set(self, at: datetime) -> None:
        """Move to an instant; back as well, as clocks sometimes do."""
        self.at = at
        self._connection.execute("update simulated_clock set at = %s", [at])

    def pass_ms(self, milliseconds: int) -> None:
        """Let time go by."""
        self.set(self.at + timedelta(milliseconds=milliseconds))

    @property
    def ms(self) -> int:
        """Milliseconds since the Unix epoch."""
        return round(self.at.timestamp() * 1000)

    def monotonic(self) -> float:
        """As ``time.monotonic``."""
        return (self.at - EPOCH).total_seconds()

    def close(self) -> None:
        self._connection.close()
