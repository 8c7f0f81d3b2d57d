"""A client's hold on the cluster."""

import os
import subprocess
import sys
import threading
import time
import uuid
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
from psycopg import errors

import log
from db.embedded import EmbeddedError, binaries, locks, places, server
from db.embedded.places import Places

PROJECT = Path(__file__).resolve().parent.parent.parent
NAME = "kagaz"
# Crash recovery after a long day may take a while, in seconds.
START_PATIENCE = 300.0
# A keeper that dies at once is started again this often before its log is shown.
MOST_KEEPERS = 2
# Keepers that this process started: it is their parent, and must ask for their end so that no zombie stays.
_keepers: "list[subprocess.Popen[bytes]]" = []


@dataclass
class Cluster:
    """A registered client: the server stays up at least until `release`, or until this process is gone."""

    places: Places
    programs: Path
    grace: float
    _lock: int
    _file: Path
    _gone: threading.Event = field(default_factory=threading.Event)

    @property
    def url(self) -> str:
        """The address of Kagaz's own database."""
        return self.places.url(NAME)

    @property
    def home(self) -> Path:
        """The home that was taken; not always the one that was wanted."""
        return self.places.home

    def release(self) -> None:
        """This process needs the server no longer."""
        if not self._gone.is_set():
            self._gone.set()
            self._file.unlink(missing_ok=True)
            os.close(self._lock)

    def watch(self) -> None:
        """Starts another keeper whenever the last one was killed."""
        while not self._gone.wait(1.0):
            _keepers[:] = [keeper for keeper in _keepers if keeper.poll() is None]
            try:
                with locks.locked(self.places.door):
                    if not self._gone.is_set() and _ensure_keeper(self.places, self.programs, self.grace):
                        log.get(__name__).warning("The keeper of Postgres was gone; another one was started")
            except OSError as error:
                log.get(__name__).error("The keeper of Postgres cannot be watched", extra={"error": str(error)})


def acquire(home: Path, programs: str | None, grace: float) -> Cluster:
    """See `db.embedded.acquire`."""
    folder = binaries.find(programs)
    settled = places.settle(home)
    server.check_version(settled, folder)
    with locks.locked(settled.door):
        file = settled.clients / f"{os.getpid()}-{uuid.uuid4().hex[:8]}"
        lock = locks.try_lock(file)
        if lock is None:
            raise EmbeddedError(f"The new file {file} is locked by another process.")
        if not locks.held(settled.keeper):
            settled.trouble.unlink(missing_ok=True)
        _ensure_keeper(settled, folder, grace)
    cluster = Cluster(settled, folder, grace, lock, file)
    try:
        _await(cluster)
    except BaseException:
        cluster.release()
        raise
    threading.Thread(target=cluster.watch, name="postgres-keeper-watch", daemon=True).start()
    return cluster


def _ensure_keeper(settled: Places, programs: Path, grace: float) -> bool:
    """Starts a keeper if there is none; only behind the door. Whether one was started."""
    lock = locks.try_lock(settled.keeper)
    if lock is None:
        return False
    path = os.environ.get("PYTHONPATH", "").split(os.pathsep)
    try:
        with (settled.root / "keeper.log").open("ab") as output:
            keeper = subprocess.Popen(
                [sys.executable, "-m", "db.embedded.keeper", settled.home, programs, str(grace)],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                cwd=PROJECT,
                env=os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, (str(PROJECT), *path)))},
                start_new_session=True,
                # The lock goes over to the keeper: at no moment could a second one start.
                pass_fds=(lock,),
            )
            _keepers.append(keeper)
    finally:
        os.close(lock)
    return True


def _await(cluster: Cluster) -> None:
    """Waits until the server answers and has Kagaz's database; as long as somebody works on it."""
    settled = cluster.places
    until = time.monotonic() + START_PATIENCE
    keepers = 0
    while True:
        try:
            return _make_database(settled)
        except psycopg.OperationalError as error:
            problem = str(error)
        if settled.trouble.exists():
            raise EmbeddedError(settled.trouble.read_text())
        with locks.locked(settled.door):
            keepers += _ensure_keeper(settled, cluster.programs, cluster.grace)
        if keepers > MOST_KEEPERS:
            raise EmbeddedError(f"The keeper of Postgres does not stay up: {_tail(settled.root / 'keeper.log')}")
        if time.monotonic() > until:
            raise EmbeddedError(f"Postgres in {settled.data} did not answer: {problem}. {_tail(settled.server_log)}")
        time.sleep(0.05)


def _tail(path: Path) -> str:
    """The last lines of a log."""
    try:
        return "\n".join(path.read_text(errors="replace").splitlines()[-5:])
    except OSError:
        return ""


def _make_database(settled: Places) -> None:
    with psycopg.connect(settled.url("postgres"), autocommit=True, connect_timeout=5) as connection:
        if connection.execute("select from pg_database where datname = %s", (NAME,)).fetchone() is None:
            try:
                connection.execute(f"create database {NAME}")
            except (errors.DuplicateDatabase, errors.UniqueViolation):
                return  # another process was quicker
