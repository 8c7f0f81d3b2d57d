"""A throwaway Postgres for a run of tests, and a database of its own for each test that asks.

The cluster lives in shared memory with fsync off. It is migrated and seeded once; a test's database is a
copy of that template, which takes some 20 ms.
"""

import datetime as dt
import itertools
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
import pytest

from db import migrate
from db.embedded import account, binaries, initdb
from db.engine import Database

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

    def url(self, name: str) -> str:
        return f"postgresql://{initdb.USER}@/{name}?host={self.socket}&port=5432"

    def run(self, statement: str) -> None:
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            connection.execute(statement)

    def clone(self, template: str) -> str:
        """Makes a new database like the template; its address."""
        name = f"t{next(self.numbers)}"
        self.run(f"create database {name} template {template} strategy file_copy")
        return self.url(name)

    def drop(self, url: str) -> None:
        """Drops a database made by `clone`, whoever is still connected to it."""
        name = psycopg.conninfo.conninfo_to_dict(url)["dbname"]
        self.run(f"drop database {name} with (force)")


@pytest.fixture(scope="session")
def throwaway() -> Iterator[Throwaway]:
    """The cluster of this run (with xdist: of this worker)."""
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


@pytest.fixture(scope="session")
def migrated_template(throwaway: Throwaway) -> str:
    """A template with the schema and no rows."""
    throwaway.run("create database migrated")
    migrate.upgrade(throwaway.url("migrated"))
    return "migrated"


@pytest.fixture(scope="session")
def seeded_template(throwaway: Throwaway, migrated_template: str) -> str:
    """A template with the schema, the instruments of TODAY and the markets."""
    throwaway.run(f"create database seeded template {migrated_template} strategy file_copy")
    with Database(throwaway.url("seeded"), pool_size=4) as database:
        _seed(database)
    return "seeded"


def _seed(database: Database) -> None:
    from desk import market, masters

    masters.seed(database, TODAY)
    market.ensure_markets(database)


@pytest.fixture
def database(throwaway: Throwaway, seeded_template: str) -> Iterator[Database]:
    """A database of this test's own: migrated, and seeded with instruments and markets."""
    yield from _lend(throwaway, seeded_template)


@pytest.fixture
def clean_database(throwaway: Throwaway, migrated_template: str) -> Iterator[Database]:
    """A database of this test's own: migrated, and empty."""
    yield from _lend(throwaway, migrated_template)


def _lend(throwaway: Throwaway, template: str) -> Iterator[Database]:
    url = throwaway.clone(template)
    with Database(url) as fresh:
        yield fresh
    throwaway.drop(url)


@pytest.fixture
def empty_url(throwaway: Throwaway) -> str:
    """The address of a new database without any schema."""
    return throwaway.clone("template0")
