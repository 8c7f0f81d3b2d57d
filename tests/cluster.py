"""A throwaway Postgres for tests and simulations, and databases cloned from templates in it.

The cluster lives in shared memory with fsync off. Each template is made once; a copy of it takes some 20 ms.
"""

import copy
import datetime as dt
import itertools
import math
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg

from db import migrate
from db.embedded import account, binaries, initdb
from db.engine import Database
from desk import market, masters

# The date that templates are seeded for: a Monday on which the exchanges are open.
TODAY = dt.date(2026, 11, 23)

FAST = {
    "fsync": "off",
    "full_page_writes": "off",
    "synchronous_commit": "off",
    "listen_addresses": "",
    "max_connections": "200",
    "shared_buffers": "64MB",
    "autovacuum": "off",
    "max_wal_size": "256MB",
    "log_min_messages": "fatal",
    "kagaz.test_cluster": "on",
}


@dataclass
class Throwaway:
    """A running cluster that nobody will miss."""

    socket: Path
    process: "subprocess.Popen[bytes]"
    numbers: Iterator[int] = field(default_factory=itertools.count)
    known: "masters._Kept | None" = None
    _admin: "psycopg.Connection[Any] | None" = None

    def url(self, name: str) -> str:
        return f"postgresql://{initdb.USER}@/{name}?host={self.socket}&port=5432"

    def run(self, statement: str) -> None:
        if self._admin is None:
            self._admin = psycopg.connect(self.url("postgres"), autocommit=True)
        self._admin.execute(statement)

    def clone(self, template: str) -> str:
        """Makes a new database like the template; its address."""
        name = f"t{next(self.numbers)}"
        self.run(f"create database {name} template {template} strategy file_copy")
        return self.url(name)

    def tell(self, database: Database) -> None:
        """Lets a fresh clone of the seeded template know what the template's own masters are: to read two thousand
        instruments anew takes longer than most tests. Whether they still hold is asked as ever, by their version."""
        if self.known is not None and self.known.master is not None:
            kept = masters._Kept()
            kept.master, kept.version, kept.checked = copy.copy(self.known.master), self.known.version, -math.inf
            kept.master._risk = None  # which follows versions of the database's own
            masters._kept[database] = kept

    def drop(self, url: str) -> None:
        """Drops a database made by `clone`, whoever is still connected to it."""
        name = psycopg.conninfo.conninfo_to_dict(url)["dbname"]
        self.run(f"drop database {name} with (force)")


@contextmanager
def running() -> Iterator[Throwaway]:
    """A cluster of one's own, gone at the end."""
    shared = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
    home = Path(tempfile.mkdtemp(prefix="kagaz-test-", dir=shared))
    home.chmod(0o711)
    who = account.choose()
    programs = binaries.usable_by(binaries.find(os.environ.get("KAGAZ_PG_BIN")), who, home / "programs")
    account.give(home, who)
    initdb.make(programs, home / "data", who, durable=False)
    options = [part for name, value in FAST.items() for part in ("-c", f"{name}={value}")]
    with (home / "log").open("wb") as log:
        process = subprocess.Popen(
            [programs / "postgres", "-D", home / "data", "-k", home / "data", *options],
            stdout=log,
            stderr=log,
            stdin=subprocess.DEVNULL,
            cwd="/",
            start_new_session=True,
            **account.dropping(who),
        )
    cluster = Throwaway(home / "data", process)
    try:
        _wait(cluster, home / "log")
        yield cluster
    finally:
        if cluster._admin is not None:
            cluster._admin.close()
        process.send_signal(signal.SIGQUIT)
        process.wait()
        shutil.rmtree(home, ignore_errors=True)


def _wait(cluster: Throwaway, log: Path) -> None:
    until = time.monotonic() + 60
    while True:
        try:
            return psycopg.connect(cluster.url("postgres")).close()
        except psycopg.OperationalError:
            if cluster.process.poll() is not None or time.monotonic() > until:
                raise RuntimeError(f"the test cluster did not start: {log.read_text()}") from None
            time.sleep(0.02)


def migrated(cluster: Throwaway) -> str:
    """Make a template with the schema and no rows; its name."""
    cluster.run("create database migrated")
    migrate.upgrade(cluster.url("migrated"))
    return "migrated"


def seeded(cluster: Throwaway, template: str) -> str:
    """Make a template with the schema, the instruments of TODAY and the markets; its name."""
    cluster.run(f"create database seeded template {template} strategy file_copy")
    with Database(cluster.url("seeded"), pool_size=4) as database:
        masters.seed(database, TODAY)
        market.ensure_markets(database)
        masters.get(database)
        cluster.known = masters._kept[database]
    return "seeded"
