"""The API over a real database, as a client on the same machine sees it."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from weakref import WeakKeyDictionary

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from api import late
from db.engine import Database
from desk import access, identity, sharing
from tests.api.checker import Watch
from tests.cluster import Throwaway
from tests.conftest import lend
from tests.floor import Floor
from tests.people import moneyed, person, signed_in, template_of, token
from tests.started import Started

CASH = 10_000_000_00  # paise
_bearers: WeakKeyDictionary[Database, dict[str, str]] = WeakKeyDictionary()
"""Of desks that tests share, each user's token: nobody may have as many as there are tests."""
WATCH = Watch()


@pytest.fixture(autouse=True)
def answers_as_described() -> Iterator[Watch]:
    """Whatever a test asks for, each answer is as the document has it: its status, its headers, every field."""
    WATCH.wrong.clear()
    with WATCH.standing():
        yield WATCH
    assert not WATCH.wrong, WATCH.wrong[:5]


@pytest.fixture(scope="session")
def peopled_template(throwaway: Throwaway, seeded_template: str) -> str:
    """A template with alice and bob who have money, ana who reads alice's book, and root."""
    return template_of("api_people", throwaway, seeded_template, _move_in)


def _move_in(database: Database) -> None:
    for name in ("alice", "bob"):
        moneyed(database, name, CASH)
    for name, role in (("ana", "analyst"), ("root", "admin")):
        person(database, name, role)
    book = access.by_key(database, "alice/main")
    sharing.let_in(database, book, "ana", book.user_id, "alice")


def _opened(throwaway: Throwaway, template: str) -> Iterator[Database]:
    for database in lend(throwaway, template):
        Floor(database).price("NSE:INFY", 150_000)
        yield database


@pytest.fixture(scope="module")
def still_desk(throwaway: Throwaway, peopled_template: str) -> Iterator[Database]:
    """The people of all tests of a file that are marked ``changes_nothing``."""
    for database in _opened(throwaway, peopled_template):
        _bearers[database] = {}
        yield database


@pytest.fixture
def own_desk(throwaway: Throwaway, peopled_template: str) -> Iterator[Database]:
    """The people of one test."""
    yield from _opened(throwaway, peopled_template)


@pytest.fixture
def desk(request: pytest.FixtureRequest) -> Database:
    """People with a database of this test's own, unless it is one that ``changes_nothing``; INFY trades at 1500."""
    shared = request.node.get_closest_marker("changes_nothing")
    found: Database = request.getfixturevalue("still_desk" if shared else "own_desk")
    return found


@contextmanager
def served(desk: Database) -> Iterator[TestClient]:
    """Nobody's client, of a server of its own."""
    with TestClient(Starlette(routes=[late.mount(Started(desk))]), base_url="http://desk.test") as found:
        yield found


@pytest.fixture
def client(desk: Database) -> Iterator[TestClient]:
    """Nobody's client."""
    with served(desk) as found:
        yield found


def as_bot(client: TestClient, desk: Database, name: str, **named: Any) -> TestClient:
    """The same server asked with that user's token."""
    bot = TestClient(client.app, base_url="http://desk.test")
    bot.portal = client.portal  # else every request of it starts a thread with a loop of its own
    kept = {} if named else _bearers.get(desk, {})
    if name not in kept:
        kept[name] = token(desk, name, **named)
    bot.headers["authorization"] = f"Bearer {kept[name]}"
    return bot


def as_browser(client: TestClient, desk: Database, name: str) -> TestClient:
    """The same server asked with that user's cookie, from its own page."""
    browser = TestClient(client.app, base_url="http://desk.test")
    browser.portal = client.portal  # else every request of it starts a thread with a loop of its own
    cookie, _ = signed_in(desk, name)
    for secure in (False, True):
        browser.cookies.set(identity.cookie_name(secure=secure), cookie)
    browser.headers["origin"] = "http://desk.test"
    return browser


ORDER = {
    "symbol": "INFY",
    "exchange": "NSE",
    "side": "BUY",
    "order_type": "LIMIT",
    "product": "CNC",
    "quantity": 10,
    "price": 1500,
}


@pytest.fixture
def alice(client: TestClient, desk: Database) -> TestClient:
    """alice's bot."""
    return as_bot(client, desk, "alice")


@pytest.fixture
def bob(client: TestClient, desk: Database) -> TestClient:
    """bob's bot."""
    return as_bot(client, desk, "bob")
