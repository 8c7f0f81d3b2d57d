"""The whole product for a bench: Streamlit's pages, the API and the stream on one port, and the sidecar.

It runs as in use: ``streamlit run app.py`` as a process of its own, which starts ``python -m jobs``.
"""

import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil

from bench.house import house
from db.engine import Database
from desk import identity

ROOT = Path(__file__).resolve().parent.parent
PATIENCE = 60.0  # seconds for the start


@dataclass(frozen=True, slots=True)
class Product:
    """A running Kagaz; ``database`` is its own, opened by the bench a second time."""

    database: Database
    port: int
    web: psutil.Process

    @property
    def address(self) -> str:
        """Where a browser finds it."""
        return f"http://localhost:{self.port}"

    def cookie(self, user: str) -> str:
        """The value of a new session's cookie, as if the user had signed in."""
        found = identity.find(self.database, user)
        return identity.open_session(self.database, found.id).cookie


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def product(**environment: str) -> Iterator[Product]:
    """Kagaz on a fresh database, ready and with a first frame stored; it is ended at the end."""
    with house() as database, tempfile.TemporaryDirectory(prefix="kagaz-bench-") as home:
        port, log = free_port(), Path(home, "log")
        places = {"DATABASE_URL": database.url, "KAGAZ_HOME": home, "PORT": str(port), "GATEWAY_PORT": "0"}
        command = [sys.executable, "-m", "streamlit", "run", "app.py", "--server.port", str(port)]
        with log.open("wb") as out:
            child = subprocess.Popen(
                [*command, "--server.address", "127.0.0.1"],
                cwd=ROOT,
                env={**os.environ, **places, **environment},
                stdout=out,
                stderr=out,
            )
        try:
            _wait(child, f"http://127.0.0.1:{port}/api/v1/ready", database, log)
            yield Product(database, port, psutil.Process(child.pid))
        finally:
            child.terminate()
            child.wait(30)


def _wait(child: "subprocess.Popen[bytes]", address: str, database: Database, log: Path) -> None:
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        if child.poll() is not None:
            break
        try:
            with urllib.request.urlopen(address, timeout=2) as answer:
                if answer.status == 200 and _frames(database):
                    return
        except OSError:
            pass
        time.sleep(0.2)
    raise RuntimeError(f"Kagaz did not start: {log.read_text('utf-8', 'replace')[-2000:]}")


def _frames(database: Database) -> bool:
    with database.connection() as connection:
        row = connection.execute("select count(*) from markets where running and frame > 0").fetchone()
    return bool(row and row[0])
