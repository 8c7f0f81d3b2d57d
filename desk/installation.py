"""Making a Kagaz ready: its database, its schema, what it is seeded with, its first users, its children.

Every process that starts prepares, in any order and at the same time: each step is done once, behind a lock.
"""

import datetime as dt
import gc
import importlib
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import log
from db import checks, embedded, migrate
from db.engine import Database, DatabaseUnavailable, exclusive
from desk import first_users
from desk.supervise import Children
from settings import Settings, load

if TYPE_CHECKING:
    from db.embedded.cluster import Cluster

# What a caller that tries again waits out: the database cannot be reached now.
Unreachable = DatabaseUnavailable
INDIA = ZoneInfo("Asia/Kolkata")
# Held while a database is seeded; any number that nobody else uses.
LOCK = 7_210_502
# Between two attempts to start when the database cannot be reached, in seconds.
AGAIN = 2.0
POOL = 16
# How long a request waits for a connection before it is told to come again, in seconds.
PATIENCE = 1.0


class StartingError(RuntimeError):
    """Kagaz is not ready yet; the message is for whoever asked."""


class State:
    """How far the start of this process is. Pages, routes and /ready read it; one thread writes it."""

    def __init__(self) -> None:
        self.database: Database | None = None
        self.settings: Settings | None = None
        self.home: str | None = None
        self.waiting_for: list[str] = ["settings"]
        self.trouble: str | None = None
        self.settled = threading.Event()

    @property
    def ready(self) -> bool:
        """Whether the database may be used."""
        return self.database is not None and not self.waiting_for

    def require(self) -> Database:
        """The database, or StartingError with a sentence while there is none."""
        if self.database is None or self.waiting_for:
            waits = ", ".join(self.waiting_for)
            raise StartingError(self.trouble or f"Kagaz is starting and waits for: {waits}. Try again shortly.")
        return self.database

    def step(self, name: str) -> None:
        """What is waited for now."""
        self.waiting_for = [name]
        log.get(__name__).info("Starting", extra={"step": name})


# Of this process: a page and a route of one web process must see the same.
_state = State()
_stopping = threading.Event()


@dataclass
class _Held:
    """What this process keeps alive."""

    cluster: "Cluster | None" = None
    children: Children | None = None


_held = _Held()


def state() -> State:
    """The state of this process's start."""
    return _state


def prepare(settings: Settings, step: Callable[[str], object] = lambda _name: None) -> Database:
    """A database that is migrated, seeded and has its first users; `step` hears what is waited for.

    The embedded one is kept up for as long as this process lives, or until `release`. Raises EmbeddedError,
    UnfitServerError or UnknownVersion, each with a sentence for the one who installs.
    """
    step("database")
    if settings.database_url:
        url, home = settings.database_url, None
    else:
        if _held.cluster is None:
            _held.cluster = embedded.acquire(settings.kagaz_home, programs=settings.kagaz_pg_bin)
        url, home = _held.cluster.url, _held.cluster.home
    checks.refuse_unfit(url)
    step("schema")
    migrate.upgrade(url)
    database = Database(url, pool_size=POOL, patience=PATIENCE)
    try:
        with exclusive(url, LOCK):
            _seed(database, step)
            step("users")
            first_users.ensure(database, settings, home)
    except BaseException:
        database.close()
        raise
    return database


def _seed(database: Database, step: Callable[[str], object]) -> None:
    from desk import market, masters

    step("instruments")
    masters.seed(database, dt.datetime.now(INDIA).date())
    step("market")
    market.ensure_markets(database)


def release() -> None:
    """Lets the embedded server go; it stops some seconds after the last process that let it go."""
    if _held.cluster is not None:
        _held.cluster.release()
        _held.cluster = None


def children(settings: Settings) -> Children:
    """The supervisor of this process's children; with KAGAZ_SIDECAR=external it has none to watch."""
    return Children([["jobs"]] if settings.kagaz_sidecar == "child" else [])


def start(preload: Sequence[str] = ()) -> None:
    """Prepares in a thread and starts the children; `state()` tells how far it is.

    `preload` names modules that the first visitor would otherwise wait for.
    """
    _stopping.clear()
    threading.Thread(target=_start, args=[preload], name="start", daemon=True).start()


def stop() -> None:
    """Ends the children and closes the database; waits for them."""
    _stopping.set()
    if _held.children is not None:
        _held.children.stop()
        _held.children = None
    if _state.database is not None:
        _state.database.close()
    _state.database, _state.waiting_for = None, ["restart"]
    release()


def _start(modules: Sequence[str]) -> None:
    try:
        settings = load()
        _state.settings = settings
        # Imports and the database each wait for the disk most of the time: together they take half as long.
        preload = threading.Thread(target=_preload, args=[modules], name="preload", daemon=True)
        preload.start()
        database = _prepare_patiently(settings)
        if database is None:
            return
        _state.step("analytics")
        preload.join()
        gc.collect()
        gc.freeze()
        _state.home = str(_held.cluster.home) if _held.cluster else None
        _state.database, _state.trouble, _state.waiting_for = database, None, []
        _start_gateway(settings)
    except (ValueError, RuntimeError) as error:
        # Wrong settings, an unfit server, an unknown schema: sentences for a person. No retry helps.
        _state.trouble = str(error)
        log.get(__name__).error(str(error))
    except BaseException as error:
        _state.trouble = "Kagaz could not start; its log says why."
        log.get(__name__).error(_state.trouble, exc_info=error)
        raise
    finally:
        _state.settled.set()


def _start_gateway(settings: Settings) -> None:
    """The broker-compatible gateway, once the rest is served: nobody waits for it on a cold machine."""
    if _held.children is not None and settings.kagaz_sidecar == "child" and settings.gateway_port:
        _held.children.add(["gateway"])


def _prepare_patiently(settings: Settings) -> Database | None:
    """Tries again for as long as the database cannot be reached; None when this process stops meanwhile."""
    while not _stopping.is_set():
        try:
            return prepare(settings, lambda name: _step(settings, name))
        except DatabaseUnavailable as error:
            _state.trouble = str(error)
            log.get(__name__).warning(str(error))
            _stopping.wait(AGAIN)
    return None


def _step(settings: Settings, name: str) -> None:
    """Notes the step, and starts the children as soon as there is a server that they can prepare with."""
    _state.step(name)
    if name == "schema" and _held.children is None and not _stopping.is_set():
        _held.children = children(settings)
        _held.children.start()


def _preload(modules: Sequence[str]) -> None:
    """Imports what the first page would wait for."""
    began = time.monotonic()
    for module in ("pandas", "plotly.graph_objects", *modules):
        importlib.import_module(module)
    log.get(__name__).info("Preloaded", extra={"seconds": round(time.monotonic() - began, 2)})
