"""From the start of the process to /ready and a first frame stored, as `make run` starts it.

Three starts: the first one on a machine where everything is installed, a warm one with the server still up,
and one after a kill with 100,000 orders open. Each is the median of as many as time allows.
"""

import os
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path

from bench.fills import SHARES, rest
from bench.house import CASH
from bench.place_http import free_port
from bench.result import Result, rounded
from db.embedded import server
from db.embedded.cluster import NAME
from db.embedded.places import settle
from db.engine import Database

PROJECT = Path(__file__).resolve().parent.parent
ORDERS, ACCOUNTS = 100_000, 1_000
PATIENCE = 120.0
WARM = 3


class Machine:
    """One folder of data, and the Kagaz that is started on it."""

    def __init__(self, home: Path) -> None:
        self.home, self.port = home, free_port()
        self.process: subprocess.Popen[bytes] | None = None

    @cached_property
    def database(self) -> Database:
        """Opened once there is a server."""
        return Database(settle(self.home).url(NAME), pool_size=2)

    def start(self) -> float:
        """Seconds until it is ready, which it is once it has a leader and a frame that is fresh."""
        began = time.perf_counter()
        with (self.home / "log").open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "streamlit", "run", "app.py", "--server.port", str(self.port),
                 "--server.address", "127.0.0.1", "--server.headless", "true"],
                cwd=PROJECT, env=self._environment(), stdin=subprocess.DEVNULL, stdout=log, stderr=log,
            )  # fmt: skip
        while not self._ready():
            if time.perf_counter() - began > PATIENCE:
                raise RuntimeError(f"not ready after {PATIENCE:.0f} s: {(self.home / 'log').read_text()[-2000:]}")
            time.sleep(0.02)
        return time.perf_counter() - began

    def end(self, sign: signal.Signals = signal.SIGTERM) -> None:
        """End the web process; its sidecar ends with it. A frame of before is not taken for a fresh one."""
        if self.process is not None:
            self.process.send_signal(sign)
            self.process.wait(PATIENCE)
            self.process = None
            with self.database.connection() as connection:
                connection.execute("update markets set frame_at = null")
                connection.execute("delete from heartbeats")

    def _ready(self) -> bool:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/api/v1/ready", timeout=5) as answer:
                return bool(answer.status == 200)
        except OSError:
            return False

    def _environment(self) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith("KAGAZ_")}
        for name in ("DATABASE_URL", "PYTHONDONTWRITEBYTECODE"):
            kept.pop(name, None)  # the second as `make run` does
        return kept | {"KAGAZ_HOME": str(self.home), "PORT": str(self.port), "GATEWAY_PORT": "0"}


@contextmanager
def machine() -> Iterator[Machine]:
    """A machine without data; nothing of it is left afterwards."""
    home = Path(tempfile.mkdtemp(prefix="kagaz-bench-"))
    home.chmod(0o711)
    one = Machine(home)
    try:
        yield one
    finally:
        one.end()
        one.database.close()
        server.stop(settle(home))
        shutil.rmtree(home, ignore_errors=True)


def crowd(database: Database) -> None:
    """Leave 100,000 open orders, deep enough in the book that no frame fills them."""
    with database.connection() as connection:
        connection.execute("insert into users (name, role) values ('bench', 'trader')")
        rows = connection.execute(
            "insert into accounts (user_id, market, name, trading_date, cash)"
            " select u.id, m.id, 'a' || n, m.trading_date, %s from users u, markets m, generate_series(1, %s) n"
            " where u.name = 'bench' and m.id = 'sim' returning id",
            [CASH, ACCOUNTS],
        ).fetchall()
    rest(database, [row[0] for row in rows], SHARES, ORDERS // ACCOUNTS)
    with database.connection() as connection:
        connection.execute(
            "update orders set price = case side when 'BUY' then 100 else 100000000 end,"
            " worst_price = case side when 'BUY' then 100 else 100000000 end"
        )


def run() -> Iterator[Result]:
    """The first start, warm starts, and starts with a crowd in the book."""
    with machine() as one:
        yield Result("start_first", rounded(one.start()), "s")
        one.end()
        yield Result("start_warm", rounded(_starts(one, signal.SIGTERM)), "s")
        crowd(one.database)
        yield Result("start_100000_open", rounded(_starts(one, signal.SIGKILL)), "s")


def _starts(one: Machine, sign: signal.Signals) -> float:
    taken = []
    for _ in range(WARM):
        taken.append(one.start())
        one.end(sign)
    return statistics.median(taken)
