"""The gateway on a real port over a real database, asked by the broker's own client and by hand."""

import contextlib
import threading
from collections.abc import Iterator
from dataclasses import dataclass

import httpx
import pytest
from kiteconnect import KiteConnect

from db.engine import Database
from desk import identity
from gateway.app import Application
from gateway.process import config
from tests import prompt
from tests.cluster import Throwaway
from tests.conftest import lend
from tests.floor import Floor
from tests.patience import PATIENCE
from tests.people import moneyed, template_of
from tests.ports import listening
from tests.started import Started

CASH = 10_000_000_00  # paise


@contextlib.contextmanager
def serving(app: Application) -> Iterator[str]:
    """The address, as host:port, of a server that lives as long as the block."""
    listener = listening()
    server = prompt.server(config(app, lifespan="off"))
    thread = threading.Thread(target=server.run, args=([listener],), daemon=True)
    thread.start()
    try:
        yield "{}:{}".format(*listener.getsockname())
    finally:
        app.close()
        server.should_exit = True
        thread.join(PATIENCE)
        listener.close()


@dataclass
class Keys:
    """What ``python -m desk kite-app`` prints."""

    api_key: str
    api_secret: str
    access_token: str


def keys_of(database: Database, name: str, account: str | None = None, redirect: str | None = None) -> Keys:
    made = identity.make_app(database, "test", name, account, redirect_url=redirect)
    given = identity.give_token(database, made.api_key)
    return Keys(made.api_key, made.api_secret, given.access_token)


@pytest.fixture(scope="session")
def peopled_template(throwaway: Throwaway, seeded_template: str) -> str:
    """A template in which alice and bob have money, as nearly all of these tests need them."""
    return template_of("gateway_people", throwaway, seeded_template, _move_in)


def _move_in(database: Database) -> None:
    for name in ("alice", "bob"):
        moneyed(database, name, CASH)


@pytest.fixture
def desk(throwaway: Throwaway, peopled_template: str) -> Iterator[Database]:
    """alice and bob with money; INFY trades at 1500."""
    yield from lend(throwaway, peopled_template)


@pytest.fixture
def floor(desk: Database) -> Floor:
    """Where prices and fills are made by hand."""
    made = Floor(desk)
    made.price("NSE:INFY", 150_000)
    return made


@pytest.fixture
def host(desk: Database, floor: Floor) -> Iterator[str]:
    """Where the gateway listens."""
    with serving(Application(Started(desk))) as found:
        yield found


def client_of(host: str, keys: Keys) -> KiteConnect:
    """A bot's client with two arguments changed: the root and the key (and the token that belongs to it)."""
    return KiteConnect(api_key=keys.api_key, access_token=keys.access_token, root=f"http://{host}")


@pytest.fixture
def alice(host: str, desk: Database) -> KiteConnect:
    """alice's client."""
    return client_of(host, keys_of(desk, "alice"))


@pytest.fixture
def bob(host: str, desk: Database) -> KiteConnect:
    """bob's client."""
    return client_of(host, keys_of(desk, "bob"))


@pytest.fixture
def by_hand(host: str, desk: Database) -> Iterator[httpx.Client]:
    """alice's program without the client: what it sends is sent as it is."""
    keys = keys_of(desk, "alice")
    headers = {"authorization": f"token {keys.api_key}:{keys.access_token}"}
    with httpx.Client(base_url=f"http://{host}", headers=headers, timeout=PATIENCE) as found:
        yield found


def is_error(answer: httpx.Response, status: int, error_type: str) -> str:
    """That an answer is an error of the envelope; its message."""
    body = answer.json()
    assert (answer.status_code, body["error_type"]) == (status, error_type), body
    assert body["status"] == "error"
    assert body["data"] is None
    assert list(body) == ["status", "message", "data", "error_type"]
    return str(body["message"])
