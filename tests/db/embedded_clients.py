"""Clients of an embedded cluster in processes of their own, which tests can kill."""

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import psycopg

from db.embedded import locks, server
from db.embedded.places import Places, settle

PROJECT = Path(__file__).resolve().parent.parent.parent
# Says the address, then stays a client until its standard input ends.
CODE = """
import sys, pathlib, db.embedded
home, grace, programs = sys.argv[1:]
cluster = db.embedded.acquire(pathlib.Path(home), grace=float(grace), programs=programs or None)
print(cluster.url, flush=True)
sys.stdin.read()
"""
LIMIT = 60.0
# Which Postgres is tested; unset: the installed wheel's.
PROGRAMS = os.environ.get("KAGAZ_PG_BIN")


class Client:
    """A process that holds the cluster."""

    def __init__(self, home: Path, *, grace: float = 0.3, python: str = sys.executable, **more: object) -> None:
        environment = dict(os.environ) | {"PYTHONPATH": os.pathsep.join([str(PROJECT), *sys.path])}
        self.process = subprocess.Popen(
            [python, "-c", CODE, str(home), str(grace), PROGRAMS or ""],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd="/",
            **({"env": environment} | more),  # type: ignore[call-overload]
        )

    def url(self) -> str:
        """The address that the client was given; waits for it."""
        assert self.process.stdout is not None
        return str(self.process.stdout.readline()).strip()

    def end(self) -> None:
        """Ends the client without a word to anybody, as a crash would."""
        self.process.kill()
        self.process.communicate()


@contextmanager
def client(home: Path, **more: object) -> Iterator[Client]:
    one = Client(home, **more)  # type: ignore[arg-type]
    try:
        yield one
    finally:
        one.end()


@contextmanager
def home_folder() -> Iterator[Path]:
    """A new home that the account of Postgres can enter; at the end nothing of it may run any more."""
    shared = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
    with tempfile.TemporaryDirectory(prefix="kagaz-home-", dir=shared) as folder:
        home = Path(folder) / "home"
        Path(folder).chmod(0o711)
        yield home
        stopped(home)


def stopped(home: Path) -> None:
    """Waits until keeper and server have gone by themselves."""
    places = settle(home)
    until(lambda: not locks.held(places.keeper))
    assert not locks.held(places.server)
    assert server.postmaster(places.data) is None


def until(condition: Callable[[], object]) -> None:
    """Waits for something that must come; fails when it does not."""
    deadline = time.monotonic() + LIMIT
    while not condition():
        assert time.monotonic() < deadline, "it never came"
        time.sleep(0.02)


def answers(url: str) -> bool:
    """Whether the server takes a connection and a query."""
    try:
        with psycopg.connect(url, connect_timeout=5) as connection:
            return connection.execute("select 1").fetchone() == (1,)
    except psycopg.OperationalError:
        return False


def postmaster(places: Places) -> int:
    """The pid of the server that runs; waits for it."""
    until(lambda: server.postmaster(places.data) is not None)
    found = server.postmaster(places.data)
    assert found is not None
    return int(found.pid)


def keepers(home: Path) -> list[int]:
    """The pids of the keepers of this home."""
    found = []
    for process in psutil.process_iter(["cmdline", "status"]):
        command = process.info["cmdline"] or []
        if "db.embedded.keeper" in command and str(home) in command and process.info["status"] != "zombie":
            found.append(process.pid)
    return found


def kill(pid: int) -> None:
    os.kill(pid, signal.SIGKILL)
