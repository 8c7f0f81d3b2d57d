"""A throwaway Postgres for a run of tests, and a database of its own for each test that asks."""

import functools
import random
from collections.abc import Iterator
from typing import Any

import httpx
import hypothesis
import psycopg_pool.base
import pytest

import log
import settings
from db.engine import Database
from desk.identity import passwords
from tests import cluster
from tests.cluster import Throwaway
from tests.patience import PATIENCE
from tests.shares import LongestFirst
from web import threads

# How long an example takes tells of the machine: a busy one fails nobody.
hypothesis.settings.register_profile("kagaz", deadline=None)
hypothesis.settings.load_profile("kagaz")
# A pool draws how long its connections live, in threads of its own, whenever it likes; Hypothesis takes a number drawn
# from the common source while it makes an example for a fault of the test.
psycopg_pool.base.random = random.SystemRandom().random  # type: ignore[attr-defined]
# Each client of httpx reads every authority that certifies anything: a twentieth of a second of work, for servers on
# the loopback that speak no TLS.
_transports = httpx._transports.default
_transports.create_ssl_context = functools.cache(_transports.create_ssl_context)  # type: ignore[attr-defined]


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> LongestFirst:
    """Who runs which tests, where there are several workers."""
    return LongestFirst(config, log)


@pytest.fixture(autouse=True)
def _secrets_of_its_own() -> Iterator[None]:
    """What one test has hidden from the log, "token" say, may stand in the sentences of another."""
    before = set(log._known_secrets)
    yield
    log._known_secrets.intersection_update(before)


@pytest.fixture(autouse=True)
def _no_order_rate(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Tests send faster than any trader types; those of the rate set it themselves. No key is made in the project."""
    monkeypatch.setenv("KAGAZ_ORDER_RATE", "0")
    monkeypatch.setenv("KAGAZ_SEALING_KEY", "of the tests, and long enough for a key")
    settings.load.cache_clear()
    yield
    settings.load.cache_clear()


@pytest.fixture(scope="session", autouse=True)
def _cheap_passwords() -> Iterator[None]:
    """A hash that is dear to guess takes a third of a second to make: in tests every person would pay it twice."""
    assert passwords.ROUNDS >= 12, "a stolen hash must be dear to guess"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(passwords, "ROUNDS", 4)
        yield


@pytest.fixture(scope="session", autouse=True)
def _patient_servers() -> Iterator[None]:
    """Who finds no free thread is told to come again within a second; a busy machine takes that long to begin one."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(threads, "PATIENCE", PATIENCE)
        yield


@pytest.fixture(scope="session")
def throwaway() -> Iterator[Throwaway]:
    """The cluster of this run (with xdist: of this worker)."""
    with cluster.running() as running:
        yield running


@pytest.fixture(scope="session")
def migrated_template(throwaway: Throwaway) -> str:
    """A template with the schema and no rows."""
    return cluster.migrated(throwaway)


@pytest.fixture(scope="session")
def seeded_template(throwaway: Throwaway, migrated_template: str) -> str:
    """A template with the schema, the instruments of the test date and the markets."""
    return cluster.seeded(throwaway, migrated_template)


@pytest.fixture
def database(throwaway: Throwaway, seeded_template: str) -> Iterator[Database]:
    """A database of this test's own: migrated, and seeded with instruments and markets."""
    yield from lend(throwaway, seeded_template)


@pytest.fixture
def clean_database(throwaway: Throwaway, migrated_template: str) -> Iterator[Database]:
    """A database of this test's own: migrated, and empty."""
    yield from lend(throwaway, migrated_template, knowing=False)


def lend(throwaway: Throwaway, template: str, *, knowing: bool = True) -> Iterator[Database]:
    """A copy of the template while it is used; of one that was made from the seeded one, with its masters known."""
    url = throwaway.clone(template)
    with Database(url) as fresh:
        if knowing:
            throwaway.tell(fresh)
        yield fresh
    throwaway.drop(url)


@pytest.fixture
def empty_url(throwaway: Throwaway) -> str:
    """The address of a new database without any schema."""
    return throwaway.clone("template0")
