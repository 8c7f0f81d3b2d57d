"""Making a Kagaz ready: its database, its schema, what it is seeded with, its first users, its children.

Every process that starts prepares, in any order and at the same time: each step is done once, behind a lock.

What a start needs is imported where it is needed: this module loads in no time, so that the children load, the
server starts and this process imports the rest side by side.
"""

import datetime as dt
import gc
import importlib
import os
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import log
from desk.supervise import Children

if TYPE_CHECKING:
    from db.embedded.cluster import Cluster
    from db.engine import Database
    from settings import Settings

INDIA = ZoneInfo("Asia/Kolkata")
# Held while a database is seeded; any number that nobody else uses.
LOCK = 7_210_502
# Between two attempts to start when the database cannot be reached, in seconds.
AGAIN = 1.0
# Objects made before the garbage of a generation is looked for. What hundreds of sessions hold is looked through by
# the last one, which stops every thread: with Python's own 700, 10, 10 that was a seventh of a crowd's processor time.
RARELY = (10_000, 20, 50)
POOL = 16
# How long a request waits for a connection before it is told to come again, in seconds.
PATIENCE = 1.0
# Memory of the machine below which no second sidecar lies loaded for the death of the first, in bytes.
ROOMY = 3 * 1024**3
# What the first page is drawn with; the next modules may come while it is looked at.
FIRST = ("sqlalchemy.dialects.postgresql",)
LATER = ("pandas", "plotly.graph_objects")


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

    def require(self) -> "Database":
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


def prepare(
    settings: "Settings", step: Callable[[str], object] = lambda _name: None, *, users: bool = True
) -> "Database":
    """A database that is migrated, seeded and has its first users; `step` hears what is waited for.

    Without `users` those are left to another process.

    The embedded one is kept up for as long as this process lives, or until `release`. Raises EmbeddedError,
    UnfitServerError or UnknownVersion, each with a sentence for the one who installs.
    """
    from db import checks, embedded, migrate
    from db.engine import Database, exclusive
    from desk import sealing

    step("database")
    if settings.database_url:
        url, home = settings.database_url, None
    else:
        if _held.cluster is None:
            _held.cluster = embedded.acquire(settings.kagaz_home, programs=settings.kagaz_pg_bin)
        url, home = _held.cluster.url, _held.cluster.home
    sealing.keep_in(home)
    checks.refuse_unfit(url)
    step("schema")
    migrate.upgrade(url)
    database = Database(url, pool_size=POOL, patience=PATIENCE)
    try:
        with exclusive(url, LOCK):
            _seed(database, settings, step)
        if users:
            from desk import first_users

            step("users")
            # Another turn of the lock: a sidecar opens its market while passwords are hashed.
            with exclusive(url, LOCK):
                first_users.ensure(database, settings, home)
    except BaseException:
        database.close()
        raise
    return database


def _seed(database: "Database", settings: "Settings", step: Callable[[str], object]) -> None:
    from desk import market, masters

    step("instruments")
    masters.seed(database, dt.datetime.now(INDIA).date())
    step("market")
    chosen = market.ensure_markets(database)
    if "kagaz_feed" in settings.model_fields_set and not market.state(database, chosen).running:
        log.get(__name__).warning(
            "Another market runs than KAGAZ_FEED names: `python -m desk market` says which, and changes it",
            extra={"named": chosen},
        )


def release() -> None:
    """Lets the embedded server go; it stops some seconds after the last process that let it go."""
    if _held.cluster is not None:
        _held.cluster.release()
        _held.cluster = None


def prepare_patiently(
    settings: "Settings",
    stopping: threading.Event,
    step: Callable[[str], object] = lambda _name: None,
    trouble: Callable[[str], object] = lambda _sentence: None,
    *,
    users: bool = True,
) -> "Database | None":
    """`prepare`, again and again for as long as the database cannot be reached; None when told to stop meanwhile.

    `trouble` hears a sentence each time. Raises what `prepare` raises for a person to mend.
    """
    import psycopg

    from db.engine import DatabaseUnavailable

    while not stopping.is_set():
        try:
            return prepare(settings, step, users=users)
        except (DatabaseUnavailable, psycopg.OperationalError) as error:
            sentence = str(error) if isinstance(error, DatabaseUnavailable) else "The database went away at the start."
            trouble(sentence)
            log.get(__name__).warning(sentence, extra={"error": str(error)})
            stopping.wait(AGAIN)
    return None


def children() -> Children:
    """The supervisor of this process's children; with KAGAZ_SIDECAR=external in its environment it has none."""
    from db.embedded import memory

    external = os.environ.get("KAGAZ_SIDECAR", "").strip().lower() == "external"
    return Children([] if external else [["jobs"]], spare=memory.total() >= ROOMY)


def start(preload: Sequence[str] = (), later: Sequence[str] = ()) -> None:
    """Prepares in a thread and starts the children; `state()` tells how far it is.

    `preload` names modules that the first visitor would otherwise wait for, `later` those that a later one would.
    """
    _stopping.clear()
    _held.children = children()
    _held.children.load()
    threading.Thread(target=_start, args=[preload, later], name="start", daemon=True).start()


def stop() -> None:
    """Ends the children and closes the database; waits for them."""
    _stopping.set()
    _end_children()
    if _state.database is not None:
        _state.database.close()
    _state.database, _state.waiting_for = None, ["restart"]
    release()


def _end_children() -> None:
    children, _held.children = _held.children, None
    if children is not None:
        children.stop()


def _start(modules: Sequence[str], later: Sequence[str]) -> None:
    try:
        # Nothing of what is imported is garbage; looking for some in it takes a tenth of the time.
        gc.disable()
        import settings

        chosen = settings.load()
        _state.settings = chosen
        if chosen.kagaz_sidecar == "external":
            _end_children()
        from db import engine, migrate  # noqa: F401 - before the others begin, because the server waits for it

        # Imports and the database each wait for the disk most of the time: together they take half as long.
        first = threading.Event()
        threading.Thread(
            target=_preload, args=[(*FIRST, *modules), (*later, *LATER), first], name="preload", daemon=True
        ).start()
        database = prepare_patiently(chosen, _stopping, _step, _trouble)
        if database is None:
            return
        _state.step("pages")
        first.wait()
        _state.home = str(_held.cluster.home) if _held.cluster else None
        _state.database, _state.trouble, _state.waiting_for = database, None, []
        if _held.children is not None and chosen.kagaz_sidecar == "child" and chosen.gateway_port:
            # The broker-compatible gateway, once the rest is served: nobody waits for it on a cold machine.
            _held.children.add(["gateway"])
    except (ValueError, RuntimeError) as error:
        # Wrong settings, an unfit server, an unknown schema: sentences for a person. No retry helps.
        _end_children()
        _trouble(str(error))
        log.get(__name__).error(str(error))
    except BaseException as error:
        _trouble("Kagaz could not start; its log says why.")
        log.get(__name__).error(_state.trouble, exc_info=error)
        raise
    finally:
        gc.enable()
        _state.settled.set()


def _trouble(sentence: str) -> None:
    _state.trouble = sentence


def _step(name: str) -> None:
    """Notes the step, and lets the children begin as soon as there is a server that they can prepare with."""
    _state.step(name)
    if name == "schema" and _held.children is not None and not _stopping.is_set():
        _held.children.start()


def collect_seldom() -> None:
    """What is loaded by now is never garbage, and of the rest some is looked for more seldom: see ``RARELY``."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*RARELY)


def _preload(modules: Sequence[str], later: Sequence[str], first: threading.Event) -> None:
    """Imports what the first page would wait for, says so, and goes on with what later pages would."""
    began = time.monotonic()
    try:
        for module in modules:
            importlib.import_module(module)
    finally:
        first.set()
    log.get(__name__).info("Pages are loaded", extra={"seconds": round(time.monotonic() - began, 2)})
    for module in later:
        importlib.import_module(module)
    collect_seldom()
    log.get(__name__).info("All is loaded", extra={"seconds": round(time.monotonic() - began, 2)})
