"""A whole Kagaz with its sidecar on a database of its own, and a Chromium before it."""

import os
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect, sync_playwright

from db.engine import Database
from desk import access, identity, sharing, wallet
from tests.cluster import Throwaway
from tests.patience import PATIENCE
from tests.people import PASSWORD, signed_in
from tests.ports import free_port

ROOT = Path(__file__).resolve().parents[2]
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
CASH = 100_000_000  # ten lakh rupees, in paise
PEOPLE = (("asha", "trader"), ("ravi", "trader"), ("meera", "analyst"), ("root", "admin"))
# Milliseconds in which what is waited for comes about, on a machine that is busy with other things too.
WAIT = 60_000
expect.set_options(timeout=WAIT)
_behind: dict[str, Database] = {}
"""The database behind each Kagaz that runs, by its address."""


@contextmanager
def running(url: str, home: Path, port: int = 0, *options: str, **environment: str) -> Iterator[str]:
    """A web process with its sidecar; its address once frames come. It is ended at the end, children too.

    ``options`` are more of Streamlit's, ``environment`` more settings."""
    port = port or free_port()
    places = {"DATABASE_URL": url, "KAGAZ_HOME": str(home), "PORT": str(port), "GATEWAY_PORT": "0", **environment}
    command = [sys.executable, "-m", "streamlit", "run", "app.py", "--server.port", str(port), *options]
    with (home / "log").open("wb") as log:
        process = subprocess.Popen(
            [*command, "--server.address", "127.0.0.1"], cwd=ROOT, env={**os.environ, **places}, stdout=log, stderr=log
        )
    address = f"http://localhost:{port}"
    try:
        _wait(f"http://127.0.0.1:{port}", process, home / "log")
        with Database(url, pool_size=2) as _behind[address]:
            yield address
    finally:
        _behind.pop(address, None)
        process.terminate()
        process.wait(PATIENCE)


def _wait(address: str, process: "subprocess.Popen[bytes]", log: Path) -> None:
    until = time.monotonic() + 2 * PATIENCE
    while time.monotonic() < until:
        assert process.poll() is None, log.read_text("utf-8", "replace")[-4000:]
        try:
            with urllib.request.urlopen(f"{address}/api/v1/ready", timeout=2) as answer:
                if answer.status == 200:
                    return
        except OSError:
            time.sleep(0.1)
    raise AssertionError(log.read_text("utf-8", "replace")[-4000:])


@contextmanager
def database_with_people(throwaway: Throwaway, template: str) -> Iterator[Database]:
    """A database of one's own in which the simulator's market runs and PEOPLE live."""
    url = throwaway.clone(template)
    with Database(url) as database:
        with database.connection() as connection:
            connection.execute("update markets set running = (id = 'sim')")
        settle(database)
        yield database
    throwaway.drop(url)


def settle(database: Database) -> None:
    """Two traders who have ten lakh each, an analyst who reads the first one's book, an admin. Whoever had their
    names before goes by others from now on, with all that is theirs."""
    with database.connection() as connection:
        connection.execute(
            "update users set name = name || '.' || id where name = any(%s)", [[name for name, _ in PEOPLE]]
        )
    for name, role in PEOPLE:
        identity.add_user(database, name, role, password=PASSWORD)
        book = access.by_key(database, f"{name}/main")
        assert role != "trader" or wallet.deposit(database, name, book.id, CASH).ok
    sharing.share(database, signed_in(database, "asha")[1], "asha/main", "meera")


@dataclass(frozen=True)
class Shared:
    """The Kagaz of all modules that need none of a kind of their own: to start one costs as much as ten tests."""

    database: Database
    address: str
    gateway: int


@pytest.fixture(scope="session")
def shared(
    throwaway: Throwaway, seeded_template: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Shared]:  # fmt: skip
    """A Kagaz with its gateway."""
    port = free_port()
    with ExitStack() as stack:
        database = stack.enter_context(database_with_people(throwaway, seeded_template))
        home = tmp_path_factory.mktemp("kagaz")
        address = stack.enter_context(running(database.url, home, GATEWAY_PORT=str(port)))
        yield Shared(database, address, port)


@pytest.fixture(scope="module")
def books(shared: Shared) -> Database:
    """The database of the shared Kagaz, with new PEOPLE for this module."""
    settle(shared.database)
    return shared.database


@pytest.fixture(scope="module")
def address(shared: Shared, books: Database) -> str:
    """Where the Kagaz is in which this module's people live."""
    return shared.address


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """The browser that ``.ci/browser`` finds."""
    path = subprocess.run([ROOT / ".ci" / "browser"], capture_output=True, text=True, check=True).stdout.strip()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path.splitlines()[-1], args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def visitor(chromium: Browser) -> Iterator[Callable[..., BrowserContext]]:
    """New browser profiles, closed at the end."""
    opened: list[BrowserContext] = []

    def new(**options: object) -> BrowserContext:
        options.setdefault("viewport", {"width": 1440, "height": 900})
        opened.append(chromium.new_context(**options))
        opened[-1].set_default_timeout(WAIT)
        return opened[-1]

    yield new
    for each in opened:
        each.close()


def sign_in(context: BrowserContext, address: str, name: str, path: str = "") -> Page:
    """A tab of that person, who has signed in before."""
    cookie, _ = signed_in(_behind[address], name)
    called = identity.cookie_name(secure=False)
    context.add_cookies([{"name": called, "value": cookie, "url": address, "httpOnly": True, "sameSite": "Lax"}])
    page = context.new_page()
    page.goto(f"{address}/{path}")
    expect(page.locator(".strip")).to_be_visible()
    return page


def through_the_gate(context: BrowserContext, address: str, name: str, path: str = "") -> Page:
    """A tab of that person, signed in by the form."""
    page = context.new_page()
    page.goto(f"{address}/{path}")
    page.get_by_label("Name", exact=True).fill(name)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page.locator(".strip")).to_be_visible()
    return page


def until(page: Page, so: Callable[[], bool], what: str) -> None:
    """Waits for what no locator shows: cookies, a clipboard, what was counted."""
    deadline = time.monotonic() + PATIENCE
    while not so():
        assert time.monotonic() < deadline, what
        page.wait_for_timeout(50)


def rail(page: Page, symbol: str) -> Locator:
    """A row of the market watch at the left."""
    return page.get_by_test_id("stSidebar").locator(f".line[data-k='{symbol}']")
