"""The pages run in this process over a database of the test's own; the browser's part is not drawn."""

import functools
from collections.abc import Callable
from pathlib import Path

import pytest
from streamlit.components.v2 import manifest_scanner
from streamlit.testing.v1 import AppTest

from db.engine import Database
from desk import installation
from tests.floor import Floor
from tests.people import PASSWORD, person, signed_in
from ui import components, session

# Each run of an AppTest reads what every installed package says of itself, in search of components.
manifest_scanner.scan_component_manifests = functools.cache(manifest_scanner.scan_component_manifests)
MAIN = Path(__file__).resolve().parents[2] / "ui" / "main.py"
Open = Callable[..., AppTest]


@pytest.fixture
def floor(database: Database, monkeypatch: pytest.MonkeyPatch) -> Floor:
    """A trading floor with two shares priced, and the web process made believe that it has started."""
    made = Floor(database)
    made.price("NSE:INFY", 150_000)
    made.price("NSE:TCS", 300_000)
    monkeypatch.setattr(installation.state(), "database", database)
    monkeypatch.setattr(installation.state(), "waiting_for", [])
    return made


@pytest.fixture
def mounted(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, dict]]:
    """The components that a run mounted, by name and data, in order."""
    seen: list[tuple[str, dict]] = []
    real = components.show

    def show(name: str, key: str, data: dict, *triggers: str, **options: object) -> object:
        seen.append((name, data))
        return real(name, key, data, *triggers, **options)

    monkeypatch.setattr(components, "show", show)
    return seen


@pytest.fixture
def open_as(floor: Floor, monkeypatch: pytest.MonkeyPatch) -> Open:
    """Runs the app as a user (None: nobody), on a page, as a browser with or without the stream sees it."""

    def opened(
        name: str | None, page: str | None = None, *, live: bool = False, role: str = "trader", **query: str
    ) -> AppTest:
        app = AppTest.from_file(str(MAIN), default_timeout=120)
        for key, value in query.items():
            app.query_params[key] = value
        cookie = None
        if name is not None:
            if not _known(floor.database, name):
                person(floor.database, name, role, PASSWORD)
            cookie, _ = signed_in(floor.database, name)
        monkeypatch.setattr(session, "secret", lambda: cookie)
        monkeypatch.setattr(session, "address", lambda: "127.0.0.1")
        monkeypatch.setattr(session, "bound_to_tab", lambda: not live)
        app.run()
        if page is not None:
            app.switch_page(f"../pages/{page}.py").run()
        return app

    return opened


def _known(database: Database, name: str) -> bool:
    with database.connection() as connection:
        return connection.execute("select from users where name = %s", [name]).fetchone() is not None


def words(app: AppTest) -> str:
    """Everything a reader sees that Streamlit itself drew."""
    kinds = (app.markdown, app.caption, app.error, app.success, app.metric, app.button)
    parts = [str(getattr(each, "label", "")) + " " + str(each.value) for kind in kinds for each in kind]
    return "\n".join(parts)
